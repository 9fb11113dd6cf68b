"""What was charged when a month was closed: kept with the closing, so that no later edit moves it (accounting rule 9).

The lines of a closed month cannot change; but which unit carries them, and in which currency, is worked out by
distribution and exchange rates, which people edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.identity import WorkloadRef
from aicost.core.prices import ExchangeRate
from aicost.core.training import Moved, Spread


@dataclass(frozen=True, slots=True, order=True)
class UnitCharge:
    """What a unit was charged after distribution, itself and with the units beneath it, in nano-units of its currency."""

    unit: str
    currency: str
    own: int
    total: int


@dataclass(frozen=True, slots=True, order=True)
class WorkloadCharge:
    """What a workload was charged, in nano-units of the currency of its unit."""

    workload: WorkloadRef
    currency: str
    nanos: int


@dataclass(frozen=True, slots=True)
class Issued:
    """What a closing charged, sorted, by the exchange rates of then into the currency `book`.

    `spreads` are what differed between cash and amortised, in each currency that was told: None where nobody kept it.
    `moved` is what distribution moved of that between units.
    """

    book: str
    rates: tuple[ExchangeRate, ...] = ()
    units: tuple[UnitCharge, ...] = ()
    workloads: tuple[WorkloadCharge, ...] = ()
    spreads: tuple[tuple[str, Spread], ...] | None = None
    moved: tuple[tuple[str, Moved], ...] = ()

    def unit(self, name: str, currency: str) -> int | None:
        """What the unit was charged with those beneath it; None if it was told in another currency."""
        of = next((of for of in self.units if of.unit == name), None)
        if of is None:
            return 0
        return of.total if of.currency == currency else None

    def unit_currency(self, name: str) -> str:
        """In which currency the unit was told."""
        return next((of.currency for of in self.units if of.unit == name), self.book)

    def by_workload(self) -> Mapping[WorkloadRef, WorkloadCharge]:
        """What workloads were charged; those that it does not have were charged nothing."""
        return {of.workload: of for of in self.workloads}
