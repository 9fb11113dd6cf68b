"""Usage as evidence: means, pace, and what it costs a month."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from aicost.core.recommendations.models.usage import Counted, ModelUsage, share, worth
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

USAGE = case(CORPUS / "successor-in-the-same-tier.yaml").usage


def test_a_month_is_the_pace_of_the_window() -> None:
    """730 hours of what a fortnight cost; credits make nothing cheaper than free."""
    assert USAGE.part.monthly_nanos == USAGE.billed_nanos * 730 // (14 * 24)
    assert replace(USAGE, billed_nanos=-1).part.monthly_nanos == 0


def test_means_are_of_requests_and_rounded_up() -> None:
    """So that an answer of 299.5 tokens is no short one."""
    usage = replace(
        USAGE, used=(Counted(Window(USAGE.window.start, Instant(USAGE.window.start + DAY)), Tokens(requests=2)),)
    )
    assert [usage.mean(count) for count in (598, 599)] == [299, 300]
    assert replace(usage, used=()).mean(599) == 0


def test_a_day_with_two_rows_is_one_day() -> None:
    """And a day of nothing is none."""
    assert USAGE.with_tokens(USAGE.used * 2).days == 14
    empty = tuple(replace(each, tokens=Tokens()) for each in USAGE.used)
    assert USAGE.with_tokens(empty).days == 0


def test_nothing_is_counted_outside_of_the_window() -> None:
    """Evidence of another time is none."""
    with pytest.raises(ValueError, match="outside"):
        replace(USAGE, window=Window(USAGE.window.start, Instant(USAGE.window.start + DAY)))


@pytest.mark.parametrize(("named", "proposed"), [("gpt-6-sol", "new"), ("openai/gpt-6-sol", "openai/new"), ("", "new")])
def test_a_gateway_s_name_keeps_its_prefix(named: str, proposed: str) -> None:
    """Otherwise the gateway would not know the model."""
    assert replace(USAGE, named=named).renamed("new") == proposed


def test_what_has_no_price_has_no_worth() -> None:
    """Missing is not zero, not even in a part of it."""
    priced = market().of("anthropic", "claude-sonnet-4-5")
    assert worth(USAGE.used, priced) == Fraction(USAGE.billed_nanos)
    assert worth(USAGE.used, lambda each: priced(each) if each != USAGE.used[3] else None) is None


def test_a_share_of_nothing_is_nothing() -> None:
    """And is rounded down otherwise."""
    assert (share(1, 0), share(199, 1000)) == (0, 19)


def test_usage_is_a_value() -> None:
    """Equal evidence is equal."""
    assert case(CORPUS / "successor-in-the-same-tier.yaml").usage == USAGE
    assert isinstance(USAGE, ModelUsage)
