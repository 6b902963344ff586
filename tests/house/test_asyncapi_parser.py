"""The AsyncAPI document through AsyncAPI's own parser; that its examples fit is in `tests/rules/test_asyncapi.py`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hub.contract.asyncapi import asyncapi
from hub.parts import reactions
from hub.settings import load
from tests.conftest import ASYNCAPI

pytestmark = pytest.mark.asyncapi

SCRIPT = Path(__file__).parents[2] / "deploy" / "dev" / "asyncapi" / "check.mjs"
PATIENCE = 120.0  # seconds on a loaded machine; it takes one or two


def judged(document: dict[str, Any], folder: Path) -> Any:
    """What the parser finds, and the complaints that are more than a hint."""
    page = folder / "asyncapi.json"
    page.write_text(json.dumps(document))
    with SCRIPT.open() as script:
        command = ["node", "--input-type=module", "-", str(page)]
        done = subprocess.run(
            command, stdin=script, cwd=ASYNCAPI.parent, capture_output=True, timeout=PATIENCE, check=False
        )
    assert done.stdout, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_official_parser_takes_the_document(tmp_path: Path) -> None:
    document = asyncapi(reactions(load()))

    found = judged(document, tmp_path)

    assert [each for each in found["told"] if each["code"] != "asyncapi-latest-version"] == []
    assert found["channels"] == [each["address"] for each in document["channels"].values()]
    assert found["operations"] == len(document["operations"])


def test_the_official_parser_would_see_a_message_that_is_not_there(tmp_path: Path) -> None:
    document = asyncapi(reactions(load()))
    del document["components"]["messages"]["need.published"]

    told = judged(document, tmp_path)["told"]

    assert {each["code"] for each in told if each["severity"] == 0} == {"invalid-ref"}
