"""Routing by complexity: short calls among long ones, never more than a gateway can tell of for certain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.advice import Advice, Basis, Obstacle, Refused
from aicost.core.recommendations.models.policy import POLICY
from aicost.core.recommendations.models.routed import mean_input, short_calls, worth_a_route
from aicost.core.recommendations.models.smaller import use_smaller_model
from aicost.core.recommendations.models.usage import Sizes
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

LONG = case(CORPUS / "batch-stands-a-day.yaml").usage
"""28,000 requests of 1,500 tokens in and 500 out in the mean, by gpt-6.1-sol."""
SIZED = replace(LONG, gateway="EnvoyAIGateway", sizes=Sizes(28_000, 20_000, 16_000))
COUNTS = st.integers(0, 28_000)


def test_short_calls_among_long_ones_are_a_route_to_try() -> None:
    """20,000 short prompts and 16,000 short answers of 28,000: 8,000 at least are both, which cost so much at most."""
    (answer,) = use_smaller_model(SIZED, market())
    assert isinstance(answer, Advice)
    assert (answer.basis, answer.proposed) == (Basis.HYPOTHESIS, "short calls to gpt-6.1-terra")
    read = 8_000 * 1_024 // 3
    cost = ((8_000 * 1_024 - read) * 2 + read * 0.1 + 8_000 * 256 * 10) / 1e6 * 730 / (14 * 24)
    assert answer.saving.high / 1e9 == pytest.approx(cost * 0.5, rel=1e-6)
    assert answer.saving.low / 1e9 == pytest.approx(cost * 0.5 * 0.35, rel=1e-6)
    assert answer.requires[0].startswith("Trial: ")
    assert answer.evidence.numbers["shortCallsPercent"] == "28"
    assert answer.requires[-1].startswith("Then: ")
    assert "modelNameOverride: gpt-6.1-terra" in answer.configuration


def test_too_few_short_calls_are_no_route() -> None:
    """Below a fifth of all for certain it stays with the refusal of long answers, as where nobody tells of sizes."""
    few = Sizes(28_000, 20_000, 13_599)
    assert worth_a_route(replace(few, short_answers=13_600), POLICY)
    for sizes in (few, None):
        (answer,) = use_smaller_model(replace(SIZED, sizes=sizes), market())
        assert isinstance(answer, Refused)
        assert answer.obstacle is Obstacle.LONG_ANSWERS


@given(COUNTS, COUNTS)
def test_short_calls_are_never_more_than_all_leave(prompts: int, answers: int) -> None:
    """Neither in requests nor in tokens, whatever the histograms say."""
    usage = replace(SIZED, sizes=Sizes(28_000, prompts, answers))
    (calls,) = short_calls(usage)
    assert calls.tokens.requests <= min(prompts, answers)
    assert calls.tokens.input <= usage.tokens.input
    assert calls.tokens.output <= usage.tokens.output
    assert calls.tokens.cached_input + calls.tokens.cache_write <= calls.tokens.input
    assert mean_input((calls,)) <= 1_024
