"""The list prices of genai-prices, as it ships them: whole requests at the standard price or at that of their manner.

Nothing is fetched: a release of aicost has the list of the release of genai-prices that its lock names. It is loaded when
the first price is asked, since it takes 40 MB. Where it has no price for a manner it answers with the standard one; here
that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from importlib.metadata import version

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, Provider, TieredPrices

from aicost.core.counting import Measure
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.token_prices import NO_RATES, Manner, Rates, TokenPrice
from aicost.core.window import Instant

CURRENCY = "USD"
SOURCE = f"genai-prices {version('genai-prices')}"
_KEYS = {
    "input": "input_mtok",
    "cached_input": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "output": "output_mtok",
    "cache_write_long": "cache_write_1h_mtok",
    "audio_input": "input_audio_mtok",
    "cached_audio_input": "cache_audio_read_mtok",
    "audio_output": "output_audio_mtok",
    "image_input": "input_image_mtok",
    "cached_image_input": "cache_image_read_mtok",
    "image_output": "output_image_mtok",
}
"""Our kinds of tokens and the list's prices of a million of them."""
_EACH: Mapping[str, tuple[tuple[str, ...], int]] = {
    Measure.CHARACTERS: (("input_mchars",), 1_000_000),
    Measure.FILE_SEARCH_CALLS: (("storage_searches_kcount",), 1000),
    Measure.SECONDS: (("input_audio_hours", "audio_hours"), 3600),
    Measure.WEB_SEARCH_CALLS: (("web_searches_kcount",), 1000),
}
"""Our measures, the list's prices of them, the first that is there, and of how many each is: of the others it has none."""


class GenaiPrices:
    """The bundled list."""

    @lru_cache(maxsize=4096)  # noqa: B019 # one list lives as long as the process
    def price(self, provider: str, model: str, at: Instant, manner: Manner) -> TokenPrice | None:
        """The price in force then; None where the list does not know the model, or prices it by anything but tokens."""
        found = _found(provider, model)
        if found is None:
            return None
        owner, info = found
        context = _context(manner)
        asked = datetime.fromtimestamp(at, UTC)
        known = any(info is each for each in owner.models)  # of another provider's model the list ignores the manner
        priced = _price(info.get_prices(asked, context if known else None))
        if priced is None:
            return None
        doubtful = bool(manner) and not (known and _knows(info, context, asked, manner))
        return TokenPrice(CURRENCY, priced[0], priced[1], _named(owner, info), doubtful=doubtful)

    @lru_cache(maxsize=4096)  # noqa: B019 # as above
    def price_of_each(self, provider: str, model: str, at: Instant, measure: str) -> TokenPrice | None:
        """The standard price in force then."""
        found = _found(provider, model)
        if found is None or measure not in _EACH:
            return None
        owner, info = found
        listed = info.get_prices(datetime.fromtimestamp(at, UTC))
        names, many = _EACH[measure]
        price = next((price for name in names if isinstance(price := getattr(listed, name, None), Decimal)), None)
        if price is None:
            return None
        return TokenPrice(CURRENCY, NO_RATES, source=_named(owner, info), each=Fraction(price) * NANOS_PER_UNIT / many)

    @lru_cache(maxsize=4096)  # noqa: B019 # as above
    def provider_of(self, model: str) -> tuple[str, str]:
        """By the name's prefix, else by what the list knows of names."""
        prefix, slash, rest = model.partition("/")
        providers = get_snapshot().providers
        if slash and (named := find_provider_by_id(providers, prefix)):
            return named.id, rest
        fitting = (each.id for each in providers if each.model_match and each.model_match.is_match(model.lower()))
        return next(fitting, ""), model


def _found(provider: str, model: str) -> tuple[Provider, ModelInfo] | None:
    try:
        return get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None


def _named(owner: Provider, info: ModelInfo) -> str:
    return f"{SOURCE}, {owner.id}/{info.id}"


def _context(manner: Manner) -> dict[str, str]:
    """The manner in the list's words. Regions it does not tell apart."""
    told = dict(manner)
    context = {"processing": "batch"} if told.get("batch") == "true" or told.get("tier") == "batch" else {}
    if told.get("tier", "batch") != "batch":
        context["service_tier"] = told["tier"]
    return context | ({"speed": told["speed"]} if "speed" in told else {})


def _knows(info: ModelInfo, context: dict[str, str], at: datetime, manner: Manner) -> bool:
    """Whether the list has one price for just that manner: of two that each fit a part of it nobody knows which counts."""
    if len(context) != 1 or any(name == "region" for name, _ in manner):
        return False
    return any(variant.when == context and _active(variant, at) for variant in info.price_variants or ())


def _active(variant: PriceVariant, at: datetime) -> bool:
    return variant.constraint is None or variant.constraint.active(at)


def _price(listed: ModelPrice) -> tuple[Rates, tuple[tuple[int, Rates], ...]] | None:
    """Rates and those of longer requests. A price for each request is none for tokens, so that it has no rates here."""
    prices = {ours: getattr(listed, theirs) for ours, theirs in _KEYS.items()}
    if prices["input"] is None or listed.requests_kcount is not None:
        return None
    starts = sorted(
        {tier.start for price in prices.values() if isinstance(price, TieredPrices) for tier in price.tiers}
    )
    longer = tuple((start, Rates(**dict(_rates(prices.items(), start)))) for start in starts)
    return Rates(**dict(_rates(prices.items(), -1))), longer


def _rates(
    prices: Iterable[tuple[str, Decimal | TieredPrices | None]], beyond: int
) -> Iterator[tuple[str, Fraction | None]]:
    """Nano-units for a million tokens of requests of more than so many tokens of input."""
    for name, price in prices:
        found = price
        if isinstance(price, TieredPrices):
            reached = [tier.price for tier in price.tiers if tier.start <= beyond]
            found = (reached or [price.base])[-1]
        yield name, None if not isinstance(found, Decimal) else Fraction(found) * NANOS_PER_UNIT
