"""The audit: what operators did. An act and its row are kept together or not at all.

Whoever changes something for an operator does it through `acted`; what was done elsewhere (on a broker) is put by `note`.
`who` is a key (`key:…`), a session of the console (`console:…`), an account of the machine (`cli:…`) or the hub itself;
a person's name never. Reasons are the operators' own words, as they are in the trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from hub.store.port import Answer, Question
from hub.store.session import Session, storable

DONE, NOTHING = "done", "nothing to do"
LONGEST = 500  # characters kept of a word


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does: when, who, what (`parked.skip`), on what, and in which words."""

    at: str
    who: str
    what: str
    about: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Acted:
    """One row of the audit."""

    seq: int
    at: str
    who: str
    act: str
    about: str
    result: str
    detail: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return it as commands print it."""
        return {
            "at": self.at,
            "who": self.who,
            "act": self.act,
            "about": self.about,
            "result": self.result,
            "detail": dict(self.detail),
        }


async def acted(session: Session, act: Deed, question: Question[Answer], *args: Any, **kwargs: Any) -> Answer:
    """Run a query function that changes something, and write down who did it; returns its answer."""
    answer = await question(session, *args, **kwargs)
    await note(session, act, result=NOTHING if answer in (0, False) else DONE)
    return answer


async def note(session: Session, act: Deed, *, result: str = DONE) -> int:
    """Write down what was done; returns the row's number."""
    detail = {name: _cut(value) for name, value in act.detail.items() if value not in ("", None)}
    rows = await session.rows(
        "INSERT INTO audit (at, who, act, about, result, detail) "
        "VALUES (:at, :who, :act, :about, :result, :detail) RETURNING seq",
        at=act.at,
        who=act.who,
        act=act.what,
        about=_cut(act.about),
        result=_cut(result),
        detail=orjson.dumps(detail).decode(),
    )
    return int(rows[0].seq)


def _cut(value: Any) -> Any:
    return storable(value[:LONGEST]) if isinstance(value, str) else value


async def newest(
    session: Session, *, limit: int, act: str = "", about: str = "", before: int | None = None
) -> list[Acted]:
    """Return the newest acts, the newest first: of a kind (`parked` means all of them), or on one thing."""
    wanted, given = ["true"], dict[str, Any](limit=limit)
    if act:
        wanted, given = (
            [*wanted, "(act = :act OR substr(act, 1, length(:act) + 1) = :act || '.')"],
            {**given, "act": act},
        )
    if about:
        wanted, given = [*wanted, "about = :about"], {**given, "about": about}
    if before is not None:
        wanted, given = [*wanted, "seq < :before"], {**given, "before": before}
    rows = await session.rows(
        f"SELECT * FROM audit WHERE {' AND '.join(wanted)} ORDER BY seq DESC LIMIT :limit", **given
    )
    return [_acted(row) for row in rows]


async def find(session: Session, seq: int) -> Acted | None:
    """Return the act of a number."""
    rows = await session.rows("SELECT * FROM audit WHERE seq = :seq", seq=seq)
    return _acted(rows[0]) if rows else None


def _acted(row: Any) -> Acted:
    return Acted(int(row.seq), row.at, row.who, row.act, row.about, row.result, orjson.loads(row.detail))
