"""What GPUs cost on a public price list, for where nobody declared a price: one dated table, each row with its source.

On-demand prices in US dollars of one instance, divided by its cards, so that host CPU and memory are included. Only
prices that were read at the seller's own catalogue are here; a model that is missing has no built-in price. The same
card is sold from less than half to twice of it, so what is charged by it is an estimate. A price counts for the time
before it was read, too: nothing better is known of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aicost.core.money import Money

AS_OF = "2026-11-23"
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A card's price per hour, whose list it is from, and the UTC day on which that was read."""

    per_hour: Money
    source: str
    read: str = AS_OF


def _rows(of: Iterable[tuple[str, str, str]]) -> Mapping[str, ListPrice]:
    return {model: ListPrice(Money.parse(price, CURRENCY), source) for model, price, source in of}


_PRICES = _rows(
    (
        ("T4-16GB", "0.526", "AWS g4dn.xlarge, on demand"),
        ("A10G-24GB", "1.006", "AWS g5.xlarge, on demand"),
        ("L4-24GB", "0.8048", "AWS g6.xlarge, on demand"),
        ("L40S-48GB", "1.861", "AWS g6e.xlarge, on demand"),
        ("V100-16GB", "3.06", "AWS p3.2xlarge, on demand"),
        ("A100-40GB", "2.74470525", "AWS p4d.24xlarge, on demand, 21.957642 for 8 cards"),
        ("A100-80GB", "3.673", "Azure NC24ads A100 v4, on demand"),
        ("H100-80GB", "6.88", "AWS p5.48xlarge, on demand, 55.04 for 8 cards"),
        ("GH200-96GB", "2.29", "Lambda GH200, on demand"),
    )
)


def list_price(model: str) -> ListPrice | None:
    """The built-in price of a model as people price it, such as `H100-80GB`; None where the table lacks it."""
    return _PRICES.get(model)
