"""What advisers are given to make advice of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.live import NOTHING_LIVE, Live
from aicost.core.window import Window
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.decide import Observation


@dataclass(frozen=True, slots=True)
class Known:
    """What advice is made of: the ledger, what an evaluation saw, public prices, and the whole UTC days to look at.

    Savings are in `currency`, the price book's. `live` is what runs now, and who scales it; `told` what each workload was
    told last.
    """

    ledger: Ledger
    seen: Observation
    listed: TokenPriceList
    window: Window
    currency: str
    live: Live = NOTHING_LIVE
    told: Mapping[WorkloadRef, Told] = field(default_factory=dict)

    def ids_told(self, workload: WorkloadRef) -> frozenset[str]:
        """The ids of the advice that it was told last."""
        return frozenset(each.id for each in self.told.get(workload, Told()).advice)
