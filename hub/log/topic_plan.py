"""What one topic needs, decided from what is declared and what the broker has. No broker is asked here.

`hub.log.topics` brings what a broker has and does what comes out; `vet-hub topics` and `doctor` show it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from events.topics import TOPICS, Topic
from hub.errors import WrongSetting
from hub.settings import Settings

REPLICAS = 3  # copies of a record, where there are that many brokers
SAFE_REPLICAS = 2  # copies that must have a record before its sender is told so, where there are three
OTHER_WAY = (
    "keep that number with VET_HUB_PARTITIONS='{{\"{name}\": {partitions}}}', or let the groups read it to its end "
    "(`vet-hub lag` says 0), stop the hub's processes, delete the topic, and let `vet-hub topics apply` make it anew"
)

Act = Literal["make", "set", "keep", "refuse"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one topic is to be."""

    declared: Topic
    partitions: int
    copies: int

    @property
    def settings(self) -> dict[str, str]:
        """The settings that we give a topic."""
        return {
            "cleanup.policy": self.declared.cleanup,
            "min.insync.replicas": str(SAFE_REPLICAS if self.copies > SAFE_REPLICAS else 1),
            "retention.ms": str(self.declared.retention_ms),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What the broker has of one topic; `settings` are those set on it, and ours even where they come from the broker."""

    partitions: int
    copies: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs; `now` is None on a topic that is not there yet."""

    setting: str
    now: str | None
    then: str

    def __str__(self) -> str:
        return f"{self.setting} {self.then}" if self.now is None else f"{self.setting} {self.now} → {self.then}"


@dataclass(frozen=True, slots=True)
class Step:
    """What one topic needs: to be made, to have settings changed, nothing, or something we do not do."""

    topic: str
    act: Act
    says: str
    wanted: Wanted
    changes: tuple[Change, ...] = ()
    cure: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)  # the whole set: a request replaces all of a topic's

    @property
    def done(self) -> bool:
        """Whether nothing is left to be made or set."""
        return self.act != "make" and not self.changes


class Asked(TypedDict):
    """What the settings say about topics."""

    prefix: str
    replication: int | None
    partitions: Mapping[str, int]


def asked(settings: Settings) -> Asked:
    """Return what the settings say about topics; raises WrongSetting for a topic that the hub does not have."""
    known = [topic.name for topic in TOPICS]
    unknown = sorted(set(settings.partitions) - set(known))
    if unknown:
        raise WrongSetting(f"VET_HUB_PARTITIONS names {', '.join(unknown)}; the hub's topics are {', '.join(known)}")
    return Asked(prefix=settings.topic_prefix, replication=settings.replication, partitions=settings.partitions)


def declared(
    tenants: Sequence[str] = (), *, copies: int = REPLICAS, partitions: Mapping[str, int] | None = None
) -> dict[str, Wanted]:
    """Return what the topics are to be, by name without prefix; those of tenants only for the tenants named."""
    found: dict[str, Wanted] = {}
    for topic in TOPICS:
        for name in [topic.of(tenant) for tenant in tenants] if topic.per_tenant else [topic.name]:
            found[name] = Wanted(topic, (partitions or {}).get(topic.name, topic.partitions), copies)
    return found


def step(name: str, wanted: Wanted, found: Found | None) -> Step:
    """Hold one topic against what the broker has."""
    if found is None:
        settings = wanted.settings
        says = f"{wanted.partitions} partitions, {_copies(wanted.copies)}, key: {wanted.declared.key}"
        return Step(
            name, "make", says, wanted, tuple(Change(key, None, settings[key]) for key in settings), "", settings
        )
    # A topic with fewer copies than must have a record would take none at all, so what there is decides.
    settings = Wanted(wanted.declared, wanted.partitions, min(wanted.copies, found.copies)).settings
    changes = tuple(
        Change(key, found.settings.get(key, "unset"), value)
        for key, value in settings.items()
        if not _same(found.settings.get(key), value)
    )
    whole = {**found.settings, **{change.setting: change.then for change in changes}}
    why, cure = _refusal(wanted, found)
    if why:
        return Step(name, "refuse", "; ".join([why, *map(str, changes)]), wanted, changes, cure, whole)
    return Step(name, "set" if changes else "keep", ", ".join(map(str, changes)), wanted, changes, "", whole)


def _refusal(wanted: Wanted, found: Found) -> tuple[str, str]:
    has = f"has {found.partitions} partitions, {wanted.partitions} are wanted"
    cure = OTHER_WAY.format(name=wanted.declared.name, partitions=found.partitions)
    if found.partitions < wanted.partitions:
        return f"{has}: more would move keys and break their order", cure
    if found.partitions > wanted.partitions:
        return f"{has}: Kafka takes none away", cure
    if found.copies < wanted.copies:
        return (
            f"has {_copies(found.copies)}, {wanted.copies} are wanted: the hub moves no data between brokers",
            f"Kafka's own kafka-reassign-partitions does it; or keep it with VET_HUB_REPLICATION={found.copies}",
        )
    return "", ""


def _same(now: str | None, then: str) -> bool:
    # A list in any order means the same to Kafka: compact,delete is delete,compact.
    return now is not None and sorted(now.split(",")) == sorted(then.split(","))


def _copies(number: int) -> str:
    return "1 copy" if number == 1 else f"{number} copies"
