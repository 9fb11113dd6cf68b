"""Prices of tokens: what a provider's model costs, by whose price, at which time. Rates are exact fractions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias, TypeVar

from aicost.core.model_names import undated
from aicost.core.window import Instant

Manner: TypeAlias = frozenset[tuple[str, str]]
"""How requests were made, where that is not the standard way: `tier`, `batch`, `speed` and `region`, with their values."""
ContextWindow: TypeAlias = tuple[int, int]
"""Requests of more than so many tokens of input, and of so many at most."""
ANY_MODEL = "*"
WHOLE_PPM = 1_000_000
_WINDOW = re.compile("([0-9]{1,6})([kM]?)-([0-9]{1,6})([kM]?)")
"""As Anthropic writes them: `0-200k`, `200k-1M`."""
_THOUSANDS = {"": 1, "k": 1000, "M": 1_000_000}
_STANDARD = {
    "tier": ("", "default", "standard", "auto"),
    "batch": ("", "false"),
    "speed": ("", "standard"),
    "region": ("", "global", "not_available"),
}
"""The dimensions that a price may depend on, with the values of them that change nothing."""


def context_window(dimensions: Iterable[tuple[str, str]]) -> ContextWindow | None:
    """How long each request of a usage row was, where its provider tells that; None of what is not understood."""
    found = _WINDOW.fullmatch(dict(dimensions).get("contextWindow", ""))
    return (int(found[1]) * _THOUSANDS[found[2]], int(found[3]) * _THOUSANDS[found[4]]) if found else None


def manner_of(dimensions: Iterable[tuple[str, str]]) -> Manner:
    """What of a usage row's dimensions may change its price."""
    return frozenset((name, value) for name, value in dimensions if value not in _STANDARD.get(name, (value,)))


@dataclass(frozen=True, slots=True)
class Rates:
    """Nano-units for 1,000,000 tokens of each kind; None where that kind has no rate of its own.

    Input that a cache gave or took costs what other input does where it has no rate; what a cache keeps for an hour or longer
    costs what other writes do. Tokens of images cost what text does where they have no rate, for that is how most models
    charge them; those of audio never do.
    """

    input: Fraction | None = None
    cached_input: Fraction | None = None
    cache_write: Fraction | None = None
    output: Fraction | None = None
    cache_write_long: Fraction | None = None
    audio_input: Fraction | None = None
    cached_audio_input: Fraction | None = None
    audio_output: Fraction | None = None
    image_input: Fraction | None = None
    cached_image_input: Fraction | None = None
    image_output: Fraction | None = None

    def __post_init__(self) -> None:
        if any(rate is not None and rate < 0 for rate in self.named().values()):
            raise ValueError("a price of tokens cannot be negative")

    def named(self) -> dict[str, Fraction | None]:
        """Each rate by its name."""
        return {
            "input": self.input,
            "cached_input": self.cached_input,
            "cache_write": self.cache_write,
            "output": self.output,
            "cache_write_long": self.cache_write_long,
            "audio_input": self.audio_input,
            "cached_audio_input": self.cached_audio_input,
            "audio_output": self.audio_output,
            "image_input": self.image_input,
            "cached_image_input": self.cached_image_input,
            "image_output": self.image_output,
        }

    def over(self, others: Rates) -> Rates:
        """These, and where they have none the others."""
        named = others.named() | {name: rate for name, rate in self.named().items() if rate is not None}
        return Rates(**named)

    def times(self, factor: Fraction) -> Rates:
        """All of them, multiplied."""
        return Rates(**{name: None if rate is None else rate * factor for name, rate in self.named().items()})


NO_RATES = Rates()


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """What tokens of one model cost. `longer` are the rates of whole requests of more input than so many tokens, ascending.

    `source` says whose list price it is, empty where every rate is declared, and `discounted` whether a declared discount is
    in it. It is `doubtful` where the list has no price for the manner of the requests, so that it is the standard one's.
    Of what is not paid by token it is `each`: nano-units for one of a measure, and no rates.
    """

    currency: str
    rates: Rates
    longer: tuple[tuple[int, Rates], ...] = ()
    source: str = ""
    declared: bool = False
    discounted: bool = False
    doubtful: bool = False
    each: Fraction | None = None

    def __post_init__(self) -> None:
        if self.each is not None and self.each < 0:
            raise ValueError("a price of usage cannot be negative")

    def times(self, factor: Fraction) -> TokenPrice:
        """All of its rates, multiplied."""
        longer = tuple((beyond, rates.times(factor)) for beyond, rates in self.longer)
        each = None if self.each is None else self.each * factor
        return replace(self, rates=self.rates.times(factor), longer=longer, each=each)

    def within(self, window: ContextWindow) -> TokenPrice:
        """What it is for requests of that much input, of which each has the rates of its length."""
        more, most = window
        reached = [rates for beyond, rates in self.longer if beyond <= more]
        longer = tuple((beyond, rates) for beyond, rates in self.longer if more < beyond < most)
        return replace(self, rates=(reached or [self.rates])[-1], longer=longer)


