"""ESCO as it was imported: concepts, names in many languages, relations; several versions beside each other.

A part is one file of a version, such as `skills_pt`. Its rows are written under a new edition in short transactions,
beside a running hub; then one transaction makes all new editions the current ones. Readers see the old or the new
version whole. What nobody sees any more is swept away afterwards, in short transactions too.

This service uses the ESCO classification of the European Commission.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from hub.skills.esco_rows import DESCRIPTION, ESCO, PREFERRED, Concept, Named, Related, Row
from hub.skills.folding import folded
from hub.store.session import Bulk, Session, listed, values

LOADING, CURRENT, REPLACED = "loading", "current", "replaced"
TABLES = ("esco_concepts", "esco_names", "esco_relations")
SWEEP = 5000  # rows a transaction sweeps away
CONCEPTS = Bulk(
    "INSERT INTO esco_concepts",
    (("edition", "bigint"), *((name, "text") for name in Concept._fields)),
    "ON CONFLICT DO NOTHING",
)
NAMES = Bulk(
    "INSERT INTO esco_names", (("edition", "bigint"), *((name, "text") for name in (*Named._fields, "folded")))
)
RELATIONS = Bulk("INSERT INTO esco_relations", (("edition", "bigint"), *((name, "text") for name in Related._fields)))


class Part(NamedTuple):
    """One imported file: what it holds, and how much of it."""

    edition: int
    version: str
    part: str
    language: str
    digest: str
    entries: int
    imported_at: str


class Found(NamedTuple):
    """A concept as it is called in one language."""

    version: str
    uri: str
    kind: str
    language: str
    words: str


async def begin(session: Session, version: str, part: str, language: str, *, digest: str, at: str) -> int:
    """Open a new edition of a part, which nobody reads yet; returns its number."""
    rows = await session.rows(
        "INSERT INTO esco_parts (version, part, language, state, digest, entries, imported_at) "
        f"VALUES (:version, :part, :language, '{LOADING}', :digest, 0, :at) RETURNING edition",
        version=version,
        part=part,
        language=language,
        digest=digest,
        at=at,
    )
    return int(rows[0].edition)


async def put(session: Session, edition: int, said: Sequence[Row]) -> None:
    """Write rows of an edition."""
    concepts = [each for each in said if isinstance(each, Concept)]
    names = [
        (*each, "" if each.kind == DESCRIPTION else folded(each.words)) for each in said if isinstance(each, Named)
    ]
    relations = [each for each in said if isinstance(each, Related)]
    for bulk, rows in ((CONCEPTS, concepts), (NAMES, names), (RELATIONS, relations)):
        if rows:
            columns = dict(zip((name for name, _ in bulk.columns[1:]), zip(*rows, strict=True), strict=True))
            await session.many(bulk, {"edition": [edition] * len(rows), **columns})


async def whole(session: Session, edition: int, *, entries: int) -> None:
    """Write down how much an edition holds; nobody reads it yet."""
    await session.run(
        "UPDATE esco_parts SET entries = :entries WHERE edition = :edition", entries=entries, edition=edition
    )


async def switch(session: Session, editions: Sequence[int]) -> None:
    """Make the editions the current ones of their parts, all at once."""
    among = listed(session.engine, "editions", "bigint")
    new = {"editions": values(session.engine, editions)}
    await session.run(
        f"UPDATE esco_parts SET state = '{REPLACED}' WHERE state = '{CURRENT}' AND (version, part) IN "
        f"(SELECT version, part FROM esco_parts WHERE edition IN {among})",
        **new,
    )
    await session.run(f"UPDATE esco_parts SET state = '{CURRENT}' WHERE edition IN {among}", **new)


async def current(session: Session) -> list[Part]:
    """Return every part that is read, by version and name."""
    rows = await session.rows(
        "SELECT edition, version, part, language, digest, entries, imported_at FROM esco_parts "
        f"WHERE state = '{CURRENT}' ORDER BY version, part"
    )
    return [Part(*row) for row in rows]


async def unseen(session: Session, *, before: str) -> list[int]:
    """Return the editions that were replaced, or whose import began before an instant and never came to an end."""
    rows = await session.rows(
        f"SELECT edition FROM esco_parts WHERE state = '{REPLACED}' OR (state = '{LOADING}' AND imported_at < :before)",
        before=before,
    )
    return [int(row.edition) for row in rows]


async def sweep(session: Session, edition: int) -> bool:
    """Delete some rows of an edition, the edition itself when none is left; returns whether there may be more."""
    row = "rowid" if session.engine == "sqlite" else "ctid"
    for table in TABLES:
        gone = await session.run(
            f"DELETE FROM {table} WHERE {row} IN (SELECT {row} FROM {table} WHERE edition = :edition LIMIT {SWEEP})",
            edition=edition,
        )
        if gone:
            return True
    await session.run("DELETE FROM esco_parts WHERE edition = :edition", edition=edition)
    return False


FOUND = (
    "SELECT DISTINCT p.version, n.uri, c.kind, p.language, n.words FROM esco_names n "
    f"JOIN esco_parts p ON p.edition = n.edition AND p.state = '{CURRENT}' "
    "JOIN esco_concepts c ON c.edition = n.edition AND c.uri = n.uri"
)


async def called(session: Session, words: str, *, limit: int = 20) -> list[Found]:
    """Return the concepts that have exactly this name in any version and language; case and accents do not matter."""
    rows = await session.rows(
        f"{FOUND} WHERE n.folded = :words ORDER BY p.version DESC, n.uri, p.language LIMIT :limit",
        words=folded(words),
        limit=limit,
    )
    return [Found(*row) for row in rows]


async def named(session: Session, uri: str, kind: str = PREFERRED) -> list[Found]:
    """Return what a concept is called in every version and language."""
    rows = await session.rows(
        f"{FOUND} WHERE n.uri = :uri AND n.kind = :kind ORDER BY p.version DESC, p.language, n.words",
        uri=uri.removeprefix(ESCO),
        kind=kind,
    )
    return [Found(*row) for row in rows]


async def related(session: Session, uri: str, version: str) -> list[Related]:
    """Return the relations that a concept is in, either way, in one version; what is broader comes first."""
    rows = await session.rows(
        "SELECT DISTINCT r.origin, r.kind, r.target FROM esco_relations r "
        f"JOIN esco_parts p ON p.edition = r.edition AND p.state = '{CURRENT}' AND p.version = :version "
        f"WHERE r.origin = :uri OR r.target = :uri ORDER BY r.kind, r.origin, r.target",
        uri=uri.removeprefix(ESCO),
        version=version,
    )
    return [Related(*row) for row in rows]


async def successors(session: Session, uri: str, version: str) -> list[str]:
    """Return what stands in a version for a concept of another: itself, else what bears its preferred label there.

    ESCO keeps a concept's URI from version to version; where one was made anew its label tells. An empty list means that
    the version has nothing for it, more than one that the label does not tell which.
    """
    short = uri.removeprefix(ESCO)
    rows = await session.rows(
        "SELECT DISTINCT n.uri, CASE WHEN n.uri = :uri THEN 0 ELSE 1 END AS other FROM esco_names n "
        f"JOIN esco_parts p ON p.edition = n.edition AND p.state = '{CURRENT}' AND p.version = :version "
        f"WHERE n.uri = :uri OR (n.kind = '{PREFERRED}' AND (p.language, n.folded) IN "
        "(SELECT q.language, o.folded FROM esco_names o "
        f"JOIN esco_parts q ON q.edition = o.edition AND q.state = '{CURRENT}' "
        f"WHERE o.uri = :uri AND o.kind = '{PREFERRED}')) ORDER BY other, n.uri",
        uri=short,
        version=version,
    )
    return [f"{ESCO}{row.uri}" for row in rows if row.other == rows[0].other]


async def words_for(session: Session, uris: Collection[str], version: str) -> dict[str, str]:
    """Return the preferred label of each concept, in English where it has one."""
    rows = await session.rows(
        f"SELECT n.uri, n.words FROM esco_names n JOIN esco_parts p ON p.edition = n.edition AND p.state = '{CURRENT}' "
        f"AND p.version = :version WHERE n.kind = '{PREFERRED}' AND n.uri IN {listed(session.engine, 'uris')} "
        "ORDER BY p.language = 'en', p.language DESC",
        version=version,
        uris=values(session.engine, sorted(uris)),
    )
    return {row.uri: row.words for row in rows}
