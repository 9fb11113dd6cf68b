"""Routing by complexity: short calls among long ones, never more than a gateway can tell of for certain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.recommendations.advice import Advice, Basis, Obstacle, Refused
from aicost.core.recommendations.models.sampled import Sampled, Stratum
from aicost.core.recommendations.models.smaller import use_smaller_model
from aicost.core.recommendations.models.usage import Sizes
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

LONG = case(CORPUS / "batch-stands-a-day.yaml").usage
"""28,000 requests of 1,500 tokens in and 500 out in the mean, by gpt-6.1-sol."""
SIZED = replace(LONG, gateway="EnvoyAIGateway", sizes=Sizes(28_000, 20_000, 16_000))
DAYS = tuple((each.day, Stratum(2_000, 100, 100, 40, 20_000, 4_000)) for each in LONG.used[-7:])
SAMPLED = replace(LONG, gateway="LiteLLM", sampled=Sampled(28_000, DAYS, ("gateway",)))
"""Of 700 requests that were looked at 40 percent are short, with prompts of 500 and answers of 100 tokens in the mean."""


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
    (enough,) = use_smaller_model(replace(SIZED, sizes=replace(few, short_answers=13_600)), market())
    assert isinstance(enough, Advice)
    for sizes in (few, None):
        (answer,) = use_smaller_model(replace(SIZED, sizes=sizes), market())
        assert isinstance(answer, Refused)
        assert answer.obstacle is Obstacle.LONG_ANSWERS


def test_single_requests_tell_how_many_short_calls_there_are_and_what_they_use() -> None:
    """Between 35 and 45.2 percent of 28,000, at the size that was seen: from the one its band begins, with the other it ends."""
    (answer,) = use_smaller_model(SAMPLED, market())
    assert isinstance(answer, Advice)
    assert (answer.basis, answer.proposed) == (Basis.HYPOTHESIS, "short calls to gpt-6.1-terra")
    call = (500 * 2 / 3 * 2 + 500 / 3 * 0.2 + 100 * 10) / 1e6 * 730 / (14 * 24) * 28_000
    low, high = (share * call for share in (0.3501, 0.4521))
    assert answer.saving.low / 1e9 == pytest.approx(low * 0.5 * 0.35, rel=0.05)
    assert answer.saving.high / 1e9 == pytest.approx(high * 0.5, rel=0.05)
    assert "35 to 46 percent of requests have a prompt of 1024 tokens" in answer.reason
    numbers = {name: answer.evidence.numbers[name] for name in ("sampledBy", "sampledDays", "sampledRequests")}
    assert numbers == {"sampledBy": "gateway", "sampledDays": "7", "sampledRequests": "700"}
    assert "litellm_params" in answer.configuration


def test_too_few_requests_that_were_looked_at_are_too_little_data() -> None:
    """Neither advice nor a refusal of long answers: it says how many there are and how many it takes."""
    few = Sampled(28_000, DAYS[-3:], ("gateway",))
    (answer,) = use_smaller_model(replace(SAMPLED, sampled=few), market())
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.TOO_LITTLE_DATA
    assert answer.message == "300 requests of 3 days were looked at (gateway): it takes 400 of 5 days"


def test_short_calls_that_may_be_fewer_than_a_fifth_are_no_route() -> None:
    """The sample's lower bound decides, and the refusal says between which shares they lie."""
    rare = tuple((day, replace(of, short=22)) for day, of in DAYS)
    (answer,) = use_smaller_model(replace(SAMPLED, sampled=Sampled(28_000, rare, ("gateway",))), market())
    assert isinstance(answer, Refused)
    assert answer.obstacle is Obstacle.LONG_ANSWERS
    assert "17 to 27 percent of requests" in answer.message


def test_histograms_tell_where_too_few_requests_were_looked_at() -> None:
    """What they say for certain is worth more than nothing."""
    both = replace(SIZED, sampled=Sampled(28_000, DAYS[-3:], ("gateway",)))
    (answer,) = use_smaller_model(both, market())
    assert isinstance(answer, Advice)
    assert answer.evidence.numbers["sizedRequests"] == "28000"
