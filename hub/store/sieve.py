"""The sieve: which events of the history somebody wants to see. The command line and the console sift by the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from events.envelope import Envelope
from hub.store.history import NAMES, envelope
from hub.store.session import Session, like_type


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is wanted of an event; empty is anything.

    `types` as people write them, as in need.published or need.* (any of them), `unless` the types that are left out;
    `about` a subject or a partition key, `org` who said it, `since` an instant (a stamp), `correlation` a story;
    `group` who has taken it, and `outcome` what came of it there.
    """

    types: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    about: str = ""
    org: str = ""
    since: str = ""
    correlation: str = ""
    group: str = ""
    outcome: str = ""

    @property
    def open(self) -> bool:
        """Whether everything passes, but for what is always left out."""
        return self == Sieve(unless=self.unless)

    def sql(self) -> tuple[str, dict[str, Any]]:
        """Return a condition on `history h` and its parameters."""
        wanted, given = ["true"], dict[str, Any]()
        given |= {f"type{n}": like_type(each) for n, each in enumerate(self.types)}
        if self.types:
            wanted.append(f"({' OR '.join(f'{_like(n)}' for n in range(len(self.types)))})")
        for n, each in enumerate(self.unless):
            wanted.append(f"h.type NOT LIKE :unless{n} ESCAPE '!'")
            given[f"unless{n}"] = like_type(each)
        columns = (("org", "h.tenant"), ("correlation", "h.correlation_id"))
        wanted += [f"{column} = :{name}" for name, column in columns if getattr(self, name)]
        given |= {name: getattr(self, name) for name, _ in columns if getattr(self, name)}
        if self.about:
            wanted.append("(h.subject = :about OR h.partition_key = :about)")
            given["about"] = self.about
        if self.since:
            wanted.append("h.received_at >= :since")
            given["since"] = self.since
        if self.group or self.outcome:
            taken = {name: getattr(self, name) for name in ("group", "outcome") if getattr(self, name)}
            how = "".join(f" AND i.{'grp' if name == 'group' else name} = :{name}" for name in taken)
            wanted.append(f"EXISTS (SELECT 1 FROM inbox i WHERE i.source = h.source AND i.id = h.id{how})")
            given |= taken
        return " AND ".join(wanted), given


EVERYTHING = Sieve()


def _like(n: int) -> str:
    return f"h.type LIKE :type{n} ESCAPE '!'"


async def newest(
    session: Session, sieve: Sieve = EVERYTHING, *, limit: int, before: int | None = None, window: int | None = None
) -> tuple[list[Envelope], int | None]:
    """Return the newest events before a number, the newest first, and where to go on (None: that was the beginning).

    With a window at most so many events are looked through, so that a rare one costs no more than a common one.
    """
    top = before
    if top is None:
        top = int((await session.rows("SELECT coalesce(max(seq), 0) AS n FROM history"))[0].n) + 1
    bottom = 0 if window is None or sieve.open else max(0, top - window - 1)
    only, given = sieve.sql()
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h WHERE h.seq < :top AND h.seq > :bottom AND {only} "
        "ORDER BY h.seq DESC LIMIT :limit",
        top=top,
        bottom=bottom,
        limit=limit,
        **given,
    )
    found = [envelope(row) for row in rows]
    if len(found) == limit:
        return found, found[-1].seq
    return found, bottom + 1 if bottom else None


async def after(session: Session, sieve: Sieve, number: int, *, limit: int) -> tuple[Sequence[Envelope], int]:
    """Return events after a number, in order, and the number that was looked up to."""
    last = int((await session.rows("SELECT coalesce(max(seq), 0) AS n FROM history"))[0].n)
    only, given = sieve.sql()
    rows = await session.rows(
        f"SELECT h.seq, {NAMES} FROM history h WHERE h.seq > :number AND h.seq <= :last AND {only} "
        "ORDER BY h.seq LIMIT :limit",
        number=number,
        last=last,
        limit=limit,
        **given,
    )
    found = [envelope(row) for row in rows]
    return found, (found[-1].seq or last) if len(found) == limit else max(number, last)
