"""Caches of prompts, beside their cases in the corpus: where one begins to pay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.recommendations.advice import Advice
from aicost.core.recommendations.models.caching import stop_prompt_caching, use_prompt_caching
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

LOSING = case(CORPUS / "cache-that-loses.yaml").usage


@pytest.mark.parametrize(("read", "loses"), [(1_500_000, True), (1_600_000, False)])
def test_a_cache_loses_below_a_quarter_read_for_each_written(read: int, *, loses: bool) -> None:
    """Of a model that reads at a twentieth and writes at five quarters: 0.25 / 0.95 of what is written."""
    used = tuple(replace(each, tokens=replace(each.tokens, cached_input=read)) for each in LOSING.used)
    assert bool(list(stop_prompt_caching(LOSING.with_tokens(used), market()))) is loses


def test_what_was_written_for_an_hour_is_saved_too() -> None:
    """Without a cache nothing is written, for however long: the more it cost, the more is saved."""
    long = tuple(
        replace(each, tokens=replace(each.tokens, cache_write_long=each.tokens.cache_write)) for each in LOSING.used
    )
    found = [next(stop_prompt_caching(LOSING.with_tokens(used), market())) for used in (LOSING.used, long)]
    short, longer = (answer.saving.low for answer in found if isinstance(answer, Advice))
    assert 0 < short <= longer


def test_a_new_cache_is_a_hypothesis_net_of_its_writes() -> None:
    """Ten million tokens a day at 4: half of them, read twice for each write, to nine tenths, read ten times."""
    (answer,) = use_prompt_caching(case(CORPUS / "cache-unused.yaml").usage, market())
    assert isinstance(answer, Advice)
    least = 5_000_000 * 4 - 3_333_333 * 0.2 - 1_666_667 * 5
    assert answer.saving.low / 1e9 == pytest.approx(least / 1e6 * 730 / 24, rel=1e-4)
    assert answer.saving.high < answer.touched.monthly_nanos
