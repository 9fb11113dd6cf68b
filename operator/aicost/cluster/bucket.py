"""A token bucket on the event loop's clock: so many a second, a few at once, and pauses that somebody else asks for."""

from __future__ import annotations

import asyncio
import math


class Bucket:
    """`rate` tokens a second, at most `burst` saved up."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    async def take(self, deadline: float = math.inf) -> bool:
        """Wait for a token and take it; False, and no token, where that would be after the loop time `deadline`."""
        while (wait := self._wait()) > 0:
            if self._at + wait > deadline:
                return False
            await asyncio.sleep(wait)
        self._tokens -= 1
        return True

    def pause(self, seconds: float) -> None:
        """Give no token for so long."""
        self._refill()
        self._tokens = min(self._tokens, 1 - seconds * self._rate)

    def _wait(self) -> float:
        self._refill()
        return max(0.0, (1 - self._tokens) / self._rate)

    def _refill(self) -> None:
        now = asyncio.get_running_loop().time()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
