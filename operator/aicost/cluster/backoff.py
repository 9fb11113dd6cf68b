"""How long to wait before trying again: exponential, with jitter, capped."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Delays in seconds that double from `first` to `most`, each shortened by up to a half at random."""

    first: float = 0.5
    most: float = 30
    _failures: int = field(default=0, init=False)

    def next(self) -> float:
        """The delay after one more failure."""
        delay = min(self.most, self.first * float(2 ** min(self._failures, 32)))
        self._failures += 1
        return delay * random.uniform(0.5, 1)  # noqa: S311 # spreads load, guards nothing

    def reset(self) -> None:
        """Something worked."""
        self._failures = 0
