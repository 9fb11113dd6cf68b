"""What a PriceBook says of tokens, as the evaluation needs it."""

from __future__ import annotations

from fractions import Fraction

from aicost.api.days import midnight
from aicost.api.price_entries import PerMillion, TokenPrices
from aicost.core.money import NANOS_PER_UNIT, parse_nanos
from aicost.core.token_prices import WHOLE_PPM, Discount, Override, Rates, TokenTerms


def terms(spec: TokenPrices) -> TokenTerms:
    """Overrides and discounts. Percents have 4 decimals at most, so parts of a million are exact."""
    return TokenTerms(
        overrides=tuple(
            Override(each.provider, each.model, midnight(each.start), _rates(each.per_million))
            for each in spec.overrides
        ),
        discounts=tuple(
            Discount(each.provider, each.model, midnight(each.start), _ppm(each.percent)) for each in spec.discounts
        ),
    )


def _rates(price: PerMillion) -> Rates:
    return Rates(
        input=_nanos(price.input),
        cached_input=_nanos(price.cached_input),
        cache_write=_nanos(price.cache_write),
        output=_nanos(price.output),
        cache_write_long=_nanos(price.cache_write_long),
    )


def _nanos(price: str | None) -> Fraction | None:
    return None if price is None else Fraction(parse_nanos(price))


def _ppm(percent: str) -> int:
    return parse_nanos(percent) * WHOLE_PPM // (100 * NANOS_PER_UNIT)
