"""How fast numbers move and when they are settled: the times that an evaluation goes by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pacing:
    """Seconds `data_step` that numbers move in and `lateness` until an hour is settled; hours until a bill's day is."""

    data_step: int
    lateness: int
    bill_settles_after: int
