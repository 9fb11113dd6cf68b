"""Quantities in words."""

from __future__ import annotations

import pytest

from aicost.core.measures import card_hours, measured
from tests.support.builders import CARD_HOUR


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        (24 * CARD_HOUR, "card-microseconds", "24.00 card hours"),
        (1_500_000 * 3600, "core-microseconds", "1.50 core hours"),
        (2**30 * 3600 * 7, "byte-seconds", "7.00 GiB hours"),
        (5400, "node-seconds", "1.50 node hours"),
        (12, "tokens", "12 tokens"),
    ],
)
def test_quantities_are_told_in_hours(quantity: int, unit: str, words: str) -> None:
    """What nobody counts in hours stays as it is."""
    assert measured(quantity, unit) == words


def test_card_hours_are_told_alone_too() -> None:
    """For columns that say so themselves."""
    assert card_hours(CARD_HOUR // 2) == "0.50"
