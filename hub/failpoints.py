"""Named places where a test may kill this very process: `VET_HUB_KILL_AT=executor.committed:3` dies at the third visit.

Only the kill tests set it. SIGKILL gives no one a chance to tidy up, which is the point.
"""

import os
import signal
from collections import Counter

_name, _, _visit = os.environ.get("VET_HUB_KILL_AT", "").partition(":")
_visits: Counter[str] = Counter()


def reach(name: str) -> None:
    """Pass a named place; die here when the environment asks for it."""
    if name != _name:
        return
    _visits[name] += 1
    if _visits[name] == int(_visit or 1):
        os.kill(os.getpid(), signal.SIGKILL)
