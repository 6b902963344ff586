"""Documents in the store, on both engines: the first one stays."""

from hub.store import documents
from hub.store.documents import Document
from hub.store.port import Store

AGREEMENT = "3f1c7a52-8f0e-5c1d-9b7e-2a6d4c9e0b11"
AT = "2026-11-23T12:00:00.000000Z"


async def put(store: Store, body: bytes, *, version: int = 1, unfilled: tuple[tuple[str, str], ...] = ()) -> Document:
    return await store.write(
        documents.put,
        agreement_id=AGREEMENT,
        version=version,
        sha256=f"hash of {body!r}",
        at=AT,
        unfilled=unfilled,
        body=body,
    )


async def test_the_first_document_of_a_version_stays(store: Store) -> None:
    first = await put(store, b"%PDF one\x00\xff", unfilled=(("tutor.name", "missing"),))
    second = await put(store, b"%PDF two")

    assert first == Document(AGREEMENT, 1, first.sha256, AT, (("tutor.name", "missing"),), b"%PDF one\x00\xff")
    assert second == first
    assert await store.read(documents.find, AGREEMENT, 1) == first


async def test_each_version_has_its_own_and_the_newest_is_found(store: Store) -> None:
    await put(store, b"one")
    second = await put(store, b"two", version=2)

    assert await store.read(documents.newest, AGREEMENT) == second
    assert await store.read(documents.find, AGREEMENT, 3) is None
    assert await store.read(documents.newest, "another") is None


async def test_versions_are_told_newest_first_without_their_bytes(store: Store) -> None:
    first, second = await put(store, b"one"), await put(store, b"two", version=2)

    found = await store.read(documents.versions, AGREEMENT)

    assert found == [(2, second.sha256, AT), (1, first.sha256, AT)]
