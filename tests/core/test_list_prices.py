"""Built-in prices: a table in which every row can be found, is dated, and says where it comes from."""

from __future__ import annotations

from datetime import date

from aicost.core.list_prices import AS_OF, list_price
from aicost.core.products import models

UNLISTED = {"H100-94GB", "H200-141GB", "B200-180GB", "A30-24GB", "A10-24GB", "L40-48GB", "V100-32GB"}
"""Models of which no price was read at the seller's own catalogue."""


def test_every_price_is_of_a_card_that_nodes_name() -> None:
    """Each known model has a price with its source and day, or is known to have none."""
    listed = {model: list_price(model) for model in models()}
    assert {model for model, price in listed.items() if price is None} == UNLISTED
    for price in filter(None, listed.values()):
        assert price.per_hour.nanos > 0
        assert price.source
        assert date.fromisoformat(price.read) <= date.fromisoformat(AS_OF)


def test_a_machine_of_several_cards_is_divided_exactly() -> None:
    """Eight cards at the list price are what the machine costs on the list."""
    for model, machine in (("H100-80GB", "55.04"), ("A100-40GB", "21.957642")):
        price = list_price(model)
        assert price
        assert str(price.per_hour.nanos * 8) == machine.replace(".", "").ljust(len(machine.split(".")[0]) + 9, "0")
