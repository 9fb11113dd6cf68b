"""What counted tokens are worth by a price: exact fractions of nano-units, so that nothing is rounded before an amount is made.

Where some counted kind of token has no rate there is no worth: an unknown price is never zero.
"""

from __future__ import annotations

from fractions import Fraction

from aicost.core.modalities import AUDIO, RATES, UNTOLD, Modality, beyond_text, text_of
from aicost.core.token_prices import Rates, TokenPrice
from aicost.core.usage import Measured, Tokens

_MILLION = 1_000_000
INPUT, CACHED_INPUT = "input_tokens", "cached_input_tokens"
CACHE_WRITE, OUTPUT = "input_cache_write_tokens", "output_tokens"
CACHE_WRITE_LONG = "cache_creation.ephemeral_1h_input_tokens"
"""Kinds of tokens of text, as line items of bills name them."""
NO_MEASURES: Measured = frozenset()


def worth_of(price: TokenPrice, tokens: Tokens, measured: Measured = NO_MEASURES) -> Fraction | None:
    """Nano-units of usage, by the rates of its mean request: a sum over requests is never priced as one of them.

    Without what is `unpriced`, which nobody may take for text.
    """
    worths = [worth for _, _, worth in kinds_of(price, tokens, measured)]
    known = [worth for worth in worths if worth is not None]
    return sum(known, Fraction(0)) if len(known) == len(worths) else None


def kinds_of(
    price: TokenPrice, tokens: Tokens, measured: Measured = NO_MEASURES
) -> tuple[tuple[str, int, Fraction | None], ...]:
    """Each kind of token that was counted, how many, and their worth, None where the kind has no rate.

    Each token is counted once: all input includes what caches gave and took, which costs what other input does where it has
    no rate of its own, and what `measured` tells to be no text. What of that is `unpriced` is left out.
    """
    rates = _of_mean_request(price, tokens)[0]
    text, told, missing = text_of(tokens, measured), beyond_text(measured), unpriced(price, measured)
    written, read, long = text.cache_write, text.cached_input, text.cache_write_long
    writing = rates.input if rates.cache_write is None else rates.cache_write
    kinds = (
        (INPUT, max(0, text.input - read - written), rates.input),
        (CACHED_INPUT, read, rates.input if rates.cached_input is None else rates.cached_input),
        (CACHE_WRITE, max(0, written - long), writing),
        (CACHE_WRITE_LONG, long, writing if rates.cache_write_long is None else rates.cache_write_long),
        (OUTPUT, text.output, rates.output),
        *((of.value, count, _rate(rates, of)) for of, count in told.items() if of not in missing),
    )
    return tuple(
        (kind, counted, None if rate is None else counted * rate / _MILLION) for kind, counted, rate in kinds if counted
    )


def unpriced(price: TokenPrice, measured: Measured) -> frozenset[Modality]:
    """The kinds of audio tokens that a row tells and the price has no rate for: those of text say nothing of them."""
    return frozenset(of for of in beyond_text(measured) if of in AUDIO and _rate(price.rates, of) is None)


def has_other_rates(price: TokenPrice, measured: Measured) -> bool:
    """Whether some tokens do not cost what text does, so that bills may tell them apart by names that nobody knows."""
    return any(of in AUDIO or _has_own(price.rates, of) for of in beyond_text(measured))


def doubts(price: TokenPrice, tokens: Tokens, measured: Measured = NO_MEASURES) -> bool:
    """Whether another rate may hold for some of it: nobody counted the requests, or the mean one is a long one.

    Or because nobody says what it costs that a cache keeps something for long, what images cost, or how many tokens are of what.
    """
    unknown = tokens.cache_write_long > 0 and price.rates.cache_write_long is None
    as_text = any(of not in AUDIO and not _has_own(price.rates, of) for of in beyond_text(measured))
    untold = any(name == UNTOLD for name, _ in measured)
    return price.doubtful or unknown or as_text or untold or _of_mean_request(price, tokens)[1]


def _has_own(rates: Rates, of: Modality) -> bool:
    return rates.named()[RATES[of][0]] is not None


def _rate(rates: Rates, of: Modality) -> Fraction | None:
    named = rates.named()
    return next((rate for name in RATES.get(of, ()) if (rate := named[name]) is not None), None)


def _of_mean_request(price: TokenPrice, tokens: Tokens) -> tuple[Rates, bool]:
    if not price.longer or tokens.input <= price.longer[0][0]:
        return price.rates, False
    if not tokens.requests:
        return price.rates, True
    reached = [rates for beyond, rates in price.longer if tokens.input > beyond * tokens.requests]
    return (reached or [price.rates])[-1], bool(reached) and tokens.requests > 1
