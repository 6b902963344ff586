"""How much one key may post: a bucket of tokens that fills at a steady rate. In memory, each process on its own."""

import math
from collections.abc import Callable
from time import monotonic

from hub.web.problems import Refuse


class Buckets:
    """One bucket a key. Only keys that were checked get one, so there are as many as there are keys.

    Where anybody may come, `most` bounds them: beyond it all begin anew.
    """

    def __init__(
        self, rate: float, burst: int, *, most: int | None = None, now: Callable[[], float] = monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}  # key id → tokens at an instant

    def spend(self, key_id: str, cost: int) -> None:
        """Take tokens; raises Refuse with 429 and Retry-After when there are too few, and takes none then."""
        if cost <= 0:
            return
        if self._most is not None and len(self._left) >= self._most and key_id not in self._left:
            self._left.clear()
        now = self._now()
        tokens, at = self._left.get(key_id, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        if tokens < cost:
            self._left[key_id] = (tokens, now)
            wait = max(1, math.ceil((cost - tokens) / self._rate))
            detail = f"This key may post {self._rate:g} events a second; send the same again in {wait} s."
            raise Refuse(429, detail, headers={"Retry-After": str(wait)})
        self._left[key_id] = (tokens - cost, now)
