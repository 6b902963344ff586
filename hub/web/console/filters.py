"""Filters of a list: each is a link, so that they live in the address and work without a script."""

from collections.abc import Iterable
from typing import NamedTuple

from hub.web.console import links


class Option(NamedTuple):
    """One filter: where it leads, what it is called, how many it finds (None: not told), whether it is the present one."""

    address: str
    name: str
    number: int | None
    chosen: bool


def options(
    section: str, field: str, choices: Iterable[tuple[str, str, int | None]], chosen: str, **others: str
) -> list[Option]:
    """Make the links of one filter; `others` are the filters that stay."""
    return [
        Option(links.listed(section, **{field: value, **others}), name, number, value == chosen)
        for value, name, number in choices
    ]
