"""Quantities in words for people: what the ledger counts in small whole units, in hours of what people know."""

from __future__ import annotations

from aicost.core.hosts import BYTE_SECONDS, CORE, CORE_MICROSECONDS, GIB, NODE_SECONDS, Resource
from aicost.core.layout import WHOLE
from aicost.core.ledger import Component
from aicost.core.money import NANOS_PER_UNIT, rounded
from aicost.core.stretch import CARD_MICROSECONDS
from aicost.core.window import HOUR

_HOURS = {
    CARD_MICROSECONDS: (HOUR * WHOLE, "card hours"),
    CORE_MICROSECONDS: (HOUR * CORE, "core hours"),
    BYTE_SECONDS: (HOUR * GIB, "GiB hours"),
    NODE_SECONDS: (HOUR, "node hours"),
}


def unit_of(component: Component, pool: str) -> str:
    """What quantities of a pool of cards or hosts count: sums of them do not say it."""
    if component is not Component.COMPUTE:
        return CARD_MICROSECONDS
    return next((each.unit for each in Resource if each.value == pool), NODE_SECONDS)


def card_hours(card_microseconds: int) -> str:
    """The number alone, with two decimals."""
    return _rounded(card_microseconds, HOUR * WHOLE)


def measured(quantity: int, unit: str) -> str:
    """With what it counts: `24.00 card hours`; other units stay as they are."""
    if unit not in _HOURS:
        return f"{quantity} {unit}"
    an_hour, what = _HOURS[unit]
    return f"{_rounded(quantity, an_hour)} {what}"


def _rounded(quantity: int, an_hour: int) -> str:
    return rounded(quantity * NANOS_PER_UNIT // an_hour)
