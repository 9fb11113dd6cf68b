"""A training is bought once and used for months: what it cost in a month, in equal parts over the months after it.

A view over what was charged, never a change of it (accounting rule 10). FOCUS calls what was charged BilledCost (cash)
and what is spread here EffectiveCost (amortised). Straight line, as IAS 38.97 asks where nobody knows how an asset is
used up. A month's part accrues by complete UTC days, so that it changes once a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aicost.core.declarations import Workload
from aicost.core.identity import WorkloadRef
from aicost.core.money import split
from aicost.core.window import DAY, Instant, Period

_MONTHS_OF_A_YEAR = 12
_EPOCH = Instant(0)


@dataclass(frozen=True, slots=True, order=True)
class Investment:
    """What a training was charged in a month while it was in a unit, in nano-units, and over how many months it is spread."""

    training: WorkloadRef
    unit: str
    period: Period
    months: int
    nanos: int

    def __post_init__(self) -> None:
        if self.months < 1:
            raise ValueError(f"{self.training} cannot be spread over {self.months} months")

    def amortised(self, until: Instant) -> int:
        """What was used up before an instant: all months' parts sum to the investment exactly."""
        period = Period.of(until)
        before, after = self._through(period.previous), self._through(period)
        days, of = (until - period.window.start) // DAY, period.window.seconds // DAY
        return before + (after - before) * days // of

    def monthly(self, period: Period) -> int:
        """The part of a whole month."""
        return self._through(period) - self._through(period.previous)

    def _through(self, period: Period) -> int:
        since = _ordinal(period) - _ordinal(self.period)
        return self.nanos * min(max(since, 0), self.months) // self.months


def _ordinal(period: Period) -> int:
    return int(period.month[:4]) * _MONTHS_OF_A_YEAR + int(period.month[5:])


@dataclass(frozen=True, slots=True)
class Asset:
    """A training as an asset: what it cost in all, what of it was used up, and the part of the present month."""

    invested: int = 0
    amortised: int = 0
    monthly: int = 0

    @property
    def book_value(self) -> int:
        """What is left to use up."""
        return self.invested - self.amortised


@dataclass(frozen=True, slots=True, order=True)
class Spread:
    """What differs of a workload in a unit between cash and amortised, in a month to date, in nano-units."""

    workload: WorkloadRef
    unit: str
    invested: int = 0
    amortised: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """What trainings were charged in every month up to that of `until`, in one currency."""

    investments: tuple[Investment, ...] = ()
    until: Instant = _EPOCH

    def assets(self) -> Mapping[WorkloadRef, Asset]:
        """Every training as it stands."""
        found: dict[WorkloadRef, Asset] = defaultdict(Asset)
        for each in self.investments:
            known = found[each.training]
            found[each.training] = Asset(
                known.invested + each.nanos,
                known.amortised + each.amortised(self.until),
                known.monthly + each.monthly(Period.of(self.until)),
            )
        return found

    def spreads(self, workloads: Iterable[Workload]) -> tuple[Spread, ...]:
        """Who bought trainings in the month of `until`, and who used up those of the months before it.

        That is who names the training by `trainedBy`, in equal parts; the training itself, in its unit, where nobody
        does. The parts sum to what was used up, exactly.
        """
        period, users = Period.of(self.until), _users(workloads)
        invested: dict[tuple[WorkloadRef, str], int] = defaultdict(int)
        amortised: dict[tuple[WorkloadRef, str], int] = defaultdict(int)
        for each in self.investments:
            own = (each.training, each.unit)
            if each.period == period:
                invested[own] += each.nanos
            used_up = each.amortised(self.until) - each.amortised(period.window.start)
            receivers = users.get(each.training) or [own]
            for receiver, part in zip(receivers, split(used_up, [1] * len(receivers)), strict=True):
                amortised[receiver] += part
        return tuple(sorted(Spread(*of, invested[of], amortised[of]) for of in {*invested, *amortised}))


def _users(workloads: Iterable[Workload]) -> Mapping[WorkloadRef, list[tuple[WorkloadRef, str]]]:
    """Who names each training, with their units, in a stable order."""
    found: dict[WorkloadRef, list[tuple[WorkloadRef, str]]] = defaultdict(list)
    for workload in sorted(workloads, key=lambda of: of.ref):
        if workload.trained_by:
            found[workload.trained_by].append((workload.ref, workload.unit))
    return found
