"""What counted tokens are worth by a price: exact fractions of nano-units, so that nothing is rounded before an amount is made.

Where some counted kind of token has no rate there is no worth: an unknown price is never zero.
"""

from __future__ import annotations

from fractions import Fraction

from aicost.core.token_prices import Rates, TokenPrice
from aicost.core.usage import Tokens

_MILLION = 1_000_000
INPUT, CACHED_INPUT = "input_tokens", "cached_input_tokens"
CACHE_WRITE, OUTPUT = "input_cache_write_tokens", "output_tokens"
CACHE_WRITE_LONG = "cache_creation.ephemeral_1h_input_tokens"
"""Kinds of tokens, as line items of bills name them."""


def worth_of(price: TokenPrice, tokens: Tokens) -> Fraction | None:
    """Nano-units of usage, by the rates of its mean request: a sum over requests is never priced as one of them."""
    worths = [worth for _, _, worth in kinds_of(price, tokens)]
    known = [worth for worth in worths if worth is not None]
    return sum(known, Fraction(0)) if len(known) == len(worths) else None


def kinds_of(price: TokenPrice, tokens: Tokens) -> tuple[tuple[str, int, Fraction | None], ...]:
    """Each kind of token that was counted, how many, and their worth, None where the kind has no rate.

    Each token is counted once: all input includes what caches gave and took, which costs what other input does where it has
    no rate of its own.
    """
    rates = _of_mean_request(price, tokens)[0]
    written, read, long = tokens.cache_write, tokens.cached_input, tokens.cache_write_long
    writing = rates.input if rates.cache_write is None else rates.cache_write
    kinds = (
        (INPUT, max(0, tokens.input - read - written), rates.input),
        (CACHED_INPUT, read, rates.input if rates.cached_input is None else rates.cached_input),
        (CACHE_WRITE, max(0, written - long), writing),
        (CACHE_WRITE_LONG, long, writing if rates.cache_write_long is None else rates.cache_write_long),
        (OUTPUT, tokens.output, rates.output),
    )
    return tuple(
        (kind, counted, None if rate is None else counted * rate / _MILLION) for kind, counted, rate in kinds if counted
    )


def doubts(price: TokenPrice, tokens: Tokens) -> bool:
    """Whether another rate may hold for some of it: nobody counted the requests, or the mean one is a long one.

    Or because nobody says what it costs that a cache keeps something for long.
    """
    unknown = tokens.cache_write_long > 0 and price.rates.cache_write_long is None
    return price.doubtful or unknown or _of_mean_request(price, tokens)[1]


def _of_mean_request(price: TokenPrice, tokens: Tokens) -> tuple[Rates, bool]:
    if not price.longer or tokens.input <= price.longer[0][0]:
        return price.rates, False
    if not tokens.requests:
        return price.rates, True
    reached = [rates for beyond, rates in price.longer if tokens.input > beyond * tokens.requests]
    return (reached or [price.rates])[-1], bool(reached) and tokens.requests > 1
