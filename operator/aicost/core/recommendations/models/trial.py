"""How a hypothesis is proved: how many requests to look at, what to compare, how to go back.

A trial answers both ways and asks whether the cheaper one is accepted as often, but for a margin: the sample for two
proportions, one-sided at 5 percent with a power of 80 (Chow, Shao, Wang: Sample Size Calculations in Clinical Research,
4.2, non-inferiority): n = (z95 + z80)^2 x 2 p (1 - p) / margin^2 for each way.
"""

from __future__ import annotations

from aicost.core.recommendations.models.policy import Policy
from aicost.core.recommendations.models.usage import PERCENT

_Z_SQUARED = 6_183
"""(1.6449 + 0.8416) squared, in thousandths."""
_THOUSAND = 1_000


def sample_size(policy: Policy) -> int:
    """Requests to answer each way, rounded up."""
    accepted, margin = policy.reference_accepted_percent, policy.margin_percent
    doubled = 2 * accepted * (PERCENT - accepted) * _Z_SQUARED
    return -(-doubled // (margin * margin * _THOUSAND))


def shadowed(candidate: str, policy: Policy) -> tuple[str, ...]:
    """The trial of another model: nobody's answer depends on it until it is over."""
    return (
        f"Trial: answer {sample_size(policy)} sampled requests by {candidate} too, unseen by users",
        f"Compare: accepted answers (by your own check) may differ by {policy.margin_percent} points, errors by nothing",
        "Go back: keep the model's name in one variable or route, and set it to what it was",
    )
