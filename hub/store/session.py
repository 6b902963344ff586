"""What a query function is given: one open transaction on either engine, and the few words the two engines spell apart.

Query functions are coroutines over a Session. On PostgreSQL they run on the event loop; on SQLite the whole coroutine
is driven inside the writer's thread (it never really suspends there), so a step of several statements costs one hop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol

import orjson

from events.envelope import TYPE_PREFIX

Engine = Literal["sqlite", "postgresql"]
Columns = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Bulk:
    """One statement that writes many rows: `head` + the rows + `tail`.

    `columns` names the columns with their SQL types; `computed` are columns whose value is an expression of the database.
    """

    head: str
    columns: tuple[tuple[str, str], ...]
    tail: str = ""
    computed: tuple[tuple[str, str], ...] = ()


class Session(Protocol):
    """One open transaction."""

    engine: Engine

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        """Run a statement and return its rows (attribute access by column name)."""
        ...

    async def run(self, sql: str, **params: Any) -> int:
        """Run a statement and return how many rows it touched."""
        ...

    async def many(self, bulk: Bulk, columns: Columns) -> int:
        """Write many rows with one statement and return how many were written."""
        ...


class Glance:
    """A session for one statement that only reads: by itself a snapshot, so no transaction need be opened around it."""

    def __init__(self, session: Session) -> None:
        self.engine = session.engine
        self._session: Session | None = session

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        """Run the statement."""
        session, self._session = self._session, None
        if session is None:
            raise RuntimeError("a glance is one statement; `read` more than one, so that they see the same")
        return await session.rows(sql, **params)

    async def run(self, sql: str, **params: Any) -> int:
        """Refuse: nothing is written in a glance."""
        raise RuntimeError(f"a glance only reads: {sql} {sorted(params)}")

    async def many(self, bulk: Bulk, columns: Columns) -> int:
        """Refuse: nothing is written in a glance."""
        raise RuntimeError(f"a glance only reads: {bulk.head} {sorted(columns)}")


def listed(engine: Engine, name: str, kind: str = "text") -> str:
    """SQL for «… IN one of the values of parameter `name`»; pass the values through `values`."""
    if engine == "sqlite":
        return f"(SELECT value FROM json_each(:{name}))"
    return f"(SELECT unnest(CAST(:{name} AS {kind}[])))"


def values(engine: Engine, given: Sequence[Any]) -> Any:
    """Turn a list into the parameter that `listed` expects."""
    return orjson.dumps(list(given)).decode() if engine == "sqlite" else list(given)


def each(engine: Engine, **types: str) -> str:
    """SQL for a table `t` made of parallel lists, one for each column; pass the lists through `spread`."""
    if engine == "sqlite":
        fields = ", ".join(f"value ->> {place} AS {name}" for place, name in enumerate(types))
        return f"(SELECT {fields} FROM json_each(:each)) AS t"
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in types.items())
    return f"unnest({arrays}) AS t({', '.join(types)})"


def spread(engine: Engine, **lists: Sequence[Any]) -> dict[str, Any]:
    """Turn parallel lists into the parameters that `each` expects."""
    if engine == "sqlite":
        return {"each": orjson.dumps(list(zip(*lists.values(), strict=True))).decode()}
    return {name: list(column) for name, column in lists.items()}


def escaped(words: str) -> str:
    """Return words as they stand in a LIKE … ESCAPE '!'."""
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in words)


def like_type(pattern: str) -> str:
    """Return the LIKE of an event type as people write it: need.published, need.*, or in full."""
    full = pattern if pattern.startswith(TYPE_PREFIX) else f"{TYPE_PREFIX}{pattern}.v*"
    return escaped(full).replace("*", "%")


def storable(words: str) -> str:
    """Return words from outside in a form that both engines keep: no NUL, no half of a surrogate pair."""
    return words.replace("\x00", "�").encode(errors="replace").decode()


@cache
def bulk_sql(engine: Engine, bulk: Bulk) -> str:
    """Spell a bulk statement: `executemany` on SQLite, `unnest` in one statement on PostgreSQL."""
    names = ", ".join(name for name, _ in (*bulk.columns, *bulk.computed))
    computed = [expression for _, expression in bulk.computed]
    if engine == "sqlite":
        marks = ", ".join([*("?" for _ in bulk.columns), *computed])
        return f"{bulk.head} ({names}) VALUES ({marks}) {bulk.tail}"
    given = ", ".join([*(f"t.{name}" for name, _ in bulk.columns), *computed])
    return f"{bulk.head} ({names}) SELECT {given} FROM {each(engine, **dict(bulk.columns))} {bulk.tail}"
