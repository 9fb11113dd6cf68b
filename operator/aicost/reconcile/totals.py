"""Totals of the ledger in the currency that is asked for. Each stretch of time is read once, however many ask."""

from __future__ import annotations

from dataclasses import dataclass, field

from aicost.core.exchange import Exchange, converted, together
from aicost.core.ledger import Total
from aicost.core.window import Window
from aicost.ports import Ledger


@dataclass(frozen=True, slots=True)
class Totals:
    """Reads a ledger for one evaluation."""

    ledger: Ledger
    exchange: Exchange
    _read: dict[tuple[Window, bool], tuple[Total, ...]] = field(default_factory=dict)

    def over(self, window: Window, currency: str, *, by_subject: bool = False) -> tuple[Total, ...]:
        """The window's totals in the currency, line by line at the rates of their day; what has no rate stays as it is."""
        native = self._totals(window, by_subject=by_subject)
        if all(total.currency in ("", currency) for total in native):
            return native
        pieces = self.exchange.pieces(window)
        return together(
            total
            for piece in pieces
            for total in converted(self._totals(piece, by_subject=by_subject), self.exchange, currency, piece.start)
        )

    def _totals(self, window: Window, *, by_subject: bool) -> tuple[Total, ...]:
        if (window, by_subject) not in self._read:
            self._read[window, by_subject] = self.ledger.totals(window, by_subject=by_subject)
        return self._read[window, by_subject]
