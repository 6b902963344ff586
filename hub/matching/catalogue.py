"""Catalogue rows in memory, and the courses they make. The index keeps one; a batch's drafts are another, laid over it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar, cast

from hub.matching.model import Course
from hub.matching.placements import School
from hub.matching.rows import course_of, school_of
from hub.rows import Curriculum, Organisation, Row, Seats, Session

R = TypeVar("R", bound=Row)
KINDS: tuple[type[Row], ...] = (Organisation, Curriculum, Session, Seats)


class Catalogue:
    """Organisations, curricula, sessions and seats by key."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: dict[type[Row], dict[str, Row]] = {kind: {} for kind in KINDS}
        self._sessions_of: dict[str, set[str]] = defaultdict(set)
        self._curricula_of: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            self.put(row)

    def find(self, kind: type[R], key: str) -> R | None:
        """Return a row, None when it is not here."""
        return cast("R | None", self._rows[kind].get(key))

    def put(self, row: Row) -> bool:
        """Keep a row; False when this version or a newer one is here already."""
        known = self._rows[type(row)].get(row.key)
        if known is not None and known.version >= row.version:
            return False
        self._rows[type(row)][row.key] = row
        if isinstance(row, Session):
            self._sessions_of[row.curriculum].add(row.key)
        elif isinstance(row, Curriculum):
            self._curricula_of[row.org].add(row.key)
        return True

    def touched_by(self, row: Row) -> set[str]:
        """Return the curricula whose courses this row is part of."""
        if isinstance(row, Curriculum):
            return {row.key}
        if isinstance(row, Session | Seats):
            return {row.curriculum}
        return set(self._curricula_of.get(row.key, ()))

    def touched(self, below: "Catalogue") -> set[str]:
        """Return the curricula of the catalogue below that this one, laid over it, changes."""
        rows = [row for kind in KINDS for row in self._rows[kind].values()]
        return {ref for row in rows for ref in self.touched_by(row) | below.touched_by(row)}

    def course(self, ref: str, over: "Catalogue | None" = None) -> Course | None:
        """Make the course of a curriculum, with `over` laid over this; None when it is not in the catalogue (any more)."""
        lay = over or EMPTY
        curriculum = lay.find(Curriculum, ref) or self.find(Curriculum, ref)
        if curriculum is None or curriculum.state != "published":
            return None
        provider = lay.find(Organisation, curriculum.org) or self.find(Organisation, curriculum.org)
        keys = sorted(self._sessions_of.get(ref, set()) | lay._sessions_of.get(ref, set()))
        sessions = [row for key in keys if (row := lay.find(Session, key) or self.find(Session, key)) is not None]
        seats = {key: lay.find(Seats, key) or self.find(Seats, key) for key in keys}
        return course_of(curriculum, provider, sessions, seats)

    def schools(self, over: "Catalogue | None" = None) -> list[School]:
        """Make every provider with what it teaches, with `over` laid over this, by id."""
        lay = over or EMPTY
        rows = {**self._rows[Organisation], **lay._rows[Organisation]}
        return [
            school_of(row, [course for ref in self._refs_of(key, lay) if (course := self.course(ref, lay)) is not None])
            for key, row in sorted(rows.items())
            if isinstance(row, Organisation) and row.provider is not None
        ]

    def _refs_of(self, provider_id: str, lay: "Catalogue") -> list[str]:
        return sorted(self._curricula_of.get(provider_id, set()) | lay._curricula_of.get(provider_id, set()))


EMPTY = Catalogue()
