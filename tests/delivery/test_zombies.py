"""Two of everything, and one of each stands still for longer than anybody waits: when it goes on, nothing happens twice."""

import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from events.envelope import Envelope
from hub.demo import story
from hub.parts import Hub
from hub.settings import Settings
from hub.store import history
from hub.stream import cluster
from tests.bench.ranking import NOBODY
from tests.builders import need as told_need
from tests.delivery.processes import processes_of
from tests.delivery.torture.evidence import gather, judged
from tests.delivery.torture.victim import PARTNERS
from tests.delivery.toys import ask, need, until

WITNESS = "tests.delivery.torture.witness:NOTING"  # the product's handlers, with a note of each event they were given
ROUND = 15  # needs


def needs(first: int) -> list[Envelope]:
    return [
        need(
            f"n{n}",
            f"{n:03}",
            data=orjson.dumps(told_need(need_id=f"N-{n:03}")),
            tenant=None,
            received_at=None,
            correlation_id=None,
            partition_key=None,
        )
        for n in range(first, first + ROUND)
    ]


async def say(hub: Hub, said: list[Envelope]) -> set[tuple[str, str]]:
    receipts = await hub.ingest.accept(said, PARTNERS)
    assert [receipt.refusal for receipt in receipts if receipt.refusal] == []
    return {(envelope.source, envelope.id) for envelope in said}


async def at_rest(hub: Hub) -> bool:
    """Return whether every group is through, and nothing is unsent."""
    return not (await hub.store.read(history.outbox_age))[0] and await hub.is_idle()


@pytest.mark.services
async def test_those_that_stood_still_for_long_are_fenced_and_nothing_has_a_second_effect(
    cluster_settings: Settings, tmp_path: Path
) -> None:
    settings = cluster_settings.model_copy(update={"handlers": WITNESS})
    async with processes_of(settings, tmp_path) as start, cluster(settings, parts={"ingest", "courier"}) as hub:
        first = [start("relay"), start("scheduler"), start("worker")]
        for part in first:
            await part.says("running")
        await until(lambda: hub.store.read(ask, "SELECT 1 FROM leases"))  # the first relay is the active one
        second = [start("relay"), start("scheduler"), start("worker")]
        for part in second:
            await part.says("running")
        catalogue = [
            envelope for post in story.catalogue(datetime.now(UTC).date(), NOBODY) for envelope in post.envelopes
        ]
        accepted = await say(hub, catalogue) | await say(hub, needs(0))
        await until(lambda: hub.store.read(ask, "SELECT 1 FROM inbox WHERE grp = 'matcher'"))

        for part in first:
            part.signal(signal.SIGSTOP)
        accepted |= await say(hub, needs(ROUND))
        await until(lambda: at_rest(hub), seconds=300)
        for part in first:
            part.signal(signal.SIGCONT)
        accepted |= await say(hub, needs(2 * ROUND))
        await until(lambda: at_rest(hub), seconds=300)

        assert [await part.stop() for part in (*first, *second)] == [0] * 6
        evidence = await gather(hub.store, Counter())

    assert judged(evidence, accepted=accepted, noted=True) == []
    requests = Counter(event.subject for event in evidence.events if event.TYPE == "match.proposed")
    assert max(requests.values()) == 1
