"""One example of every event type: a CloudEvent in a file, ready for `vet-hub send`.

The published schemas and the AsyncAPI page show them, tests are built from them.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson


def example(short_type: str) -> dict[str, Any]:
    """Return the example of a type, made anew for each caller; raises FileNotFoundError where there is none."""
    found: dict[str, Any] = orjson.loads(_text(short_type))
    return found


@cache
def _text(short_type: str) -> bytes:
    return files(__name__).joinpath(f"{short_type}.json").read_bytes()
