"""Routing by complexity: the short calls among long ones that a small model could take, as far as a gateway saw sizes.

Short is no proof of simple: so it is always a hypothesis, of 35 to 50 percent of what short calls cost at most.
"""

from __future__ import annotations

from fractions import Fraction

from aicost.core.counting import SHORT_ANSWER, SHORT_PROMPT
from aicost.core.recommendations.models.catalogue import Model
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.policy import Policy
from aicost.core.recommendations.models.routes import configuration, second_step
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import PERCENT, Counted, ModelUsage, Sizes
from aicost.core.usage import Tokens


def worth_a_route(sizes: Sizes, policy: Policy) -> bool:
    """Whether enough requests are short in both for certain."""
    return sizes.short * PERCENT >= policy.least_short_percent * max(1, sizes.requests)


def short_calls(usage: ModelUsage) -> tuple[Counted, ...]:
    """What requests that are short for certain used at most: no more than their bounds, and than long ones leave."""
    sizes, tokens = usage.sizes or Sizes(), usage.tokens
    given = _at_most(sizes.short, SHORT_PROMPT, tokens.input, sizes.requests - sizes.short_prompts)
    told = _at_most(sizes.short, SHORT_ANSWER, tokens.output, sizes.requests - sizes.short_answers)
    read = given * tokens.cached_input // tokens.input if tokens.input else 0
    written = given * tokens.cache_write // tokens.input if tokens.input else 0
    return (Counted(usage.window, Tokens(given, read, written, told, sizes.short)),)


def mean_input(used: tuple[Counted, ...]) -> int:
    """Tokens of input of the mean request, rounded up; 0 where nobody counted requests."""
    tokens = sum((each.tokens for each in used), Tokens())
    return -(-tokens.input // tokens.requests) if tokens.requests else 0


def routed(look: Look, candidate: Model, cost: Fraction, saved: Fraction) -> Proposal:
    """Short calls to the candidate: at least 35 percent of half of what they may cost, at most 50 of all of it."""
    usage, policy = look.usage, look.market.policy
    sizes = usage.sizes or Sizes()
    route = configuration(usage, candidate.name, policy.routed_percent)
    percent = sizes.short * PERCENT // max(1, sizes.requests)
    high = min(saved, cost * Fraction(policy.routed_high_percent, PERCENT))
    low = cost * Fraction(policy.routed_low_percent * policy.eligible_percent, PERCENT * PERCENT)
    return Proposal(
        f"short calls to {usage.renamed(candidate.name)}",
        min(low, high),
        high,
        f"{percent} percent of requests or more have a prompt of {SHORT_PROMPT} tokens and an answer of {SHORT_ANSWER} at most; "
        f"{candidate.name} may do for the simple ones (RouteLLM, arXiv 2406.18665: 35 percent less on GSM8K to 85 on MT-Bench)",
        requires=(*shadowed(candidate.name, policy), *second_step(route, policy.routed_percent)),
        configuration=route,
        numbers={"shortCallsPercent": str(percent), "sizedRequests": str(sizes.requests)},
    )


def _at_most(short: int, bound: int, all_tokens: int, longer: int) -> int:
    return max(0, min(short * bound, all_tokens - longer * (bound + 1)))
