"""A training is bought once and used for months: what it cost in a month, in equal parts over the months after it.

A view over what was charged, never a change of it (accounting rule 10). FOCUS calls what was charged BilledCost (cash)
and what is spread here EffectiveCost (amortised). Straight line, as IAS 38.97 asks where nobody knows how an asset is
used up. A month's part accrues by complete UTC days, so that it changes once a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from aicost.core.claims import Claims
from aicost.core.declarations import Declarations
from aicost.core.identity import WorkloadRef
from aicost.core.money import split
from aicost.core.window import DAY, Instant, Period, Window, floor, window

_MONTHS_OF_A_YEAR = 12
_EPOCH = Instant(0)
Users: TypeAlias = Mapping[WorkloadRef, tuple[tuple[WorkloadRef, str], ...]]
"""Who names each training, with their units."""


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


@dataclass(frozen=True, slots=True, order=True)
class Moved:
    """What distribution moves of these differences to a unit, or with a minus from it, in nano-units."""

    unit: str
    invested: int = 0
    amortised: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """What trainings were charged in every month up to that of `until`, in one currency.

    `users` are those who use them up, each from the begin of a UTC day on, in the order of time.
    """

    investments: tuple[Investment, ...] = ()
    until: Instant = _EPOCH
    users: tuple[tuple[Instant, Users], ...] = ()

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

    def spreads(self) -> tuple[Spread, ...]:
        """Those of the month of `until`, to date."""
        return self.spreads_in(Period.of(self.until))

    def spreads_in(self, period: Period) -> tuple[Spread, ...]:
        """Who bought trainings in the month that holds `until` or ends then, and who used up those of the months before it.

        That is who names the training by `trainedBy` on a day, in equal parts; the training itself, in its unit, where
        nobody does. The parts sum to what was used up, exactly.
        """
        spans = tuple(self._spans(period))
        invested: dict[tuple[WorkloadRef, str], int] = defaultdict(int)
        amortised: dict[tuple[WorkloadRef, str], int] = defaultdict(int)
        for each in self.investments:
            own = (each.training, each.unit)
            if each.period == period:
                invested[own] += each.nanos
            for span, users in spans:
                used_up = each.amortised(span.end) - each.amortised(span.start)
                receivers = users.get(each.training, (own,))
                for receiver, part in zip(receivers, split(used_up, [1] * len(receivers)), strict=True):
                    amortised[receiver] += part
        return tuple(sorted(Spread(*of, invested[of], amortised[of]) for of in {*invested, *amortised}))

    def _spans(self, period: Period) -> Iterator[tuple[Window, Users]]:
        """The complete days of the month to date, cut where others begin to use trainings up."""
        start, end = period.window.start, floor(self.until, DAY)
        for (since, users), (until, _) in pairwise(((start, {}), *self.users, (end, {}))):
            if span := window(max(since, start), min(until, end)):
                yield span, users


def users_of(declared: Declarations) -> Users:
    """Who names each training, in a stable order; not who names a unit that is not his to name."""
    denied = {refusal.workload for refusal in Claims(declared).refused if refusal.claim is None}
    found: dict[WorkloadRef, tuple[tuple[WorkloadRef, str], ...]] = {}
    for workload in sorted(declared.workloads, key=lambda of: of.ref):
        if workload.trained_by and workload.ref not in denied:
            before = found.get(workload.trained_by, ())
            found[workload.trained_by] = (*before, (workload.ref, workload.unit))
    return found
