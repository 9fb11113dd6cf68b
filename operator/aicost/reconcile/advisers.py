"""Who gives advice: one row for each that turns what the ledger and the cluster tell into answers of core's levers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.live import NOTHING_LIVE, Live
from aicost.core.window import Window
from aicost.ports import Ledger, TokenPriceList
from aicost.reconcile.decide import Observation


@dataclass(frozen=True, slots=True)
class Known:
    """What advice is made of: the ledger, what an evaluation saw, public prices, and the whole UTC days to look at.

    Savings are in `currency`, the price book's. `live` is what runs now, and who scales it.
    """

    ledger: Ledger
    seen: Observation
    listed: TokenPriceList
    window: Window
    currency: str
    live: Live = NOTHING_LIVE


Adviser: TypeAlias = Callable[[Known], Iterable[tuple[WorkloadRef, Answer]]]

ADVISERS: tuple[Adviser, ...] = ()
"""Asked in this order, in a thread, whenever what is known has changed."""
