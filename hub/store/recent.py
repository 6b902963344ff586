"""Rows as this process read or wrote them last, so that the same text is not made into the same row again and again.

A need is read by the index, by the ranking ahead, by the batch and by the next batch; a counter by every batch. Rows are
frozen, so everybody may have the same one. The text decides, not the version: what the database says is always asked.
"""

from collections import OrderedDict
from typing import TypeVar

from hub.rows import Row

R = TypeVar("R", bound=Row)
MOST = 4096  # rows, some 25 MB
LARGEST = 16_384  # characters of a row that is kept
_recent: OrderedDict[tuple[type[Row], str], tuple[str, Row]] = OrderedDict()  # its methods are atomic between threads


def row_of(kind: type[R], key: str, body: str) -> R:
    """Return the row that a text says."""
    known = _recent.get((kind, key))
    if known is not None and known[0] == body:
        return known[1]  # type: ignore[return-value]
    row = read_row(kind, body)
    _remember(key, body, row)
    return row


def read_row(kind: type[R], body: str) -> R:
    """Make a row of what its table holds, for a look that need not be remembered."""
    # A row that a newer release wrote may say more than this one knows. Straight to the validator: pydantic's method
    # around it takes a fifth of the time.
    row: R = kind.__pydantic_validator__.validate_json(body, extra="ignore")
    return row


def keep(row: Row) -> str:
    """Return a row's text, to be written; whoever reads it back here gets this row."""
    written: bytes = row.__pydantic_serializer__.to_json(row, exclude_none=True)
    body = written.decode()
    _remember(row.key, body, row)
    return body


def _remember(key: str, body: str, row: Row) -> None:
    if len(body) > LARGEST:
        return
    place = (type(row), key)
    _recent.pop(place, None)  # so that it comes last, the oldest first out
    _recent[place] = (body, row)
    if len(_recent) > MOST:
        _recent.popitem(last=False)
