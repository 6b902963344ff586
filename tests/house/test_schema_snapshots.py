"""The JSON Schema of every event, compared with the one stored in `schemas/`: a change of the contract shows in review.

After a change that is meant, write them anew: VET_HUB_TEST_WRITE_SNAPSHOTS=1 pytest tests/house/test_schema_snapshots.py
"""

import json
import os
import re
from pathlib import Path

import pytest

from events.catalogue import EVENTS, json_schema

STORED = Path(__file__).parent / "schemas"
FLAT_LIST = re.compile(r"\[\n([^\[\]{}]*?)\n *\]")  # a code list takes one line, not two hundred
WRITE = "VET_HUB_TEST_WRITE_SNAPSHOTS"


def written(short_type: str) -> str:
    text = json.dumps(json_schema(EVENTS[short_type]), indent=1, ensure_ascii=False)
    return FLAT_LIST.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


@pytest.mark.parametrize("short_type", EVENTS)
def test_the_schema_is_the_one_that_was_agreed(short_type: str) -> None:
    path = STORED / f"{short_type}.json"
    if os.environ.get(WRITE):
        path.write_text(written(short_type))

    assert path.exists(), f"{path.name} is new; set {WRITE}=1 to store it"
    assert written(short_type) == path.read_text(), f"{short_type} changed; if it is meant, set {WRITE}=1 and review"


def test_no_schema_is_left_of_an_event_that_is_gone() -> None:
    assert {path.stem for path in STORED.glob("*.json")} == set(EVENTS)
