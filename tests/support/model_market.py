"""A market for tests: the shipped catalogue, and list prices as they were on 23 November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

from aicost.core.money import NANOS_PER_UNIT
from aicost.core.recommendations.models.catalogue import Catalogue
from aicost.core.recommendations.models.market import Market
from aicost.core.token_prices import Manner, Rates, TokenPrice
from aicost.sources.model_catalogue import shipped

_LONG = {"gpt": (272_000, 2, Fraction(3, 2)), "haiku": (100_000, 5, Fraction(5))}
"""From how many tokens on requests cost more, how much more their input, and their output."""
LISTED: Mapping[str, tuple[str, str, str, str]] = {
    "gpt-6-astra": ("10", "1", "12.5", "50"),
    "gpt-6.1-sol": ("2", "0.1", "2.5", "10"),
    "gpt-6-sol": ("2", "0.2", "2.5", "10"),
    "gpt-6.1-terra": ("1", "0.05", "1.25", "5"),
    "gpt-6-luna": ("0.1", "0.01", "0.125", "0.5"),
    "gpt-5.6-sol": ("4", "0.4", "5", "20"),
    "gpt-5": ("1.25", "0.125", "1.25", "10"),
    "gpt-4o": ("2.5", "1.25", "2.5", "10"),
    "claude-opus-5-5": ("4", "0.2", "5", "20"),
    "claude-opus-4-8": ("5", "0.5", "6.25", "25"),
    "claude-sonnet-5-5": ("2", "0.1", "2.5", "10"),
    "claude-sonnet-4-5": ("3", "0.3", "3.75", "15"),
    "claude-haiku-5-5": ("0.1", "0.01", "0.125", "0.5"),
    "claude-haiku-4-5": ("1", "0.1", "1.25", "5"),
    "gemini-2.5-flash": ("0.3", "0.03", "0.3", "2.5"),
}
"""Dollars for a million tokens of input, cached input, cache writes and output, of genai-prices 0.2.3."""
_HALF, _TWICE = Fraction(1, 2), Fraction(2)
_FACTORS: Mapping[tuple[str, Manner], Fraction] = {
    ("openai", frozenset({("batch", "true")})): _HALF,
    ("anthropic", frozenset({("batch", "true")})): _HALF,
    ("openai", frozenset({("tier", "flex")})): _HALF,
    ("openai", frozenset({("tier", "priority")})): _TWICE,
    ("anthropic", frozenset({("speed", "fast")})): _TWICE,
}


def quote(provider: str, model: str, manner: Manner) -> TokenPrice | None:
    """The list price, doubtful where the list knows no price for the manner."""
    rates = LISTED.get(model)
    if rates is None:
        return None
    price = _standard(model, rates)
    if not manner:
        return price
    factor = _FACTORS.get((provider, manner))
    return price.times(factor) if factor else replace(price, doubtful=True)


def market(catalogue: Catalogue | None = None) -> Market:
    """The market by which cases are judged."""
    return Market(catalogue or shipped(), quote)


@cache
def _standard(model: str, rates: tuple[str, str, str, str]) -> TokenPrice:
    given, read, written, told = (Fraction(rate) * NANOS_PER_UNIT for rate in rates)
    longer = next((of for name, of in _LONG.items() if name in model and model not in ("gpt-5", "gpt-4o")), None)
    longer = None if model == "claude-haiku-4-5" else longer
    tiers = (
        ((longer[0], Rates(given * longer[1], read * longer[1], written * longer[1], told * longer[2])),)
        if longer
        else ()
    )
    return TokenPrice("USD", Rates(given, read, written, told), tiers, source="list of 2026-11-23")
