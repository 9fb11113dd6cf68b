"""The short calls among long ones: how many there are and what they use, by a sample of requests or else by histograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from aicost.core.counting import SHORT_ANSWER, SHORT_PROMPT
from aicost.core.recommendations.advice import Obstacle
from aicost.core.recommendations.models.policy import Policy
from aicost.core.recommendations.models.sampled import Sampled
from aicost.core.recommendations.models.usage import PERCENT, Counted, ModelUsage, Sizes
from aicost.core.usage import Tokens

_BOUNDS = f"a prompt of {SHORT_PROMPT} tokens and an answer of {SHORT_ANSWER} at most"


@dataclass(frozen=True, slots=True)
class ShortCalls:
    """What short calls used, at least and at most; how many they are, in words, and the numbers that say so."""

    least: tuple[Counted, ...]
    most: tuple[Counted, ...]
    told: str
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TooFew:
    """Why they are not worth a route of their own, or why nobody knows."""

    obstacle: Obstacle
    message: str


def short_calls(usage: ModelUsage, policy: Policy) -> ShortCalls | TooFew:
    """By single requests, where enough were looked at; else by histograms, which tell only what is certain."""
    by_sample = _by_sample(usage, usage.sampled, policy) if usage.sampled else None
    if isinstance(by_sample, ShortCalls) or not usage.sizes or not _worth_a_route(usage.sizes, policy):
        return by_sample or TooFew(Obstacle.LONG_ANSWERS, _long(usage, policy))
    return _by_histograms(usage, usage.sizes)


def _worth_a_route(sizes: Sizes, policy: Policy) -> bool:
    """Whether enough requests are short in both for certain."""
    return sizes.short * PERCENT >= policy.least_short_percent * max(1, sizes.requests)


def _by_histograms(usage: ModelUsage, sizes: Sizes) -> ShortCalls:
    """What requests that are short for certain used at most: no more than their bounds, and than long ones leave."""
    given = _at_most(sizes.short, SHORT_PROMPT, usage.tokens.input, sizes.requests - sizes.short_prompts)
    told = _at_most(sizes.short, SHORT_ANSWER, usage.tokens.output, sizes.requests - sizes.short_answers)
    used = _used(usage, sizes.short, given, told)
    percent = sizes.short * PERCENT // max(1, sizes.requests)
    numbers = {"shortCallsPercent": str(percent), "sizedRequests": str(sizes.requests)}
    return ShortCalls(used, used, f"{percent} percent of requests or more have {_BOUNDS}", numbers)


def _at_most(short: int, bound: int, all_tokens: int, longer: int) -> int:
    return max(0, min(short * bound, all_tokens - longer * (bound + 1)))


def _by_sample(usage: ModelUsage, sampled: Sampled, policy: Policy) -> ShortCalls | TooFew:
    """As many of all requests as the sample's bounds leave, of its mean short request; of what gateways counted alone."""
    days, looked_at = sampled.days_told, sampled.looked_at
    told_by = " and ".join(sampled.told_by)
    if looked_at < policy.least_sampled or days < policy.least_sampled_days:
        message = f"{looked_at} requests of {days} days were looked at ({told_by}): it takes {policy.least_sampled} of"
        return TooFew(Obstacle.TOO_LITTLE_DATA, f"{message} {policy.least_sampled_days} days")
    low, high = (share * _seen(usage, sampled) for share in sampled.bounds(policy.alike))
    percents = int(low * PERCENT), ceil(high * PERCENT)
    told = f"{percents[0]} to {percents[1]} percent of requests have {_BOUNDS}, by {looked_at} that were looked at ({told_by})"
    if low * PERCENT < policy.least_short_percent:
        return TooFew(Obstacle.LONG_ANSWERS, f"{_long(usage, policy)}; {told}")
    numbers = {
        "sampledBy": told_by,
        "sampledDays": str(days),
        "sampledRequests": str(looked_at),
        "shortCallsPercent": str(percents[0]),
        "shortCallsPercentAtMost": str(percents[1]),
    }
    return ShortCalls(_of_sample(usage, sampled, low), _of_sample(usage, sampled, high), told, numbers)


def _seen(usage: ModelUsage, sampled: Sampled) -> Fraction:
    """Which part of all requests gateways counted that tell single ones: nobody knows how long the others are."""
    return Fraction(min(sampled.requests, usage.tokens.requests), max(1, usage.tokens.requests))


def _of_sample(usage: ModelUsage, sampled: Sampled, share: Fraction) -> tuple[Counted, ...]:
    """What such a share of requests used, no more than all did."""
    given, told = sampled.mean_short
    short = usage.tokens.requests * share
    return _used(
        usage, int(short), min(int(short * given), usage.tokens.input), min(int(short * told), usage.tokens.output)
    )


def _used(usage: ModelUsage, requests: int, given: int, told: int) -> tuple[Counted, ...]:
    """So much, of whose input caches had as large a part as of all."""
    tokens = usage.tokens
    read = given * tokens.cached_input // tokens.input if tokens.input else 0
    written = given * tokens.cache_write // tokens.input if tokens.input else 0
    return (Counted(usage.window, Tokens(given, read, written, told, requests)),)


def _long(usage: ModelUsage, policy: Policy) -> str:
    output = usage.mean(usage.tokens.output)
    return f"answers of {output} tokens in the mean are no short ones: below {policy.short_output}"
