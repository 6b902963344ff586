"""What must be true of a conversation at any moment: a small model of the state tables, pure, fed with rows and history."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from events.base import Event
from events.cooperations import CooperationAgreed
from events.curricula import AboutCurricula, AboutSessions
from events.matches import MatchAnswered, MatchProposed, MatchRequested, RequestAnswered
from events.needs import NeedUpdated
from events.organisations import ProviderUpdated
from events.placements import PlacementUpdated
from events.refusals import EventRejected
from hub import rows

WILLING = frozenset({"accepted", "counter_offered"})
ASKED_AGAIN_AFTER = timedelta(days=90)
MOVES: Mapping[type[rows.Row], Mapping[str, frozenset[str]]] = {
    rows.Request: {"closed": frozenset(), "expired": frozenset()},
    rows.Match: {
        "superseded": frozenset({"closed"}),  # agreed before it was known that a newer one took its place
        "expired": frozenset({"closed"}),
        "closed": frozenset(),
    },
    rows.Cooperation: {"broken": frozenset(), "filled": frozenset({"broken"})},
    rows.Nomination: {"cancelled": frozenset()},
    rows.Agreement: {"withdrawn": frozenset()},
    rows.Seats: {"cancelled": frozenset()},
    rows.Need: {"withdrawn": frozenset(), "expired": frozenset({"agreed", "withdrawn"})},
    rows.Offer: {"withdrawn": frozenset(), "expired": frozenset({"agreed", "withdrawn"})},
}
"""States that are left only for these; every other state may be left for any."""

Table = Mapping[str, Any]


class Parked(NamedTuple):
    """What is parked, in its state and with its reason."""

    state: str
    reason: str


@dataclass(frozen=True)
class Moment:
    """Everything there is at one moment."""

    rows: Mapping[type[rows.Row], Table]
    history: Sequence[Event]
    parked: Sequence[Parked]
    refused: frozenset[tuple[str, str]]


@dataclass
class Model:
    """Looks at one moment after the other; each method yields what is wrong, in a sentence."""

    companies: tuple[str, ...]
    settled: list[int] = field(default_factory=list)
    """Numbers of the history at which every group had heard everything."""
    before: Mapping[type[rows.Row], Table] = field(default_factory=dict)

    def wrong(self, now: Moment) -> list[str]:
        """Return everything that is wrong at a moment."""
        rules = (
            self._states_move_as_the_tables_say,
            _seats_are_promised_once,
            _holds_belong_to_living_requests,
            _a_need_is_agreed_once,
            _agreements_stand_on_cooperations,
            _agreed_is_what_was_accepted,
            self._nobody_is_asked_again_too_soon,
            self._providers_do_not_learn_who_asks,
            _nothing_is_parked_as_a_bug,
            _a_no_is_told,
        )
        found = [sentence for rule in rules for sentence in rule(now)]
        self.before = now.rows
        return found

    def at_the_end(self, now: Moment) -> Iterator[str]:
        """Say what is left over when everything was heard and all time has passed."""
        for request in now.rows[rows.Request].values():
            if request.state == "asked":
                yield f"{request.key} is asked for ever"
        for match in now.rows[rows.Match].values():
            if match.state == "open":
                yield f"match {match.key} is open for ever"
        for kind in (rows.Need, rows.Offer):
            yield from (f"{each.key} is {each.state} for ever" for each in now.rows[kind].values() if each.stands)
        for seats in now.rows[rows.Seats].values():
            for key, hold in seats.held.items():
                if not hold.taken:
                    yield f"{hold.seats} seats of {seats.key} are held for {key} for ever"

    def _states_move_as_the_tables_say(self, now: Moment) -> Iterator[str]:
        for kind, moves in MOVES.items():
            for key, was in self.before.get(kind, {}).items():
                state = now.rows[kind][key].state
                if state != was.state and state not in moves.get(was.state, {state}):
                    yield f"{kind.NOUN} {key} went from {was.state} to {state}"

    def _nobody_is_asked_again_too_soon(self, now: Moment) -> Iterator[str]:
        asked: dict[tuple[str, str], int] = {}
        declined: dict[tuple[str, str], Event] = {}
        changed: defaultdict[str, int] = defaultdict(int)
        about: dict[str, str] = {}
        for event in now.history:
            seq = event.envelope.seq or 0
            if isinstance(event, MatchProposed):
                about[event.match_id] = event.about
                for pair in {(event.about, provider) for each in event.candidates for provider in each.provider_ids}:
                    no = declined.pop(pair, None)
                    since = asked.get(pair, 0)
                    if no is not None and self._stands(no, event) and max(changed[name] for name in pair) < since:
                        yield f"{pair[1]} declined {pair[0]} and was asked again"
                    asked[pair] = seq
            elif isinstance(event, RequestAnswered) and event.decision != "closed":
                pair = (event.about, event.provider_ids[0])
                declined.pop(pair, None)
                if event.decision == "declined":
                    declined[pair] = event
            elif isinstance(event, NeedUpdated | PlacementUpdated):
                changed[event.subject] = seq
            elif isinstance(event, AboutCurricula | AboutSessions | ProviderUpdated):
                changed[event.org] = seq

    def _stands(self, no: Event, proposed: Event) -> bool:
        """Whether a refusal was heard by everybody before a proposal, and is not forgotten yet."""
        said, seq = no.envelope.seq or 0, proposed.envelope.seq or 0
        heard = any(said <= settled < seq for settled in self.settled)
        then, later = no.envelope.time, proposed.envelope.time
        return heard and then is not None and later is not None and later - then < ASKED_AGAIN_AFTER

    def _providers_do_not_learn_who_asks(self, now: Moment) -> Iterator[str]:
        told = [event for event in now.history if isinstance(event, MatchRequested)]
        answers = {event.envelope.id for event in now.history if isinstance(event, MatchAnswered)}
        told += [event for event in now.history if isinstance(event, EventRejected) and event.id in answers]
        for event in told:
            words = event.envelope.data.decode()
            yield from (f"{event.TYPE} names {company}" for company in self.companies if company in words)


def wrong_at_rest(tables: Mapping[type[rows.Row], Table], said: Sequence[Event]) -> list[str]:
    """Return what is wrong with promises and agreements, whatever way led there."""
    now = Moment(tables, said, (), frozenset())
    rules = (
        _seats_are_promised_once,
        _holds_belong_to_living_requests,
        _a_need_is_agreed_once,
        _agreements_stand_on_cooperations,
    )
    return [sentence for rule in rules for sentence in rule(now)]


def _seats_are_promised_once(now: Moment) -> Iterator[str]:
    for row in now.rows[rows.Seats].values():
        promised = sum(hold.seats for hold in row.held.values() if hold.seq > row.told_seq)
        if row.state == "open" and promised > row.told_free:
            yield f"{promised} seats of {row.key} are promised, {row.told_free} were told free"


def _holds_belong_to_living_requests(now: Moment) -> Iterator[str]:
    requests = now.rows[rows.Request]
    held = {(key, row.key) for row in now.rows[rows.Seats].values() for key in row.held}
    named = {(key, ref) for key, request in requests.items() for ref in request.holds}
    yield from (f"{pair} is held on one side only" for pair in held ^ named)
    yield from (
        f"{key} is {requests[key].state} and holds seats" for key, _ in named if requests[key].state not in WILLING
    )


def _a_need_is_agreed_once(now: Moment) -> Iterator[str]:
    standing = Counter(each.about for each in now.rows[rows.Cooperation].values() if each.state in rows.STANDING)
    yield from (f"{about} is agreed {times} times" for about, times in standing.items() if times > 1)
    agreed = Counter(event.match_id for event in now.history if isinstance(event, CooperationAgreed))
    yield from (f"match {match} was agreed {times} times" for match, times in agreed.items() if times > 1)
    still = Counter(each.about for each in now.rows[rows.Match].values() if each.state == "open")
    yield from (f"{about} has {times} open matches" for about, times in still.items() if times > 1)


def _agreements_stand_on_cooperations(now: Moment) -> Iterator[str]:
    cooperations = now.rows[rows.Cooperation]
    for kind, state in ((rows.Agreement, "draft"), (rows.Nomination, "nominated")):
        for row in now.rows[kind].values():
            if row.state == state and cooperations[row.match_id].state not in rows.STANDING:
                yield f"{kind.NOUN} {row.key} is a {state} for nothing"
    for key, each in cooperations.items():
        if len(each.nominated) > each.headcount:
            yield f"{len(each.nominated)} learners are nominated for {each.headcount} places of {key}"


def _agreed_is_what_was_accepted(now: Moment) -> Iterator[str]:
    answers: dict[tuple[str, str], RequestAnswered] = {}
    for event in now.history:
        if isinstance(event, RequestAnswered):
            answers[event.match_id, event.provider_ids[0]] = event
        elif isinstance(event, CooperationAgreed):
            for provider in event.provider_ids:
                said = answers.get((event.match_id, provider))
                covers = said is not None and said.candidate_id in (None, event.candidate_id)
                if said is None or said.decision not in ("accepted", "counter_offer") or not covers:
                    yield f"{event.match_id} was agreed without a yes of {provider}"


def _nothing_is_parked_as_a_bug(now: Moment) -> Iterator[str]:
    for row in now.parked:
        if not row.reason.startswith("waits for "):
            yield f"parked as {row.state}: {row.reason}"


def _a_no_is_told(now: Moment) -> Iterator[str]:
    told = {(event.source, event.id) for event in now.history if isinstance(event, EventRejected)}
    yield from (f"{name} was refused, and nobody told its sender" for name in sorted(now.refused - told))
    decided = (event for event in now.history if isinstance(event, EventRejected))
    yield from (
        f"{event.id} was rejected without a reason" for event in decided if not (event.reason_code and event.detail)
    )
