"""AvoidLongContext, beside its cases in the corpus: rows are looked at one by one."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.recommendations.advice import Advice
from aicost.core.recommendations.models.long_context import avoid_long_context
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

LONG = case(CORPUS / "long-context-by-the-mean.yaml").usage


def test_only_rows_above_the_tier_are_eligible() -> None:
    """A day of short requests among long ones saves nothing."""
    short = tuple(replace(each, tokens=replace(each.tokens, requests=9_000)) for each in LONG.used[7:])
    (all_long,) = avoid_long_context(LONG, market())
    (half_long,) = avoid_long_context(LONG.with_tokens((*LONG.used[:7], *short)), market())
    assert isinstance(all_long, Advice)
    assert isinstance(half_long, Advice)
    assert half_long.evidence.numbers["longInputPercent"] == "50"
    assert half_long.saving.high < all_long.saving.high
