"""Routing by complexity: the short calls among long ones that a small model could take, as far as a gateway saw sizes.

Short is no proof of simple: so it is always a hypothesis, of 35 to 50 percent of what short calls cost at most.
"""

from __future__ import annotations

from fractions import Fraction

from aicost.core.recommendations.models.catalogue import Model
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.routes import configuration, second_step
from aicost.core.recommendations.models.short_calls import ShortCalls
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import PERCENT, Counted, worth
from aicost.core.usage import Tokens


def mean_input(used: tuple[Counted, ...]) -> int:
    """Tokens of input of the mean request, rounded up; 0 where nobody counted requests."""
    tokens = sum((each.tokens for each in used), Tokens())
    return -(-tokens.input // tokens.requests) if tokens.requests else 0


def routed(look: Look, candidate: Model, short: ShortCalls, saved: Fraction) -> Proposal:
    """Short calls to the candidate: 35 percent of half of what they cost at least, to 50 of all that they cost at most."""
    usage, policy = look.usage, look.market.policy
    route = configuration(usage, candidate.name, policy.routed_percent)
    priced = look.market.of(usage.provider, usage.model)
    least, most = (worth(used, priced) or Fraction(0) for used in (short.least, short.most))
    high = min(saved, most * Fraction(policy.routed_high_percent, PERCENT))
    low = least * Fraction(policy.routed_low_percent * policy.eligible_percent, PERCENT * PERCENT)
    return Proposal(
        f"short calls to {usage.renamed(candidate.name)}",
        min(low, high),
        high,
        f"{short.told}; {candidate.name} may do for the simple ones "
        "(RouteLLM, arXiv 2406.18665: 35 percent less on GSM8K to 85 on MT-Bench)",
        requires=(*shadowed(candidate.name, policy), *second_step(usage, candidate.name, policy.routed_percent)),
        configuration=route,
        numbers=short.numbers,
    )
