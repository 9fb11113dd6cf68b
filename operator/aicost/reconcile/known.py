"""What advisers are given to make advice of."""

from __future__ import annotations

from dataclasses import dataclass

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
