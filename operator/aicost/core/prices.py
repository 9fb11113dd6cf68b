"""Dated prices of GPUs, and of currencies: which rate applies to a card at an instant, or that none does.

No price found is an answer (None), never a fallback and never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicost.core.identity import Labels, selects
from aicost.core.money import Money
from aicost.core.window import Instant


@dataclass(frozen=True, slots=True, order=True)
class DatedRate:
    """A price per hour from an instant (UTC midnight) until the next rate begins."""

    since: Instant
    nanos_per_hour: int

    def __post_init__(self) -> None:
        if self.nanos_per_hour < 0:
            raise ValueError("a price per hour cannot be negative")


@dataclass(frozen=True, slots=True)
class GpuPrice:
    """The PriceBook's entry for one GPU model on nodes whose labels contain `nodes`."""

    model: str
    rates: tuple[DatedRate, ...]
    nodes: Labels = frozenset()
    includes_host: bool = True

    def at(self, instant: Instant) -> DatedRate | None:
        """The latest rate that has begun, or None before the first."""
        begun = [rate for rate in self.rates if rate.since <= instant]
        return max(begun, default=None)


@dataclass(frozen=True, slots=True, order=True)
class ExchangeRate:
    """What one unit of another currency costs in nano-units of the book's, from an instant (UTC midnight) on."""

    currency: str
    since: Instant
    nanos: int

    def __post_init__(self) -> None:
        if self.nanos <= 0:
            raise ValueError("an exchange rate must be greater than zero")


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All declared prices, in one currency; entries in the order in which they were declared."""

    currency: str
    gpus: tuple[GpuPrice, ...] = ()
    exchange_rates: tuple[ExchangeRate, ...] = ()

    def gpu(self, model: str, node: Labels, at: Instant) -> Money | None:
        """Price per card hour: the entry with most matching node labels, then the first listed; None if none."""
        fitting = [entry for entry in self.gpus if entry.model == model and selects(entry.nodes, node) and entry.at(at)]
        best = _longest(fitting)
        rate = best.at(at) if best else None
        return Money(rate.nanos_per_hour, self.currency) if rate else None


def _longest(entries: Sequence[GpuPrice]) -> GpuPrice | None:
    return max(entries, key=lambda entry: len(entry.nodes), default=None)
