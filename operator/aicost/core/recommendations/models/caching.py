"""UsePromptCaching and StopPromptCaching: what reading from a cache saves, less what writing into it costs.

Where nobody caches, nobody knows how much of a prompt repeats; so that is a hypothesis with a wide band. A cache that is
written more than it is read costs more than none: that is arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from aicost.core.recommendations.advice import Answer, Basis, Lever, Obstacle
from aicost.core.recommendations.models.looked import Look, Proposal
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.usage import PERCENT, Counted, ModelUsage, share, worth
from aicost.core.usage import Tokens

RATIO = 100


def use_prompt_caching(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer where a cache is hardly used and the model has one that the prompts are long enough for."""
    known = market.catalogue.model(usage.provider, usage.model)
    tokens, policy = usage.tokens, market.policy
    if known is None or known.caches_from is None or not tokens.input:
        return
    if share(tokens.cached_input, tokens.input) >= policy.cached_percent:
        return
    look, mean = Look(Lever.USE_PROMPT_CACHING, usage, market), usage.mean(tokens.input)
    if mean < known.caches_from:
        message = f"prompts of {mean} tokens in the mean are not cached: {known.name} begins at {known.caches_from}"
        yield look.refused(Obstacle.NOT_OFFERED, message)
        return
    least = _saved(look, policy.prefix_low_percent, policy.reads_low)
    most = _saved(look, policy.prefix_high_percent, policy.reads_high)
    if least is None or most is None:
        yield look.unpriced(known.name)
        return
    yield look.answer(
        Proposal(
            "prompt caching: the part that repeats first, and marked where the provider wants that",
            min(least, most),
            most,
            f"a cache gave {share(tokens.cached_input, tokens.input)} percent of the input, and prompts are long enough for one",
            requires=(
                f"Trial: cache a prompt's beginning for a day; it pays where {_repeats(look)} of the input repeats in minutes",
                "Compare: tokens read from the cache against tokens written to it",
                "Go back: leave the marks out; answers are the same",
            ),
            current="no prompt caching",
        )
    )


def stop_prompt_caching(usage: ModelUsage, market: Market) -> Iterator[Answer]:
    """One answer where caches were written and that cost more than reading from them saved."""
    tokens, look = usage.tokens, Look(Lever.STOP_PROMPT_CACHING, usage, market)
    if not tokens.cache_write:
        return
    plain = tuple(_with(each, cached=0, written=0) for each in usage.used)
    before, after = look.listed, worth(plain, market.of(usage.provider, usage.model))
    if before is None or after is None or before <= after:
        return
    ratio = tokens.cached_input * RATIO // tokens.cache_write
    yield look.answer(
        Proposal(
            "no prompt caching, or a prefix that stays the same from one request to the next",
            before - after,
            before - after,
            f"for 100 tokens written to the cache {ratio} were read: writing cost more than reading saved",
            basis=Basis.ACTIONABLE,
            current="prompt caching",
            numbers={"cacheReadTokens": str(tokens.cached_input), "cacheWriteTokens": str(tokens.cache_write)},
        )
    )


def _repeats(look: Look) -> str:
    return f"{look.market.policy.prefix_low_percent} to {look.market.policy.prefix_high_percent} percent"


def _saved(look: Look, prefix_percent: int, reads: int) -> Fraction | None:
    """What a cache would save of the window at list prices, if so much repeats and is read so often until written anew."""
    cached = tuple(_cached(each, prefix_percent, reads) for each in look.usage.used)
    before, after = look.listed, worth(cached, look.market.of(look.usage.provider, look.usage.model))
    return None if before is None or after is None else before - after


def _cached(each: Counted, prefix_percent: int, reads: int) -> Counted:
    tokens = each.tokens
    plain = max(0, tokens.input - tokens.cached_input - tokens.cache_write)
    prefix = plain * prefix_percent // PERCENT
    written = -(-prefix // (reads + 1))
    return _with(each, cached=tokens.cached_input + prefix - written, written=tokens.cache_write + written)


def _with(each: Counted, *, cached: int, written: int) -> Counted:
    long = min(each.tokens.cache_write_long, written)
    tokens: Tokens = replace(each.tokens, cached_input=cached, cache_write=written, cache_write_long=long)
    return replace(each, tokens=tokens)
