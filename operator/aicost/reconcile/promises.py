"""What was told of advice, over restarts too: kept in the ledger, and looked at again until it is known what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aicost.core.declarations import Declarations
from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Advice
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.promises import Promise, PromiseKey, told_now
from aicost.core.window import Instant
from aicost.ports import Ledger
from aicost.reconcile.outcomes import Outcomes


@dataclass(slots=True)
class Promises:
    """All of them, by key. Its methods block."""

    ledger: Ledger
    known: dict[PromiseKey, Promise] = field(default_factory=dict)

    @classmethod
    def restored(cls, ledger: Ledger) -> Promises:
        """As the ledger tells them."""
        return cls(ledger, {promise.key: promise for promise in ledger.promises()})

    def all_of(self) -> tuple[Promise, ...]:
        """By workload, advice and time."""
        return tuple(self.known[key] for key in sorted(self.known))

    def told(self) -> Mapping[WorkloadRef, Told]:
        """What is told still, as before a restart."""
        found: dict[WorkloadRef, list[Advice]] = defaultdict(list)
        for promise in self.known.values():
            if promise.ended is None:
                found[promise.workload].append(promise.advice)
        return {workload: Told(tuple(advice)) for workload, advice in found.items()}

    def follow(self, told: Mapping[WorkloadRef, Told], declared: Declarations, at: Instant) -> None:
        """What is told now. What changed is in the ledger when this returns."""
        wanting = {workload.ref for workload in declared.workloads if workload.right_sizing.wanted}
        silent = {promise.workload for promise in self.known.values()} - wanting
        self._keep(told_now(tuple(self.known.values()), told, silent, at))

    def look(self, outcomes: Outcomes) -> None:
        """What came of them, as far as it is known by now; of advice that was told anew a change is of the last time."""
        last = {(promise.workload, promise.advice.id): promise.since for promise in self.all_of()}
        looked_at = (
            promise
            for promise in self.known.values()
            if promise.outcome or promise.since == last[promise.workload, promise.advice.id]
        )
        self._keep(map(outcomes.looked_at, tuple(looked_at)))

    def _keep(self, promises: Iterable[Promise]) -> None:
        changed = tuple(each for each in promises if self.known.get(each.key) != each)
        if changed:
            self.ledger.promise(changed)
            self.known |= {each.key: each for each in changed}
