"""Who acts on the command line, for the audit: the account's number on this machine, never its name."""

import os
from typing import Any

from hub.cli.opening import store_made
from hub.cli.screen import notes
from hub.clock import SystemClock, stamp
from hub.errors import ServiceAway
from hub.settings import Settings
from hub.store import audit
from hub.store.audit import Deed


def operator() -> str:
    """Return who runs this command; behind `sudo` whoever called it."""
    account = os.environ.get("SUDO_UID") or (os.getuid() if hasattr(os, "getuid") else "")
    return f"cli:{account}"


def act(what: str, about: str, **detail: Any) -> Deed:
    """Return what the operator does now."""
    return Deed(stamp(SystemClock().now()), operator(), what, about, detail)


async def noted(settings: Settings, what: str, about: str, **detail: Any) -> None:
    """Write down what was done outside the database, as on a broker; says so where the database cannot be asked."""
    try:
        async with store_made(settings) as store:
            await store.write(audit.note, act(what, about, **detail))
    except ServiceAway as away:
        notes().print(f"[warn]done, but not in the audit: {away}[/]")
