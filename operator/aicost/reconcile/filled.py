"""GPU time of closed months that became known after their closing: it becomes corrections. Pure; core only.

Only hours of the holes that the closing left are evaluated again, by the prices and the owners of then: an edited price
must not move a closed month, nor a changed claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.allocation import allocate
from aicost.core.closing import Closing
from aicost.core.corrections import Restated, corrections, original
from aicost.core.coverage import Coverage, within
from aicost.core.holdings import Devices
from aicost.core.ledger import Entry
from aicost.core.ownership import Ownership
from aicost.core.prices import PriceBook
from aicost.core.window import Instant, Period, Window, day_of

Known: TypeAlias = Callable[[Window], tuple[Devices, Coverage]]
"""Tells the devices of a window, and which parts of it are known."""
_OF_CARDS = ("gpu", "owned")


@dataclass(frozen=True, slots=True)
class Filled:
    """A closed month of which more is known than at its closing, which was `at` an instant by some `prices`.

    `hours` are those of which more is known, whole, and `covered` is what is known of them; `devices` are the month's.
    """

    period: Period
    at: Instant
    prices: PriceBook | None
    devices: Devices
    hours: Coverage
    covered: Coverage


def filled(closings: Iterable[Closing], known: Known) -> tuple[Filled, ...]:
    """Those of the closed months that have holes of which something is known now."""
    return tuple(_filled(closings, known))


def learnt(
    of: Filled, closed: Iterable[Entry], booked: Iterable[Entry], owned: Ownership, until: Instant
) -> tuple[Entry, ...]:
    """The corrections that the month of `until` holds because of these hours; what is known alike gives the same ones.

    `closed` are the month's entries of cards, `booked` all corrections of it so far, and `owned` is who owned what as it
    was known at the closing.
    """
    before = tuple(entry for entry in closed if within(of.hours, entry.origin.window))
    since = tuple(entry for entry in booked if original(entry.origin.key)[0] in _OF_CARDS)
    truth = allocate(of.devices, of.prices, owned, of.covered).entries
    return corrections(Restated(of.period, before, since, truth), day_of(until))


def _filled(closings: Iterable[Closing], known: Known) -> Iterator[Filled]:
    for closing in closings:
        if closing.holes:
            devices, covered = known(closing.period.window)
            if hours := closing.holes.told_since(covered):
                told = tuple(part for hour in hours for part in within(covered, hour))
                yield Filled(closing.period, closing.at, closing.holes.prices, devices, hours, told)
