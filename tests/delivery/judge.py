"""Says what is wrong with a store after quiescence: the one judge of the model and of the real engines.

Input are plain rows, output sentences; it knows nothing of databases, handlers or clocks.
It must never be taught an engine's excuses: what it forgives (order after a wait) is named by the caller.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

SETTLED = frozenset({"done", "refused", "skipped"})


class Said(NamedTuple):
    """A row of `history`; `causation_id` is the id of the event that caused it."""

    seq: int
    source: str
    id: str
    type: str
    partition_key: str
    causation_id: str | None = None


class Taken(NamedTuple):
    """A row of `inbox`: what a group made of an event."""

    group: str
    source: str
    id: str
    outcome: str


class Parked(NamedTuple):
    """A row of `parked`."""

    group: str
    state: str
    source: str
    id: str
    reason: str


class Effect(NamedTuple):
    """What a handler under test noted in its own rows; `position` grows within (group, partition key)."""

    group: str
    source: str
    id: str
    partition_key: str
    position: int


class Violation(NamedTuple):
    """A broken promise: which one, and the sentence for the reader."""

    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"


Ref = tuple[str, str]  # (source, id)


def judge(
    *,
    history: Collection[Said],
    inbox: Collection[Taken],
    parked: Collection[Parked],
    effects: Collection[Effect],
    accepted: Collection[Ref],
    hears: Mapping[str, Collection[str]],
    says: Mapping[tuple[str, str], Collection[str]] | None = None,
    waited: Collection[tuple[str, str, str]] = (),
) -> list[Violation]:
    """List every broken promise; an empty list is the verdict «delivered».

    `hears`: the types of each group. `says`: the types that a done event (group, type) must have caused.
    `waited`: (group, source, id) of the events that may have waited for something missing: order excuses only these.
    """
    found: list[Violation] = []
    found += lost_or_doubled_in_history(history, accepted)
    found += without_outcome(history, inbox, parked, hears)
    found += wrong_number_of_effects(history, inbox, effects, hears)
    found += out_of_order(history, effects, frozenset(waited))
    found += without_cause_or_consequence(history, inbox, says or {})
    return found


def lost_or_doubled_in_history(history: Collection[Said], accepted: Iterable[Ref]) -> Iterator[Violation]:
    """A 202 means stored, once."""
    stored = Counter((said.source, said.id) for said in history)
    for ref in sorted(set(accepted) - set(stored)):
        yield Violation("lost", f"{_name(ref)} was accepted and is not in the history")
    for ref, times in stored.items():
        if times > 1:
            yield Violation("history-duplicate", f"{_name(ref)} is {times} times in the history")
    for seq, times in Counter(said.seq for said in history).items():
        if times > 1:
            yield Violation("history-duplicate", f"seq {seq} is given {times} times")


def without_outcome(
    history: Collection[Said],
    inbox: Collection[Taken],
    parked: Collection[Parked],
    hears: Mapping[str, Collection[str]],
) -> Iterator[Violation]:
    """Every event has one settled outcome in each group that hears it, or one visible parked row with a reason."""
    outcomes = {(row.group, row.source, row.id): row.outcome for row in inbox}
    shelves = Counter((row.group, row.source, row.id) for row in parked)
    if len(outcomes) < len(inbox):
        yield Violation("inbox-duplicate", f"{len(inbox) - len(outcomes)} inbox rows are there twice")
    for group, said in _due(history, hears):
        slot = (group, said.source, said.id)
        settled, shelved = outcomes.get(slot) in SETTLED, shelves[slot]
        if not settled and not shelved:
            yield Violation("unhandled", f"{_at(slot)} has outcome {outcomes.get(slot)} and is not parked")
        if settled and shelved:
            yield Violation("parked-and-settled", f"{_at(slot)} is {outcomes[slot]} and still parked")
        if shelved > 1:
            yield Violation("parked-twice", f"{_at(slot)} is parked {shelved} times")
    known = {(said.source, said.id) for said in history}
    for row in inbox:
        if (row.source, row.id) not in known:
            yield Violation("unknown", f"{_at((row.group, row.source, row.id))} was handled but never said")
    for shelf in parked:
        if not shelf.reason:
            yield Violation("parked-without-reason", f"{_at((shelf.group, shelf.source, shelf.id))} ({shelf.state})")


def wrong_number_of_effects(
    history: Collection[Said],
    inbox: Collection[Taken],
    effects: Collection[Effect],
    hears: Mapping[str, Collection[str]],
) -> Iterator[Violation]:
    """One effect where the outcome is done, none anywhere else."""
    done = {(row.group, row.source, row.id) for row in inbox if row.outcome == "done"}
    counted = Counter((effect.group, effect.source, effect.id) for effect in effects)
    heard = {(group, said.source, said.id) for group, said in _due(history, hears)}
    for slot in sorted((done & heard) | set(counted)):
        wanted = int(slot in done)
        if counted[slot] != wanted:
            yield Violation("effect-count", f"{_at(slot)} has {counted[slot]} effects, not {wanted}")


def out_of_order(
    history: Collection[Said], effects: Collection[Effect], waited: frozenset[tuple[str, str, str]]
) -> Iterator[Violation]:
    """Within a group and a partition key effects follow the history, save those that waited."""
    seq = {(said.source, said.id): said.seq for said in history}
    lanes: defaultdict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in sorted(effects, key=lambda effect: effect.position):
        if effect[:3] not in waited and (effect.source, effect.id) in seq:
            lanes[effect.group, effect.partition_key].append(effect)
    for (group, key), lane in sorted(lanes.items()):
        for earlier, later in pairwise(lane):
            if seq[earlier.source, earlier.id] > seq[later.source, later.id]:
                overtaken, overtaking = _name((later.source, later.id)), _name((earlier.source, earlier.id))
                yield Violation("order", f"in {group}, key {key}: {overtaking} overtook {overtaken}")


def without_cause_or_consequence(
    history: Collection[Said], inbox: Collection[Taken], says: Mapping[tuple[str, str], Collection[str]]
) -> Iterator[Violation]:
    """What a handler says stands and falls with the outcome of its event."""
    types = {(said.source, said.id): said.type for said in history}
    ids = {said.id for said in history}
    for said in history:
        if said.causation_id is not None and said.causation_id not in ids:
            yield Violation("no-cause", f"{_name((said.source, said.id))} names the unknown cause {said.causation_id}")
    caused = {(said.causation_id, said.type) for said in history}
    for row in inbox:
        for type_ in says.get((row.group, types.get((row.source, row.id), "")), ()):
            if row.outcome == "done" and (row.id, type_) not in caused:
                yield Violation("no-consequence", f"{_at((row.group, row.source, row.id))} is done without {type_}")


def _due(history: Iterable[Said], hears: Mapping[str, Collection[str]]) -> Iterator[tuple[str, Said]]:
    return ((group, said) for said in history for group, types in hears.items() if said.type in types)


def _name(ref: Ref) -> str:
    return f"{ref[1]} of {ref[0]}"


def _at(slot: tuple[str, str, str]) -> str:
    return f"{_name(slot[1:])} in {slot[0]}"
