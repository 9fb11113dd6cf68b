"""The models in a PriceBook's status: which price of tokens, images or searches estimated something, and what had none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from aicost.api.price_entries import PerMillion, PerUnit
from aicost.api.prices_status import MissingItem, PricedItem, TokenRates
from aicost.api.token_terms import PER_UNIT
from aicost.core.counting import PIECES
from aicost.core.modalities import CONTRADICTORY, RATES
from aicost.core.money import decimal
from aicost.core.token_prices import ANY_MODEL, TokenPrice
from aicost.core.token_uses import TokenUse

LONGEST = 256
_CONTRADICTORY = "no price helps: more audio is told than there are tokens for it, so wait for the bill"


def priced_models(uses: Sequence[TokenUse]) -> tuple[PricedItem, ...]:
    """Those whose latest usage has a price."""
    return tuple(_priced(use, use.latest.price) for use in uses if use.latest.price)


def missing_models(uses: Sequence[TokenUse]) -> tuple[MissingItem, ...]:
    """Those of which some usage has none."""
    return tuple(_missing(use) for use in uses if use.unpriced)


def by_the_list(uses: Sequence[TokenUse]) -> int:
    """How many have a list price, and nothing that is declared."""
    return sum(use.latest.price is not None and not use.latest.price.declared for use in uses)


def _priced(use: TokenUse, price: TokenPrice) -> PricedItem:
    many, what = PIECES.get(use.measure, (0, "1,000,000 tokens"))
    return PricedItem(
        kind="Usage" if use.measure else "Tokens",
        name=use.name[:LONGEST],
        price=None if price.each is None else decimal(round(price.each * many)),
        unit=f"{what} in {price.currency}",
        per_million=None if use.measure else TokenRates(**dict(_rates(price))),
        origin="Declared" if price.declared else "BuiltIn",
        source=_source(price),
    )


def _rates(price: TokenPrice) -> Iterator[tuple[str, str]]:
    for name, rate in price.rates.named().items():
        if rate is not None:
            yield name, decimal(round(Fraction(rate)))


def _source(price: TokenPrice) -> str | None:
    words = [price.source] if price.source else []
    if price.discounted:
        words.append("less the declared discount")
    return ", ".join(words)[:LONGEST] or None


def _missing(use: TokenUse) -> MissingItem:
    return MissingItem(
        kind="Usage" if use.measure in PER_UNIT else "Tokens",
        name=use.name[:LONGEST],
        quantity=f"{use.unpriced} {use.latest.unit}",
        message=(_CONTRADICTORY if use.measure in CONTRADICTORY else f"add {_entry(use)} to spec.tokens.overrides")[
            :1024
        ],
    )


def _entry(use: TokenUse) -> str:
    entry = f"an entry with provider {use.provider} and model {use.model or ANY_MODEL}"
    if use.measure in RATES:
        entry = f"{entry}, and in its perMillion {PerMillion.model_fields[RATES[use.measure][0]].alias},"
    elif use.measure:
        of_size = f" or imagesBySize with size {use.latest.size}" if use.latest.size else ""
        entry = f"{entry}, and in its perUnit {PerUnit.model_fields[PER_UNIT[use.measure]].alias}{of_size},"
    return entry
