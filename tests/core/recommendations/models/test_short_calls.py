"""Short calls among long ones: never more than a gateway can tell of, in requests and in tokens."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.recommendations.models.policy import POLICY
from aicost.core.recommendations.models.routed import mean_input
from aicost.core.recommendations.models.sampled import Sampled, Stratum
from aicost.core.recommendations.models.short_calls import ShortCalls, TooFew, short_calls
from aicost.core.recommendations.models.usage import Counted, ModelUsage, Sizes
from aicost.core.usage import Tokens
from tests.support.model_corpus import CORPUS, case

LONG = case(CORPUS / "batch-stands-a-day.yaml").usage
"""28,000 requests of 1,500 tokens in and 500 out in the mean."""
ANY = replace(POLICY, least_short_percent=0, least_sampled=1, least_sampled_days=1)
COUNTS = st.integers(0, 28_000)


@st.composite
def strata(draw: st.DrawFn) -> Stratum:
    """A day of which some requests were looked at."""
    looked_at = draw(st.integers(1, 500))
    short = draw(st.integers(0, looked_at))
    used = (draw(st.integers(0, short * most)) for most in (1024, 256))
    return Stratum(draw(st.integers(0, 3_000)), looked_at, looked_at, short, *used)


def _of(usage: ModelUsage) -> tuple[Counted, Counted]:
    found = short_calls(usage, ANY)
    assert isinstance(found, ShortCalls)
    return found.least[0], found.most[0]


@given(COUNTS, COUNTS)
def test_short_calls_of_histograms_are_never_more_than_all_leave(prompts: int, answers: int) -> None:
    """Neither in requests nor in tokens, whatever the histograms say."""
    least, most = _of(replace(LONG, sizes=Sizes(28_000, prompts, answers)))
    assert least == most
    assert most.tokens.requests <= min(prompts, answers)
    assert most.tokens.input <= LONG.tokens.input
    assert most.tokens.output <= LONG.tokens.output
    assert most.tokens.cached_input + most.tokens.cache_write <= most.tokens.input
    assert mean_input((most,)) <= 1_024


@given(st.lists(strata(), min_size=1, max_size=7), COUNTS)
def test_short_calls_of_a_sample_are_never_more_than_all(days: list[Stratum], counted: int) -> None:
    """At least is never more than at most, nor that more than what the gateway counted, or the workload used."""
    there = tuple((each.day, of) for each, of in zip(LONG.used, days, strict=False))
    sampled = Sampled(counted, there, ("gateway",))
    if not sampled.strata:
        return
    least, most = _of(replace(LONG, sampled=sampled))
    assert least.tokens.requests <= most.tokens.requests <= counted
    assert least.tokens.input <= most.tokens.input <= min(LONG.tokens.input, counted * 1_024)
    assert least.tokens.output <= most.tokens.output <= min(LONG.tokens.output, counted * 256)
    assert most.tokens.cached_input + most.tokens.cache_write <= most.tokens.input


def test_what_no_gateway_saw_is_not_taken_for_short() -> None:
    """Of a workload that calls without the gateway, too, a share of what the gateway counted is short, and no more."""
    days = tuple((each.day, Stratum(100, 100, 100, 50, 10_000, 1_000)) for each in LONG.used[-7:])
    half, all_of_it = (_of(replace(LONG, sampled=Sampled(of, days, ("gateway",))))[1] for of in (14_000, 28_000))
    assert all_of_it.tokens.requests in {2 * half.tokens.requests, 2 * half.tokens.requests + 1}
    assert half.tokens != Tokens()


def test_a_share_is_one_of_all_requests_and_has_to_be_worth_a_route_as_such() -> None:
    """Where all that a gateway saw is short, and that is a tenth of all, a tenth is short, in words, numbers and for the gate."""
    days = tuple((each.day, Stratum(400, 400, 400, 400, 40_000, 4_000)) for each in LONG.used[-7:])
    tenth = replace(LONG, sampled=Sampled(2_800, days, ("gateway",)))
    found = short_calls(tenth, ANY)
    assert isinstance(found, ShortCalls)
    assert found.told.startswith("9 to 10 percent of requests")
    assert (found.numbers["shortCallsPercent"], found.numbers["shortCallsPercentAtMost"]) == ("9", "10")
    assert found.most[0].tokens.requests == 2_800
    refused = short_calls(tenth, POLICY)
    assert isinstance(refused, TooFew)
    assert "9 to 10 percent of requests" in refused.message
