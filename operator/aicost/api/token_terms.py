"""What a PriceBook says of tokens, as the evaluation needs it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from aicost.api.days import midnight
from aicost.api.price_entries import PerMillion, PerUnit, TokenPrices
from aicost.core.counting import PIECES, Measure, sized
from aicost.core.money import NANOS_PER_UNIT, parse_nanos
from aicost.core.token_prices import NO_RATES, WHOLE_PPM, Discount, Override, Rates, TokenTerms

PER_UNIT: Mapping[str, str] = {
    Measure.CHARACTERS: "million_characters",
    Measure.CODE_INTERPRETER_SESSIONS: "code_interpreter_session",
    Measure.FILE_SEARCH_CALLS: "file_search",
    Measure.IMAGES: "image",
    Measure.SECONDS: "audio_minute",
    Measure.VECTOR_STORE_BYTE_DAYS: "vector_store_gi_b_day",
    Measure.WEB_SEARCH_CALLS: "web_search",
}
"""The field of PerUnit that prices each measure."""


def terms(spec: TokenPrices) -> TokenTerms:
    """Overrides and discounts. Percents have 4 decimals at most, so parts of a million are exact."""
    return TokenTerms(
        overrides=tuple(
            Override(each.provider, each.model, midnight(each.start), _rates(each.per_million), _of_each(each.per_unit))
            for each in spec.overrides
        ),
        discounts=tuple(
            Discount(each.provider, each.model, midnight(each.start), _ppm(each.percent)) for each in spec.discounts
        ),
    )


def _rates(price: PerMillion | None) -> Rates:
    if price is None:
        return NO_RATES
    return Rates(**{name: _nanos(getattr(price, name)) for name in NO_RATES.named()})


def _of_each(price: PerUnit | None) -> frozenset[tuple[str, Fraction]]:
    if price is None:
        return frozenset()
    told = ((measure, getattr(price, name), PIECES[measure][0]) for measure, name in PER_UNIT.items())
    images = ((sized(Measure.IMAGES, of.size), of.image, 1) for of in price.images_by_size or ())
    return frozenset(
        (measure, Fraction(parse_nanos(nanos), many)) for measure, nanos, many in (*told, *images) if nanos is not None
    )


def _nanos(price: str | None) -> Fraction | None:
    return None if price is None else Fraction(parse_nanos(price))


def _ppm(percent: str) -> int:
    return parse_nanos(percent) * WHOLE_PPM // (100 * NANOS_PER_UNIT)
