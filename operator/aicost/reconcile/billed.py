"""The month's bill rows as the ledger holds them, kept at hand: read once, then followed commit by commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from aicost.core.causes import Causes, causes
from aicost.core.ledger import Component, Entry, Key
from aicost.core.window import Period
from aicost.ports import Ledger


@dataclass(slots=True)
class BilledMonth:
    """Of one month at a time: another one is read anew."""

    period: Period | None = None
    rows: dict[Key, Entry] = field(default_factory=dict)

    def causes(self, ledger: Ledger, period: Period, committed: Iterable[Entry], currency: str) -> Causes:
        """What the month's token cost was for, with the entries that were just committed."""
        if self.period != period:
            self.period = period
            self.rows = {entry.origin.key: entry for entry in ledger.entries(period.window, Component.TOKENS)}
        for entry in committed:
            if entry.origin.component is Component.TOKENS and entry.origin.window.start in period.window:
                self.rows[entry.origin.key] = entry
        return causes(self.rows.values(), currency)
