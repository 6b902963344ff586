"""Two toy groups for the model of delivery: they wait, refuse, fail, hold seats and say things; nothing more.

`need` (a company) → matcher saves it, says `proposed` → workflow holds a seat, says `held` → matcher takes note.
`session` (a provider) makes the seats; `answer` (anybody) needs the row that the other group saves.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

PARTITION = {"a": 0, "b": 1, "s": 1}  # two needs race for the seats of one session, from two partitions
HEARS = {"matcher": {"need", "held"}, "workflow": {"session", "proposed", "answer"}}
SAYS = {("matcher", "need"): ["proposed"], ("workflow", "proposed"): ["held"]}
CAPACITY = 1

Slot = tuple[str, Any]  # (kind, key)
Body = tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """A fact about session `about`; `fails` names the group whose handlers have a bug with the whole story."""

    id: str
    type: str
    key: str
    about: str = "s"
    fails: str = ""
    cause: str | None = None

    @property
    def source(self) -> str:
        return "/hub" if self.cause else "/outside"

    @property
    def story(self) -> str:
        """The id of the event from outside that began it."""
        return self.id.split("/")[0]

    def causes(self, type_: str) -> "Event":
        """What a handler says gets an id made from its cause: the same again is the same."""
        return Event(f"{self.id}/{type_}", type_, self.key, self.about, self.fails, self.id)


class Row(NamedTuple):
    """A noun's state row."""

    version: int
    body: Body


class Waiting(Exception):
    """What the handler needs is not there yet: its argument is the slot."""


class Refused(Exception):
    """A business no."""


class Draft:
    """The unit of work of one event: rows loaded, what earlier events of the batch saved, what this one saves."""

    def __init__(self, rows: dict[Slot, Row], saved: dict[Slot, Body]) -> None:
        self.rows, self.saved, self.own = rows, saved, dict[Slot, Body]()

    def find(self, kind: str, key: Any) -> Body | None:
        slot = (kind, key)
        return self.own.get(slot) or self.saved.get(slot) or (self.rows[slot].body if slot in self.rows else None)

    def get(self, kind: str, key: Any) -> Body:
        body = self.find(kind, key)
        if body is None:
            raise Waiting((kind, key))
        return body

    def save(self, kind: str, key: Any, *body: str) -> None:
        self.own[kind, key] = body


def refs(event: Event, group: str) -> list[Slot]:
    """Every row the handlers may ask for."""
    return [("need", event.key), ("seats", event.about), ("effect", (group, event.key))]


def react(event: Event, group: str, draft: Draft) -> list[str]:
    """The handlers of both groups; returns the types said. Each notes its effect in a row of group and key."""
    match event.type:
        case "need":
            draft.save("need", event.key, event.id)
        case "session":
            draft.save("seats", event.key, *(draft.find("seats", event.key) or ("seats",)))
        case "answer":
            draft.get("need", event.key)
        case "proposed":
            seats = draft.get("seats", event.about)
            if len(seats) > CAPACITY:
                raise Refused
            draft.save("seats", event.about, *seats, event.id)
    draft.save("effect", (group, event.key), *(draft.find("effect", (group, event.key)) or ()), event.id)
    return SAYS.get((group, event.type), [])
