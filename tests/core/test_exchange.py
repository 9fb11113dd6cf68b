"""Exchange: dated rates, exact conversion whose parts sum to their whole, and the currency that each unit is told in."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Unit
from aicost.core.exchange import Exchange, apportioned, converted, currencies, together
from aicost.core.ledger import Certainty, Component, Total
from aicost.core.money import Money
from aicost.core.prices import ExchangeRate
from aicost.core.window import DAY, Instant
from tests.support.builders import T0, a_total, at, between, owned_by, usd
from tests.support.strategies import totals

NANOS = 10**9
RATES = (
    ExchangeRate("EUR", at(0), 1_080_000_000),
    ExchangeRate("EUR", at(2 * DAY), 1_200_000_000),
    ExchangeRate("GBP", at(-DAY), 1_500_000_000),
)
EXCHANGE = Exchange("USD", RATES)
PARTS = st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=6)
RATIOS = st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**9)


@pytest.mark.parametrize(
    ("currency", "target", "when", "rate"),
    [
        ("EUR", "USD", 0, Fraction(108, 100)),
        ("EUR", "USD", 2 * DAY - 1, Fraction(108, 100)),
        ("EUR", "USD", 2 * DAY, Fraction(12, 10)),
        ("USD", "EUR", 0, Fraction(100, 108)),
        ("GBP", "EUR", 0, Fraction(150, 108)),
        ("EUR", "EUR", -9 * DAY, Fraction(1)),
        ("EUR", "USD", -1, None),
        ("GBP", "EUR", -1, None),
        ("JPY", "USD", 0, None),
    ],
)
def test_the_rate_in_force_is_the_latest_that_has_begun(
    currency: str, target: str, when: int, rate: Fraction | None
) -> None:
    """In either direction and across the book's currency; before the first there is none, and no guess."""
    assert EXCHANGE.rate(currency, target, at(when)) == rate


def test_a_window_is_cut_where_rates_begin() -> None:
    """Within a piece every rate stands; the pieces are the window."""
    assert EXCHANGE.pieces(between(0, 3 * DAY)) == (between(0, 2 * DAY), between(2 * DAY, 3 * DAY))
    assert EXCHANGE.pieces(between(0, DAY)) == (between(0, DAY),)


def test_a_rate_is_above_zero() -> None:
    """Nothing is worth nothing."""
    with pytest.raises(ValueError, match=r"^an exchange rate must be greater than zero$"):
        ExchangeRate("EUR", T0, 0)
    assert ExchangeRate("EUR", T0, 1).nanos == 1


@given(PARTS, RATIOS)
def test_parts_sum_to_the_converted_whole(parts: list[int], rate: Fraction) -> None:
    """The whole is rounded once; every part is within one nano-unit of its exact value."""
    out = apportioned(parts, rate)
    assert sum(out) == round(sum(parts) * rate)
    assert all(abs(part * rate - nanos) < 1 for part, nanos in zip(parts, out, strict=True))


@pytest.mark.parametrize(("parts", "out"), [([3, 1], (1, 1)), ([1, 4], (0, 2)), ([1, 1, 1], (1, 0, 0))])
def test_the_largest_remainder_is_rounded_up(parts: list[int], out: tuple[int, ...]) -> None:
    """Of equal ones the first: two fifths of each part."""
    assert apportioned(parts, Fraction(2, 5)) == out


@given(PARTS)
def test_at_par_nothing_changes(parts: list[int]) -> None:
    """A rate of one is exact."""
    assert apportioned(parts, Fraction(1)) == tuple(parts)


@given(st.lists(totals(), max_size=8))
def test_only_what_has_a_rate_is_converted(some: list[Total]) -> None:
    """Without a rate, or without an amount, totals stay as they are; the rest is told in the target currency."""
    assert list(converted(some, Exchange("USD"), "USD", T0)) == some
    out = list(converted(some, EXCHANGE, "USD", T0))
    assert {total.currency for total in out if total.gap is None} <= {"USD"}
    native = {currency: sum(t.nanos for t in some if t.currency == currency) for currency in ("USD", "EUR")}
    whole = native["USD"] + native["EUR"] * Fraction(108, 100)
    assert abs(sum(t.nanos for t in out) - whole) <= len(some)
    assert sum(t.quantity for t in out) == sum(t.quantity for t in some)


def test_totals_of_several_owners_are_converted_as_one_sum() -> None:
    """Four and a half nano-units of each are fourteen, half to even; the first by name are rounded up, in any order."""
    chat, rank = owned_by(), owned_by("rank", "search", "find")
    some = [Total(of, Component.GPU, "p", Certainty.RATED, "GBP", 3, 1) for of in (chat, rank, chat)]
    some[2] = replace(some[2], subject="a pod")
    for each in (some, some[::-1]):
        told = {(of.owner, of.subject): of.nanos for of in converted(each, EXCHANGE, "USD", T0)}
        assert told == {(chat, ""): 5, (chat, "a pod"): 5, (rank, ""): 4}


def test_what_agrees_is_one_total() -> None:
    """Converted and native amounts of one owner are one sum; other owners and currencies stay apart."""
    euros = a_total(owned_by(), Money(NANOS, "EUR"), currency="EUR", quantity=1)
    dollars = a_total(owned_by(), usd(1), quantity=2)
    summed = together(converted((euros, dollars), EXCHANGE, "USD", T0))
    assert summed == (a_total(owned_by(), usd(2, 80_000_000), quantity=3),)
    assert together((dollars, euros)) == together((euros, dollars)) == (euros, dollars)


def test_a_unit_is_told_in_its_roots_currency() -> None:
    """Inherited from the root, whatever the height; else the book's; a circle of parents changes nothing."""
    units = (
        Unit("root", currency="EUR"),
        Unit("middle", "root"),
        Unit("leaf", "middle"),
        Unit("plain"),
        Unit("lost", "nowhere"),
        Unit("a", "b"),
        Unit("b", "a"),
    )
    euro = dict.fromkeys(("root", "middle", "leaf"), "EUR")
    assert currencies(units, "USD") == {**euro, **dict.fromkeys(("plain", "lost", "a", "b"), "USD")}
    assert currencies((), "USD") == {}
    assert Instant(0) < T0
