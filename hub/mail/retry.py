"""When a failed delivery is tried again. Pure; called by couriers, for mails and for anything else that leaves the house."""

from datetime import datetime, timedelta
from hashlib import sha256

DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""The wait after the first, second, … failed attempt; after one more the delivery has failed for good."""

JITTER = 0.2  # share of the delay that is added at most, so that what failed together does not come back together


def next_attempt(attempts: int, *, job_id: str, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failures (at least one), or None when it is time to give up.

    The jitter comes from the job's id: two processes that ask get the same answer.
    """
    if attempts < 1:
        raise ValueError(f"{attempts} failed attempts: ask only after an attempt has failed")
    if attempts > len(DELAYS):
        return None
    delay = DELAYS[attempts - 1]
    return now + delay + delay * (JITTER * _share(f"{job_id}/{attempts}"))


def _share(name: str) -> float:
    """Spread names evenly over [0, 1)."""
    return int.from_bytes(sha256(name.encode()).digest()[:6], "big") / 2**48
