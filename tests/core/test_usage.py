"""What was observed: impossible readings cannot be built, counts add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.usage import FULLY_BUSY_PPM, CardUse, Served, Tokens
from tests.support.builders import between


def _use(ppm: int) -> CardUse:
    return CardUse("support", "chat-0", "GPU-1", between(0, 3600), "DCGM_FI_DEV_GPU_UTIL", ppm)


@pytest.mark.parametrize("ppm", [-1, FULLY_BUSY_PPM + 1])
def test_a_card_is_never_busier_than_fully(ppm: int) -> None:
    """A reading below nothing or above everything is refused, and names the card."""
    with pytest.raises(ValueError, match="card GPU-1 cannot be"):
        _use(ppm)


@pytest.mark.parametrize("ppm", [0, FULLY_BUSY_PPM])
def test_idle_and_fully_busy_are_readings(ppm: int) -> None:
    """Both ends of the scale are possible."""
    assert _use(ppm).busy_ppm == ppm


def test_tokens_add_count_by_count() -> None:
    """Sums of counts keep every kind of count apart."""
    assert Tokens(1, 2, 3, 4, 5, 6) + Tokens(10, 20, 30, 40, 50, 60) == Tokens(11, 22, 33, 44, 55, 66)
    assert Tokens() + Tokens(input=1) == Tokens(input=1)


def test_what_callers_had_adds_up() -> None:
    """Time and tokens, each of two kinds."""
    both = Served(1, 2, 3, 4) + Served(10, 20, 30, 40)
    assert (both, both.time, both.tokens) == (Served(11, 22, 33, 44), 33, 77)


@given(st.builds(Tokens, *[st.integers(0, 10**9)] * 6), st.lists(st.integers(1, 86400), min_size=1, max_size=4))
def test_divided_counts_sum_to_the_whole(tokens: Tokens, weights: list[int]) -> None:
    """Not a token appears or is lost where a day's count has several owners."""
    assert sum(tokens.divided(weights), start=Tokens()) == tokens
