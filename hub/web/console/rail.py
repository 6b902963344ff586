"""The menu on the left: sections with how much there is in each. A new section is one line here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.visitors import COORDINATOR, OPERATOR, Visitor
from hub.web.console import links
from hub.web.console.pulse import Pulse

EVERYBODY = (OPERATOR, COORDINATOR)
OPERATORS = (OPERATOR,)


def _nothing(_pulse: Pulse) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Section:
    """One entry: its path below /console, its name, the heading it stands under, its number, and for whom it is."""

    path: str
    name: str
    heading: str = ""
    number: Callable[[Pulse], int] = _nothing
    roles: Sequence[str] = EVERYBODY


SECTIONS = (
    Section("", "Overview"),
    Section("/needs", "Needs", number=lambda pulse: pulse.of("needs", "open", "proposed", "gap")),
    Section("/requests", "Requests", number=lambda pulse: pulse.of("requests", "asked")),
    Section("/placements", "Placements", number=lambda pulse: pulse.of("offers", "open", "proposed")),
    Section("/gaps", "Gaps", number=lambda pulse: pulse.of("gaps", "open")),
    Section("/agreements", "Agreements", number=lambda pulse: pulse.of("agreements", "draft")),
    Section("/stream", "Stream", "Watch", roles=OPERATORS),
    Section("/parked", "Parked", "Watch", lambda pulse: pulse.set_aside, OPERATORS),
    Section("/mailbox", "Mailbox", "Watch", roles=OPERATORS),
    Section("/replay", "Replay", "Watch", roles=OPERATORS),
    Section("/audit", "Audit", "Watch", roles=OPERATORS),
    Section("/catalogue", "Catalogue", "Set up", lambda pulse: pulse.of("curricula", "published")),
    Section("/organisations", "Organisations", "Set up", lambda pulse: pulse.of("organisations")),
    Section("/keys", "Keys", "Set up", roles=OPERATORS),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A section as one reader sees it on one page; `current` is page, section or empty."""

    address: str
    name: str
    heading: str
    number: int
    current: str


def rail_for(visitor: Visitor, pulse: Pulse, path: str) -> list[Entry]:
    """Return the menu of a visitor."""
    own = [section for section in SECTIONS if visitor.role in section.roles]
    return [
        Entry(links.HOME + each.path, each.name, each.heading, each.number(pulse), _current(each, path)) for each in own
    ]


def _current(section: Section, path: str) -> str:
    address = links.HOME + section.path
    if path.rstrip("/") == address:
        return "page"
    return "section" if section.path and path.startswith(f"{address}/") else ""
