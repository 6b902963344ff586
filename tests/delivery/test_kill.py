"""SIGKILL anywhere: after the restart every accepted event has its effects exactly once.

Hub processes are killed at named points and at any time, on both engines; then one judge reads the database. The seed is
new in every run (VET_HUB_SEED fixes it) and always printed; what fails says the command that repeats it.
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import DATABASE, LOG
from tests.delivery.torture import run as torture
from tests.delivery.torture.places import grounds
from tests.delivery.torture.run import Report, run_all
from tests.delivery.torture.schedule import ENGINES, POINTS, Engine, Schedule, draw, several

pytestmark = pytest.mark.torture
SEED = int(os.environ.get("VET_HUB_SEED") or secrets.randbelow(10**9))
AT_ONCE: dict[Engine, int] = {"sqlite": 3, "cluster": 2}
CHUNKS: dict[Engine, tuple[int, int]] = {"sqlite": (3, 12), "cluster": (3, 8)}
"""How many chunks of how many schedules."""
SERVICES = pytest.mark.services
SABOTAGE = [
    ("sqlite", "claim-apart", "executor.claimed"),
    ("sqlite", "answer-first", "ingest.stored"),
    pytest.param("cluster", "no-inbox", "stream.before_offset", marks=SERVICES),
    pytest.param("cluster", "delete-first", "relay.deleted", marks=SERVICES),
]
BOUND = 24  # schedules within which a broken rule must show; each but no-inbox shows in nearly every one


async def play(schedules: Iterable[Schedule], engine: Engine, folder: Path) -> list[Report]:
    async with grounds(frozenset({engine}), folder, database_url=DATABASE, log_url=LOG) as made:
        return await run_all(schedules, made, folder, at_once=AT_ONCE[engine])


@pytest.mark.parametrize(
    ("engine", "chunk"),
    [
        pytest.param(engine, chunk, marks=[SERVICES] if engine == "cluster" else [])
        for engine in ENGINES
        for chunk in range(CHUNKS[engine][0])
    ],
)
async def test_after_a_kill_every_accepted_event_has_its_effects_exactly_once(
    engine: Engine, chunk: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = CHUNKS[engine][1]
    first = SEED + chunk * size
    with capsys.disabled():
        print(f"\n{engine}: schedules {first} to {first + size - 1} (VET_HUB_SEED={SEED})")

    reports = await play(several(first, size, [engine]), engine, tmp_path)

    assert not [str(report) for report in reports if report.violations]


@pytest.mark.parametrize(("engine", "rule", "point"), SABOTAGE)
async def test_a_hub_that_breaks_a_rule_is_found_out(
    engine: Engine, rule: str, point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torture, "PATIENCE", 5.0)  # what was lost is never handled, so nobody need wait for it long
    lot = AT_ONCE[engine]

    for first in range(0, BOUND, lot):
        folder = tmp_path / str(first)
        folder.mkdir()
        reports = await play(several(SEED + first, lot, [engine], aim=point, sabotage=rule), engine, folder)
        if any(report.violations for report in reports):
            return

    pytest.fail(f"{BOUND} schedules with {rule} from seed {SEED} on looked as if nothing were wrong")


def test_the_same_seed_draws_the_same_schedule() -> None:
    assert [draw(7, engine) for engine in ENGINES] == [draw(7, engine) for engine in ENGINES]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kill_point_is_drawn(engine: Engine) -> None:
    drawn = {kill.point for schedule in several(1, 200, [engine]) for kill in schedule.kills}

    assert drawn == set(POINTS[engine])
