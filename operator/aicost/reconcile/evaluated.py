"""What the last evaluation was based on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aicost.core.claims import Contest
from aicost.core.declarations import Declarations
from aicost.core.ownership import Ownership
from aicost.core.recharge import Lack
from aicost.core.window import Instant
from aicost.reconcile.decide import Decision, Observation

EPOCH = Instant(0)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the last evaluation was based on: where the next may go on from. `bill_contests` are by the begin of their day."""

    declared: Declarations | None = None
    devices_revision: int = -1
    bills_revision: int = -1
    callers_revision: int = -1
    hosts_revision: int = -1
    settled: Instant = EPOCH
    gpu_contests: frozenset[Contest] = frozenset()
    bill_contests: Mapping[Instant, frozenset[Contest]] = field(default_factory=dict)
    caller_contests: frozenset[Contest] = frozenset()
    lacks: frozenset[Lack] = frozenset()
    ownership: Ownership | None = None

    @property
    def contests(self) -> frozenset[Contest]:
        """What more than one workload claims."""
        return frozenset().union(self.gpu_contests, self.caller_contests, *self.bill_contests.values())

    def decides_bills_by(self, ownership: Ownership, declared: Declarations) -> bool:
        """Whether bills are decided by the same as before: whose they are, where they come from, what is estimated."""
        if self.declared is None or ownership is not self.ownership:
            return False
        return (self.declared.sources, self.declared.prices) == (declared.sources, declared.prices)

    def following(self, seen: Observation, decision: Decision) -> Evaluated:
        """After another evaluation, which may have looked at a part of the open months only: what it left stands."""
        start, bills = seen.open.start, {**self.bill_contests, **decision.bill_contests}
        return Evaluated(
            seen.declared,
            *seen.revisions,
            settled=seen.settled,
            gpu_contests=decision.gpu_contests | (self.gpu_contests if seen.since > start else frozenset()),
            bill_contests={at: contests for at, contests in bills.items() if at >= start},
            caller_contests=decision.caller_contests
            | (self.caller_contests if seen.metering.since > start else frozenset()),
            lacks=decision.lacks | {lack for lack in self.lacks if lack.day.end <= seen.metering.since},
            ownership=seen.ownership,
        )