@dataclass(frozen=True, slots=True)
class Override:
    """A declared price of a provider's model, from an instant on; what it has no rate for costs what the list says.

    `each` are nano-units for one of each measure that is not paid by token, and of images of a size: `images of 1024x1024`.
    """

    provider: str
    model: str
    since: Instant
    rates: Rates = NO_RATES
    each: frozenset[tuple[str, Fraction]] = frozenset()


@dataclass(frozen=True, slots=True)
class Discount:
    """Parts per million off a provider's list prices, of a model or of any (`*`), from an instant on."""

    provider: str
    model: str
    since: Instant
    off_ppm: int

    def __post_init__(self) -> None:
        if not 0 <= self.off_ppm <= WHOLE_PPM:
            raise ValueError("a discount is between nothing and all of the price")


_Dated = TypeVar("_Dated", Override, Discount)


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What a price book says of tokens, in its currency."""

    overrides: tuple[Override, ...] = ()
    discounts: tuple[Discount, ...] = ()

    def price(
        self, currency: str, provider: str, model: str, at: Instant, listed: TokenPrice | None, manner: Manner
    ) -> TokenPrice | None:
        """The override's rates as they stand; of the rest the list price less the discount. None where neither is there.

        An override names no manner, so that for any but the standard one it is doubtful.
        """
        listed = self._discounted(provider, model, at, listed)
        override = _best((each for each in self.overrides if each.rates != NO_RATES), provider, model, at)
        return replace(_overridden(override, currency, listed), doubtful=bool(manner)) if override else listed

    def of_each(
        self, currency: str, provider: str, model: str, at: Instant, listed: TokenPrice | None, *measures: str
    ) -> TokenPrice | None:
        """What one of a measure costs: as an override says, else as the list, less the discount. None where neither is there.

        Of `measures` the first that the override prices counts: `images of 1024x1024`, then `images`.
        """
        override = _best((each for each in self.overrides if _first(each, measures)), provider, model, at)
        if override is None:
            return self._discounted(provider, model, at, listed)
        return TokenPrice(currency, NO_RATES, declared=True, each=dict(override.each)[_first(override, measures)])

    def _discounted(self, provider: str, model: str, at: Instant, listed: TokenPrice | None) -> TokenPrice | None:
        discount = _best(self.discounts, provider, model, at)
        if listed is None or discount is None:
            return listed
        return replace(listed.times(Fraction(WHOLE_PPM - discount.off_ppm, WHOLE_PPM)), discounted=True)


def _first(override: Override, measures: Iterable[str]) -> str:
    priced = dict(override.each)
    return next((measure for measure in measures if measure in priced), "")


def _best(entries: Iterable[_Dated], provider: str, model: str, at: Instant) -> _Dated | None:
    """Of the entries that have begun the one that names the model most precisely, of several the latest."""
    return max(_fitting(entries, provider, model, at), key=_precision, default=None)


def _fitting(entries: Iterable[_Dated], provider: str, model: str, at: Instant) -> Iterator[_Dated]:
    names = (ANY_MODEL, model, undated(model))
    for entry in entries:
        if entry.provider == provider and entry.since <= at and entry.model in names:
            yield entry


def _precision(entry: Override | Discount) -> tuple[bool, int, Instant]:
    return entry.model != ANY_MODEL, len(entry.model), entry.since


def _overridden(override: Override, currency: str, listed: TokenPrice | None) -> TokenPrice:
    """A list in another currency says nothing of what the override leaves out: a price has one currency."""
    if listed is None or listed.currency != currency:
        return TokenPrice(currency, override.rates, declared=True)
    longer = tuple((beyond, override.rates.over(rates)) for beyond, rates in listed.longer)
    rates = override.rates.over(listed.rates)
    return replace(
        listed,
        rates=rates,
        longer=longer,
        declared=True,
        source="" if rates == override.rates else listed.source,
    )
