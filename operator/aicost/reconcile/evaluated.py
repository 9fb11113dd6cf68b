"""What the last evaluation was based on."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.claims import Contest
from aicost.core.declarations import Declarations
from aicost.core.recharge import Lack
from aicost.core.window import Instant

EPOCH = Instant(0)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the last evaluation was based on: where the next may go on from."""

    declared: Declarations | None = None
    devices_revision: int = -1
    bills_revision: int = -1
    callers_revision: int = -1
    hosts_revision: int = -1
    settled: Instant = EPOCH
    gpu_contests: frozenset[Contest] = frozenset()
    bill_contests: frozenset[Contest] = frozenset()
    caller_contests: frozenset[Contest] = frozenset()
    lacks: frozenset[Lack] = frozenset()
