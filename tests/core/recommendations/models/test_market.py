"""Prices by which levers compare: those of the very manner in which something is asked."""

from __future__ import annotations

from fractions import Fraction

from aicost.core.recommendations.models.market import STANDARD
from aicost.core.token_prices import Manner
from tests.support.model_market import market, quote

US: Manner = frozenset({("region", "us")})
FAST: Manner = frozenset({("speed", "fast")})


def test_a_list_that_falls_back_to_its_standard_price_has_none() -> None:
    """A saving against a price that is another manner's would be a promise about nothing."""
    assert quote("anthropic", "claude-opus-5-5", frozenset({("tier", "flex")}))
    assert market().price("anthropic", "claude-opus-5-5", frozenset({("tier", "flex")})) is None


def test_who_asks_for_small_savings_has_a_lower_gate() -> None:
    """Never a higher one: what is too small to be told is left out by the minimum itself."""
    gates = [market().asked_by(nanos).policy.least_monthly_nanos for nanos in (0, 10**9, 10**12)]
    assert gates == [50 * 10**9, 10**9, 50 * 10**9]


def test_what_only_the_catalogue_knows_goes_on_top() -> None:
    """Of the standard price, and of that of another manner."""
    standard = market().price("anthropic", "claude-opus-5-5", STANDARD)
    assert standard
    more = Fraction(11, 10)
    assert market().price("anthropic", "claude-opus-5-5", US) == standard.times(more)
    assert market().price("anthropic", "claude-opus-5-5", US | FAST) == standard.times(2 * more)
    assert market().price("anthropic", "claude-next", US) is None
