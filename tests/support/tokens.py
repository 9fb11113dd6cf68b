"""Prices and usage of tokens for tests: decimals of a currency for a million tokens."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from aicost.core.appraisal import Appraised
from aicost.core.counting import Measure
from aicost.core.modalities import RATES
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.token_prices import Rates, TokenPrice
from aicost.core.usage import Measured, Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import between, dims


def rates(input_: str, cached: str | None = None, written: str | None = None, output: str | None = None) -> Rates:
    """Of a million tokens of each kind."""
    named = zip(("input", "cached_input", "cache_write", "output"), (input_, cached, written, output), strict=True)
    return Rates(**{name: None if text is None else Fraction(text) * NANOS_PER_UNIT for name, text in named})


def audio_rates(input_: str, cached: str, output: str) -> dict[str, Fraction]:
    """Of a million tokens of audio."""
    named = zip(("audio_input", "cached_audio_input", "audio_output"), (input_, cached, output), strict=True)
    return {name: Fraction(text) * NANOS_PER_UNIT for name, text in named}


LISTED = TokenPrice("USD", rates("2", "0.2", "2.5", "10"), ((272_000, rates("4", "0.4", "5", "15")),), source="a list")
"""As gpt-6-sol's: long requests cost more."""


AUDIBLE = replace(
    LISTED,
    rates=replace(rates("4", "0.4", None, "16"), **audio_rates("32", "0.5", "64")),
    longer=(),
)
"""As gpt-realtime's: audio costs more, and nothing is told of images."""


def used(
    tokens: Tokens,
    price: TokenPrice | None = LISTED,
    *,
    source: str = "openai",
    day: int = 0,
    measured: Measured = frozenset(),
    **named: str,
) -> Appraised:
    """What was counted on a day, of gpt-6-sol unless another model is named."""
    dimensions = dims(**{"project": "p", "apiKey": "k", "model": "gpt-6-sol", **named})
    return Appraised(
        UsageRow(source, between(day * DAY, (day + 1) * DAY), dimensions, tokens, measured), "openai", price
    )


def beyond(**counts: int) -> Measured:
    """Tokens that are no text, by the rates that price them: `beyond(audio_input=5)`."""
    return frozenset((of, count) for of, names in RATES.items() for name, count in counts.items() if names[0] == name)


def counted(measure: Measure, count: int, each: str | None = None, **named: str) -> Appraised:
    """What was counted beside tokens on a day by the same key, and what one costs, if that is known."""
    dimensions = dims(**{"project": "p", "apiKey": "k", "model": "gpt-6-sol", **named})
    row = UsageRow("openai", between(0, DAY), dimensions, Tokens(), frozenset({(measure.value, count)}))
    price = None if each is None else TokenPrice("USD", Rates(), source="a list", each=Fraction(each) * NANOS_PER_UNIT)
    return Appraised(row, "openai", price, measure)


@st.composite
def requests(draw: st.DrawFn, most: int = 10**6) -> Tokens:
    """One request."""
    read, written, rest, output = (draw(st.integers(0, most)) for _ in range(4))
    return Tokens(read + written + rest, read, written, output, requests=1)
