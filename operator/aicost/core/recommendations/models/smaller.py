"""UseSmallerModel: a lower tier of the same family for short answers. Counts of tokens say nothing of how hard a task is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from aicost.core.recommendations.advice import Answer, Lever, Obstacle
from aicost.core.recommendations.models.catalogue import Model
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import STANDARD, Market
from aicost.core.recommendations.models.routed import mean_input, routed
from aicost.core.recommendations.models.routes import configuration, second_step
from aicost.core.recommendations.models.setting import set_to
from aicost.core.recommendations.models.short_calls import ShortCalls, TooFew, short_calls
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import PERCENT, ModelUsage, worth


def use_smaller_model(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer; none of models that the catalogue does not know, or of the lowest tier."""
    known = market.catalogue.model(usage.provider, usage.model)
    candidates = market.catalogue.smaller(known, usage.window.end) if known else ()
    if known is None or not candidates:
        return
    look = Look(Lever.USE_SMALLER_MODEL, usage, market)
    if usage.mean(usage.tokens.output) < market.policy.short_output:
        yield _best(look, known, candidates, None)
        return
    short = short_calls(usage, market.policy)
    yield (
        look.refused(short.obstacle, short.message)
        if isinstance(short, TooFew)
        else _best(look, known, candidates, short)
    )


def _best(look: Look, known: Model, candidates: Iterable[Model], short: ShortCalls | None) -> Answer:
    """The candidate that saves most of those that nothing speaks against, else what speaks against the best of them.

    For short calls alone, or for all where there are none.
    """
    eligible = short.most if short else look.usage.used
    before = worth(eligible, look.market.of(known.provider, look.usage.model))
    if before is None:
        return look.unpriced(known.name)
    vetoes: list[Answer] = []
    fitting: list[tuple[Fraction, Model]] = []
    for candidate in candidates:
        after = worth(eligible, look.market.of(candidate.provider, candidate.name))
        veto = _veto(look, known, candidate, mean_input(eligible))
        if veto or after is None:
            vetoes.append(veto or look.unpriced(candidate.name))
        else:
            fitting.append((before - after, candidate))
    if not fitting:
        return vetoes[0]
    saved, candidate = max(fitting, key=lambda each: (each[0], each[1].name))
    if short:
        return look.answer(routed(look, candidate, short, saved))
    return look.answer(_proposal(look, known, candidate, saved))


def _veto(look: Look, known: Model, candidate: Model, mean: int) -> Answer | None:
    behind = known.quality - candidate.quality
    if not candidate.can_replace(known) or mean > candidate.context:
        return look.refused(Obstacle.CAPABILITY_MISSING, f"{candidate.name} does not take all that {known.name} takes")
    if behind > look.market.policy.quality_gap:
        message = f"{candidate.name} is {behind} behind {known.name} in the catalogue's index, more than "
        return look.refused(Obstacle.QUALITY_GAP, f"{message}{look.market.policy.quality_gap}")
    price = look.market.price(candidate.provider, candidate.name, STANDARD)
    if price and price.longer and mean > price.longer[0][0]:
        message = f"requests of {mean} tokens in the mean are above the cheap tier of {candidate.name}"
        return look.refused(Obstacle.NOT_OFFERED, f"{message}, {price.longer[0][0]}")
    return None


def _proposal(look: Look, known: Model, candidate: Model, saved: Fraction) -> Proposal:
    usage, policy = look.usage, look.market.policy
    proposed = usage.renamed(candidate.name)
    route = configuration(usage, candidate.name, policy.routed_percent)
    return Proposal(
        proposed,
        saved * Fraction(policy.eligible_percent, PERCENT),
        saved,
        f"answers are short ({usage.mean(usage.tokens.output)} tokens in the mean), and {candidate.name} of the tier "
        f"{candidate.tier} is {known.quality - candidate.quality} behind in an index; how hard the task is, nobody counted",
        requires=(*shadowed(candidate.name, policy), *second_step(usage, candidate.name, policy.routed_percent)),
        change=set_to(usage, proposed),
        configuration=route,
        numbers={
            "catalogueAsOf": look.market.catalogue.as_of,
            "qualityGap": str(known.quality - candidate.quality),
        },
    )
