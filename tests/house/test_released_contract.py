"""The code against the contract of the last release: nothing that partners send or read may break.

`tests/house/released/` is what `vet-hub schema export` wrote when that version was released. What was added since may
still change freely; what was released may only grow. At a release VET_HUB_TEST_WRITE_SNAPSHOTS=1 writes it anew.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from events.base import ONLY_HUB
from events.catalogue import EVENTS, check, read
from events.examples import example
from hub.contract import folder
from hub.contract.changes import compare
from hub.contract.documents import CLOUDEVENT, as_read, published
from tests.builders import envelope

RELEASED = Path(__file__).parent / "released"
WRITE = "VET_HUB_TEST_WRITE_SNAPSHOTS"

if os.environ.get(WRITE):
    for file in RELEASED.glob("*.json"):
        file.unlink()
    folder.write(RELEASED, {})

BEFORE: Mapping[str, Mapping[str, Any]] = folder.read(RELEASED)
TYPES = sorted(name for name in BEFORE if name in EVENTS)


def test_nothing_breaks_who_programmed_against_the_last_release() -> None:
    broken = [change for change in compare(BEFORE, published()) if change.breaks]

    told = [f"{each.schema}{each.pointer} {each.what}: breaks {each.breaks}; {each.cure}" for each in broken]
    assert told == [], "\n".join(told)


@pytest.mark.parametrize("name", TYPES)
def test_events_of_the_last_release_are_taken_and_read_by_this_one(name: str) -> None:
    for data in BEFORE[name]["examples"]:
        released = envelope(name, data)
        assert read(released) == (read if EVENTS[name].SAID_BY == ONLY_HUB else check)(released)


@pytest.mark.parametrize("name", TYPES)
def test_events_of_this_code_are_read_by_the_last_release(name: str) -> None:
    Draft202012Validator(as_read(BEFORE[name])).validate(example(name)["data"])
    Draft202012Validator(as_read(BEFORE[CLOUDEVENT])).validate(example(name))


def test_the_released_files_are_what_the_command_writes(tmp_path: Path) -> None:
    folder.write(tmp_path, {})

    names = sorted(path.name for path in tmp_path.glob("*.json"))
    assert names == sorted(f"{name}.json" for name in published())
    assert orjson.loads((tmp_path / "need.published.json").read_bytes()) == published()["need.published"]
