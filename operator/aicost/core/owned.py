"""Cards that were bought: what they cost a month and an hour, whether a node shows them or not. Integers only.

A UTC month costs (capex - residual) / months + opexPerMonth (PriceBook, `owned`). Both divisions are differences of one
cumulative floor: the hours of a month sum to the month exactly, and whole months to what was written off.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.identity import Labels
from aicost.core.window import Instant, Period, Window

_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class OwnedCards:
    """An entry of the asset register: `count` cards of a model in nodes with these labels, in use for so many months.

    `capex`, `residual` and `opex_per_month` are of all cards together, in nano-units of the book's currency.
    """

    name: str
    model: str
    nodes: Labels
    count: int
    since: Instant
    months: int
    capex: int
    residual: int = 0
    opex_per_month: int = 0
    includes_host: bool = True

    def __post_init__(self) -> None:
        if self.count < 1 or self.months < 1:
            raise ValueError(f"{self.name} has {self.count} cards for {self.months} months: at least one of each")
        if not 0 <= self.residual <= self.capex or self.opex_per_month < 0:
            raise ValueError(f"{self.name} costs less than nothing: capex is at least residual, and opex at least 0")

    @property
    def use(self) -> Window:
        """From the first day on to the same day of the month that is `months` later, or to the end of that month."""
        begun = Period.of(self.since)
        last = _month(_index(begun) + self.months).window
        return Window(self.since, min(Instant(last.start + self.since - begun.window.start), last.end))

    def monthly(self, period: Period) -> int:
        """What a whole month of use costs, in nano-units."""
        age, worth = _index(period) - _index(Period.of(self.since)), self.capex - self.residual
        return worth * (age + 1) // self.months - worth * age // self.months + self.opex_per_month

    def hourly(self, hour: Window) -> int:
        """What all cards together cost in an hour of their use, in nano-units."""
        month = Period.of(hour.start)
        start, cost, whole = month.window.start, self.monthly(month), month.window.seconds
        return cost * (hour.end - start) // whole - cost * (hour.start - start) // whole

    def per_card(self, hour: Window) -> int:
        """What one of the cards costs in that hour; what the division leaves is none of theirs."""
        return self.hourly(hour) // self.count


def _index(period: Period) -> int:
    """Months since the year 0."""
    year, month = period.month.split("-")
    return int(year) * _MONTHS_A_YEAR + int(month) - 1


def _month(index: int) -> Period:
    return Period(f"{index // _MONTHS_A_YEAR:04}-{index % _MONTHS_A_YEAR + 1:02}")
