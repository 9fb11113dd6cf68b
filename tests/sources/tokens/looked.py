"""What is counted of the single requests that a gateway tells of, as tests say it."""

from __future__ import annotations

from aicost.core.declarations import Dimensions
from aicost.core.usage import Measured
from aicost.ports import BillReading


def looked(reading: BillReading) -> dict[Dimensions, dict[str, int]]:
    """What was counted of single requests, by row; how stretches differ is told by itself."""
    return {row.dimensions: plain(row.measured) for row in reading.usage if row.measured}


def plain(measured: Measured) -> dict[str, int]:
    """Without squares and products."""
    return {name: count for name, count in measured if not name.endswith(("Squares", "Products"))}


def counts(requests: int, short: int = 0, given: int = 0, told: int = 0, stands_for: int = 0) -> dict[str, int]:
    """So many requests, and what these stand for; of that the short ones with their tokens."""
    named = {
        "sampledRequests": requests,
        "sampledStandsFor": stands_for or requests,
        "sampledShort": short,
        "sampledShortInput": given,
        "sampledShortOutput": told,
    }
    return {name: count for name, count in named.items() if count}
