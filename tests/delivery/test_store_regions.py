"""What digests read, on each engine: the few columns of what is under way, and of the history what moved lately."""

from datetime import UTC, datetime, timedelta

from hub.clock import FixedClock, stamp
from hub.digests.board import DigestBoard
from hub.digests.scene import read_scene
from hub.ids import due_id
from hub.rows import Match, Need, Notification, Offer, Organisation, Request, Row
from hub.scheduler import Scheduler
from hub.store import history, nouns, people, regions
from hub.store.history import Entry
from hub.store.people import Person
from hub.store.port import Store
from hub.store.session import Session
from schemas import matches, needs, organisations, placements
from tests import builders
from tests.builders import AT, MATCH_ID
from tests.delivery.toys import appender_of

EXPIRES = datetime(2026, 12, 9, tzinfo=UTC)


async def keep(session: Session, *rows: Row) -> None:
    await nouns.tick(session)
    for row in rows:
        await nouns.save(session, type(row), [row.model_copy(update={"version": 1})])


async def plant(store: Store) -> None:
    asked = builders.EXAMPLES["match.requested"]
    proposal = matches.Proposal.model_validate(builders.EXAMPLES["match.proposed"], strict=False)
    need = needs.Need.model_validate(builders.need(), strict=False)
    offer = placements.PlacementOffer.model_validate(builders.EXAMPLES["placement.offered"], strict=False)
    company = organisations.Company.model_validate(builders.company(), strict=False)
    common = {"match_id": MATCH_ID, "about": "betangible/N-020"}
    await store.write(
        keep,
        Need(key="betangible/N-020", org="betangible", state="proposed", told=need, match_id=MATCH_ID),
        Offer(key="betangible/O-001", org="betangible", state="open", told=offer),
        Organisation(key="betangible", org="betangible", state="registered", company=company),
        Match(
            key=MATCH_ID,
            org="betangible",
            state="open",
            about="betangible/N-020",
            candidates=proposal.candidates,
            ruleset_version="1",
            expires_at=EXPIRES,
        ),
        *(
            Request(
                key=f"{MATCH_ID}/{org}",
                org=org,
                state=state,
                told=matches.Request.model_validate(asked, strict=False),
                company_asks=asks,
                **common,
            )
            for org, state, asks in (
                ("movex", "asked", None),
                ("ctcp", "interested", "Why?"),
                ("tuiasi", "closed", "?"),
            )
        ),
        *(
            Notification(
                key=f"n-{n}",
                org="movex",
                state=state,
                about=MATCH_ID,
                kind="request_to_provider",
                channel="email",
                recipient_ref="p-1",
                dedupe_key=f"d-{n}",
                told_seq=n,
            )
            for n, state in ((1, "failed"), (2, "failed"), (3, "delivered"))
        ),
    )


async def test_needs_and_offers_are_read_with_their_titles_and_places(store: Store) -> None:
    await plant(store)

    found = await store.read(regions.matters, ["betangible/N-020", "betangible/O-001", "betangible/gone"])

    assert sorted(found) == ["betangible/N-020", "betangible/O-001"]
    need, offer = found["betangible/N-020"], found["betangible/O-001"]
    assert (need.state, need.match_id, need.nuts, need.is_offer) == ("proposed", MATCH_ID, ("ES612",), False)
    assert need.title == {"es": "Tres operarios de corte automático"}
    assert (offer.match_id, offer.is_offer, len(offer.nuts)) == (None, True, 1)


async def test_only_what_is_under_way_is_read_of_matches_questions_and_mails(store: Store) -> None:
    await plant(store)

    asked = await store.read(regions.asked)
    proposed = await store.read(regions.proposed)

    assert sorted((one.org, one.state, one.company_asks) for one in asked) == [
        ("ctcp", "interested", True),
        ("movex", "asked", False),
    ]
    assert datetime.fromisoformat(proposed[MATCH_ID].expires_at) == EXPIRES
    assert proposed[MATCH_ID].score > 0
    assert [one.seq for one in await store.read(regions.failed, 1)] == [2]
    assert await store.read(regions.abouts, [MATCH_ID, "nobody"]) == {MATCH_ID: "betangible/N-020"}


async def test_a_scene_lies_between_a_week_ago_and_a_few_seconds_ago(store: Store) -> None:
    await plant(store)
    for n, ago in enumerate((timedelta(days=8), timedelta(days=2), timedelta(seconds=1))):
        stored = {"received_at": AT - ago, "partition_key": "k", "tenant": "betangible", "correlation_id": "c"}
        envelope = builders.envelope("need.published", id=f"e-{n}", **stored)
        await store.write(appender_of(store).append, [Entry(envelope, "t")])

    scene = await store.read(read_scene, AT)

    assert (scene.week, scene.until) == (1, 2)
    assert scene.seq("need.published", "betangible/N-020") == 2
    assert [one.ref for one in scene.within(["ES6", "ES"])] == ["betangible/N-020"]
    assert scene.within(["ES62", "PT"]) == []
    assert scene.name("betangible") == "Betangible SL"
    assert [one.about for one in scene.failed["betangible/N-020"]] == ["betangible/N-020"]


async def test_the_board_reads_nothing_for_a_batch_without_a_digest(store: Store) -> None:
    board = DigestBoard(FixedClock(AT))

    await board.prepare(store, [builders.said("need.published")])

    assert board.reader("p-1") is None


async def test_the_board_knows_coordinators_and_no_one_else(store: Store) -> None:
    for ref, kind in (("p-1", "coordinator"), ("p-2", "contact")):
        person = Person(ref, "cec", kind, "Hanne", "h@cec.example", "en", "Europe/Warsaw")
        await store.write(people.put, person)
    told = organisations.Coordinator.model_validate(builders.coordinator(), strict=False)
    await store.write(keep, Organisation(key="cec", org="cec", state="registered", coordinator=told))
    await Scheduler(store, appender_of(store), FixedClock(AT), sweep=timedelta(minutes=10)).say_due(AT)
    board = DigestBoard(FixedClock(AT))

    due = builders.said("reminder.due").model_copy(update={"kind": "digest", "about": "p-1", "at": AT})
    await board.prepare(store, [due, due.model_copy(update={"about": "p-2"})])

    reader = board.reader("p-1")
    assert reader is not None
    assert (reader.organisation, reader.nuts, board.reader("p-2")) == (told.legal_name, ("PT", "ES", "RO"), None)
    assert await store.read(history.one, "/hub", due_id("digest", "p-1", stamp(AT - timedelta(hours=2)))) is not None
