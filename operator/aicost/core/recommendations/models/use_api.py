"""UseAPI: a server of one's own whose measured cost of a token is above that of the small tier of an API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from aicost.core.declarations import INFERENCE
from aicost.core.money import rounded
from aicost.core.recommendations.advice import Advice, Answer, Basis, Effect, Evidence, Lever, Obstacle, Refused, Saving
from aicost.core.recommendations.gpu.answers import effect_of
from aicost.core.recommendations.models.catalogue import Model
from aicost.core.recommendations.models.market import STANDARD, Market
from aicost.core.recommendations.models.served import Served
from aicost.core.recommendations.models.trial import shadowed
from aicost.core.recommendations.models.usage import PERCENT
from aicost.core.token_worth import worth_of


def use_api(found: Served, market: Market, paid: frozenset[str] = frozenset()) -> Iterator[Answer]:
    """One answer about each server of models for inference that cost something and served something.

    One that is to carry another server's calls is asked nothing. Only providers that are `paid` already are compared, where there are any: with them there is a contract.
    """
    server = found.server
    if server.purpose != INFERENCE or not server.part.monthly_nanos or not found.all_tokens or found.takes_over:
        return
    own, at = _best(server.models, market), server.window.end
    small = [of for of in market.catalogue.smallest(at) if not paid or of.provider in paid]
    priced = [(cost, of) for of in small if (cost := _monthly(found, of, market)) is not None]
    fitting = [
        (cost, of) for cost, of in priced if own is None or own.quality - of.quality <= market.policy.quality_gap
    ]
    if not priced:
        yield _refused(found, Obstacle.UNPRICED, "nobody knows what a small model of an API costs")
    elif not fitting:
        yield _refused(
            found,
            Obstacle.QUALITY_GAP,
            f"small models of APIs are too far behind {own.name if own else found.model} in the index",
        )
    else:
        cost, candidate = min(fitting, key=lambda each: (each[0], -each[1].quality, each[1].name))
        yield _compared(found, market, candidate, cost)


def _best(names: Iterable[str], market: Market) -> Model | None:
    """The best that the catalogue knows of those that it served, at once or one after the other; of none the trial has to tell."""
    known = [model for name in names if (model := market.catalogue.served(name)) is not None]
    return max(known, key=lambda each: (each.quality, each.name), default=None)


def _monthly(found: Served, candidate: Model, market: Market) -> Fraction | None:
    """What the API would take a month for the same tokens, none of them from a cache, in hours that nobody counted too."""
    price = market.price(candidate.provider, candidate.name, STANDARD)
    mean = found.tokens.input // max(1, found.tokens.requests)
    if price is None or mean > candidate.context:
        return None
    worth = worth_of(price, replace(found.tokens, cached_input=0, cache_write=0))
    return None if worth is None else worth * found.pace * found.uncounted


def _compared(found: Served, market: Market, candidate: Model, cost: Fraction) -> Answer:
    server, policy = found.server, market.policy
    whole = server.part.monthly_nanos
    high = int(whole - cost)
    low = int(whole - cost * Fraction(PERCENT + policy.drift_percent, PERCENT))
    per_million = f"{rounded(found.nanos_per_million)} {server.currency}"
    if high <= 0:
        message = f"a million tokens cost {per_million} here, and {candidate.name} costs as much"
        return _refused(found, Obstacle.NOT_CHEAPER, message)
    if lacking := _lacking(found, market):
        return _refused(found, Obstacle.TOO_LITTLE_DATA, lacking)
    effect, removal = effect_of(server)
    return Advice(
        lever=Lever.USE_API,
        effect=effect,
        basis=Basis.HYPOTHESIS,
        target=server.target,
        current=found.model or "a model server of its own",
        proposed=f"{candidate.provider}/{candidate.name}",
        saving=Saving(max(0, low) if effect is Effect.BILL_REDUCTION else 0, high),
        currency=server.currency,
        touched=server.part,
        reason=f"a million tokens cost {per_million} on its own cards as they are used, idle time included, and "
        f"{rounded(int(cost))} a month by {candidate.name} for all that was served",
        evidence=_evidence(found, {"apiMonthlyCost": rounded(int(cost)), "catalogueAsOf": market.catalogue.as_of}),
        requires=(
            *shadowed(candidate.name, policy),
            "No law, contract or promise keeps its data in the cluster",
            *(
                removal
                or (f"The freed cards get other work: until then the bill rises by {rounded(int(cost))} a month",)
            ),
        ),
    )


def _lacking(found: Served, market: Market) -> str:
    """What is not known well enough: tokens that nobody counted would make the API look cheap."""
    policy = market.policy
    if found.days < policy.least_days:
        return f"{found.days} of {policy.least_days} whole days have data, since as much runs as on the last one"
    if found.counted_percent < policy.least_counted_percent:
        return f"tokens were counted in {found.counted_percent} percent of the hours in which it ran"
    if found.tokens.requests < policy.least_requests:
        return f"{found.tokens.requests} of {policy.least_requests} requests were counted"
    least = policy.least_monthly_nanos
    return (
        ""
        if found.server.part.monthly_nanos >= least
        else f"it costs less than {rounded(least)} {found.server.currency} a month"
    )


def _refused(found: Served, obstacle: Obstacle, message: str) -> Refused:
    return Refused(Lever.USE_API, found.server.target, obstacle, message, _evidence(found, {}))


def _evidence(found: Served, more: dict[str, str]) -> Evidence:
    numbers = {
        "countedHoursPercent": str(found.counted_percent),
        "costPerMillionTokens": rounded(found.nanos_per_million),
        "inputTokens": str(found.tokens.input),
        "outputTokens": str(found.tokens.output),
        "requests": str(found.tokens.requests),
    }
    return Evidence(found.server.window, found.tokens.requests, {**numbers, **more})
