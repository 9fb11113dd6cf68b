"""UseNewerModel: the successor in the same tier, where it costs less. A date on which the old one retires is named.

What the numbers cannot tell makes it a hypothesis: a successor that thinks before it answers, for that is billed as output
and nobody counted how much it would be, and one of less context, for only the mean request is known to fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aicost.core.recommendations.advice import Answer, Basis, Lever, Obstacle
from aicost.core.recommendations.models.catalogue import Model
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.setting import set_to
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import PERCENT, ModelUsage, worth
from aicost.core.window import date


def use_newer_model(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer; none of models that the catalogue does not know."""
    known = market.catalogue.model(usage.provider, usage.model)
    if known is None:
        return
    look = Look(Lever.USE_NEWER_MODEL, usage, market)
    successor = market.catalogue.successor(known, usage.window.end)
    if successor is None:
        message = f"nothing follows {known.name} in its tier, by the catalogue of {market.catalogue.as_of}"
        yield look.refused(Obstacle.NO_SUCCESSOR, f"{message}{_retiring(known)}")
    elif not successor.can_replace(known) or usage.mean(usage.tokens.input) > successor.context:
        message = f"{successor.name} does not take all that {known.name} takes{_retiring(known)}"
        yield look.refused(Obstacle.CAPABILITY_MISSING, message)
    elif successor.quality < known.quality:
        message = (
            f"{successor.name} is {known.quality - successor.quality} behind {known.name} in the catalogue's index"
        )
        yield look.refused(Obstacle.QUALITY_GAP, f"{message}{_retiring(known)}")
    else:
        yield _replaced(look, known, successor)


def _replaced(look: Look, known: Model, successor: Model) -> Answer:
    usage, market = look.usage, look.market
    before, after = look.listed, worth(usage.used, market.of(usage.provider, successor.name))
    if before is None or after is None:
        return look.unpriced(known.name if before is None else successor.name)
    drifted = after * Fraction(PERCENT + market.policy.drift_percent, PERCENT)
    if before <= drifted:
        message = f"{successor.name} costs as much for the same work{_retiring(known)}"
        return look.refused(Obstacle.NOT_CHEAPER, message)
    proposed, doubts = usage.renamed(successor.name), _doubts(known, successor)
    return look.answer(
        Proposal(
            proposed,
            Fraction(0) if _thinks_more(known, successor) else before - drifted,
            before - after,
            f"{successor.name} follows {known.name} in the tier {known.tier} and costs less{doubts}{_retiring(known)}",
            requires=(
                *(shadowed(successor.name, market.policy) if doubts else ()),
                f"Your own checks pass with {successor.name}",
            ),
            basis=Basis.HYPOTHESIS if doubts else Basis.ACTIONABLE,
            change=set_to(usage, proposed),
            numbers={
                "catalogueAsOf": market.catalogue.as_of,
                **({"retires": date(known.retires)} if known.retires is not None else {}),
            },
        )
    )


def _thinks_more(known: Model, successor: Model) -> bool:
    return "reasoning" in successor.capabilities - known.capabilities


def _doubts(known: Model, successor: Model) -> str:
    """What no number of the evidence tells of the successor, in words; empty where that is nothing."""
    thinking = "; it may think before it answers, which is billed as output" if _thinks_more(known, successor) else ""
    smaller = successor.context < known.context
    return thinking + (f"; it takes {successor.context} tokens, not {known.context}" if smaller else "")


def _retiring(known: Model) -> str:
    return f"; {known.name} retires on {date(known.retires)}" if known.retires is not None else ""
