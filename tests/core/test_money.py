"""Money is exact: what is read is what is printed, and no split or accrual gains or loses a nano-unit."""

from __future__ import annotations

import itertools
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.money import CurrencyMismatchError, Money, accrued, decimal, parse_nanos, rounded, split

NANOS = st.integers(-(10**24) + 1, 10**24 - 1)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any)
PRICES = st.integers(0, 10**14)
SECONDS = st.integers(0, 4 * 10**9)


@given(NANOS)
def test_decimal_is_read_back_as_the_same_amount(nanos: int) -> None:
    """Every amount survives being printed and read."""
    assert parse_nanos(decimal(nanos)) == nanos


@given(NANOS)
def test_decimal_is_plain(nanos: int) -> None:
    """An amount prints with 2 to 9 decimals, without exponent, and equals the exact number."""
    text = decimal(nanos)
    assert 2 <= len(text.partition(".")[2]) <= 9
    assert "e" not in text.lower()
    assert Fraction(text) == Fraction(nanos, 10**9)


def test_nothing_has_no_sign() -> None:
    """Zero prints as zero, and without decimals where none are wanted."""
    assert (decimal(0), rounded(0), rounded(2_500_000_000, 0)) == ("0.00", "0.00", "2")


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("-0", 0),
        ("12.34", 12_340_000_000),
        ("-0.000000001", -1),
        ("007.5", 7_500_000_000),
        ("999999999999999.999999999", 10**24 - 1),
    ],
)
def test_parse_reads_plain_decimals(text: str, nanos: int) -> None:
    """A plain decimal of at most 15 digits and 9 decimals is read exactly."""
    assert parse_nanos(text) == nanos


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".5",
        "5.",
        "+1",
        "1e3",
        "1,000",
        " 1",
        "1\n",
        "0.0000000001",
        "1" * 16,
        "NaN",
        "Infinity",
        "--1",
        "0x1",
        "1_0",
    ],
)
def test_parse_refuses_everything_else(text: str) -> None:
    """What is not a plain decimal is an error that quotes it, never a guess."""
    with pytest.raises(ValueError, match="is not an amount"):
        parse_nanos(text)


@pytest.mark.parametrize("text", ["\u0661\u0662", "\uff11", "1.\u0665"])
def test_parse_refuses_digits_of_other_scripts(text: str) -> None:
    """Only ASCII digits make an amount, since only those print back alike."""
    with pytest.raises(ValueError, match="is not an amount"):
        parse_nanos(text)


@given(NANOS, st.integers(0, 9))
def test_rounded_is_half_to_even(nanos: int, places: int) -> None:
    """Rounding agrees with the standard library's decimal arithmetic, and never prints a negative zero."""
    exact = Decimal(nanos).scaleb(-9)
    expected = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN) if abs(nanos) < 10**18 else None
    text = rounded(nanos, places)
    if expected is not None:
        assert Decimal(text) == expected
    assert not (text.startswith("-") and Decimal(text) == 0)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (5_000_000, "0.00"),
        (15_000_000, "0.02"),
        (-5_000_000, "0.00"),
        (-15_000_000, "-0.02"),
        (2_696_800_000_000, "2696.80"),
    ],
)
def test_rounded_ties(nanos: int, text: str) -> None:
    """A tie goes to the even digit, on both sides of zero."""
    assert rounded(nanos) == text


def test_money_of_two_currencies_never_meets() -> None:
    """Adding or subtracting across currencies is an error that names both."""
    with pytest.raises(CurrencyMismatchError, match="USD with EUR"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(CurrencyMismatchError, match="USD with EUR"):
        Money(1, "USD") - Money(1, "EUR")


@given(NANOS, NANOS)
def test_money_adds_and_subtracts_exactly(one: int, other: int) -> None:
    """Subtracting what was added gives back the amount."""
    assert Money(one, "USD") + Money(other, "USD") - Money(other, "USD") == Money(one, "USD")


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "", "U$D", "USD\n"])
def test_money_needs_a_currency_code(code: str) -> None:
    """An amount without a three-letter currency code cannot be built."""
    with pytest.raises(ValueError, match="is not a currency"):
        Money(1, code)


def test_money_reads_and_prints_with_its_currency() -> None:
    """An amount is parsed from a decimal and prints with its code."""
    assert str(Money.parse("-12.3", "EUR")) == "-12.30 EUR"


@given(NANOS, WEIGHTS)
def test_split_conserves(total: int, weights: list[int]) -> None:
    """The parts sum to the total exactly."""
    assert sum(split(total, weights)) == total


@given(NANOS, WEIGHTS)
def test_split_is_within_one_unit_of_the_exact_share(total: int, weights: list[int]) -> None:
    """No part differs from its exact share by a whole unit, and weight zero gets nothing."""
    for part, weight in zip(split(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1
        assert weight or part == 0


@given(NANOS, WEIGHTS)
def test_split_mirrors_the_sign(total: int, weights: list[int]) -> None:
    """A credit is split as the charge that it takes back."""
    assert split(-total, weights) == tuple(-part for part in split(total, weights))


@given(st.integers(0, 10**24), WEIGHTS)
def test_split_gives_odd_units_to_the_largest_remainders(total: int, weights: list[int]) -> None:
    """Nobody whose share was rounded up lost less by rounding down than anybody whose share was not."""
    shares = [Fraction(total * weight, sum(weights)) for weight in weights]
    split_shares = list(zip(split(total, weights), shares, strict=True))
    up = [share % 1 for part, share in split_shares if part > share]
    down = [share % 1 for part, share in split_shares if part <= share]
    assert not up or min(up) >= max(down, default=0)


@given(st.integers(0, 10**24), WEIGHTS)
def test_split_is_monotone_in_weight(total: int, weights: list[int]) -> None:
    """Whoever weighs more never gets less."""
    parts = [part for _, part in sorted(zip(weights, split(total, weights), strict=True))]
    assert parts == sorted(parts)


@given(st.integers(0, 10**12), WEIGHTS, st.data())
def test_split_never_lowers_who_takes_weight_from_another(total: int, weights: list[int], data: st.DataObject) -> None:
    """Weight that moves from one to another never makes the receiver's part smaller."""
    giver = data.draw(st.sampled_from([i for i, weight in enumerate(weights) if weight]))
    taker = data.draw(st.integers(0, len(weights) - 1))
    moved = data.draw(st.integers(0, weights[giver]))
    after = list(weights)
    after[giver] -= moved
    after[taker] += moved
    assert split(total, after)[taker] >= split(total, weights)[taker]


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 1000))
def test_split_breaks_ties_by_position(total: int, count: int, weight: int) -> None:
    """Among equal weights the earlier position gets the odd unit."""
    parts = split(total, [weight] * count)
    assert list(parts) == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_split_refuses_weights_that_share_nothing(weights: list[int]) -> None:
    """Without a positive weight, or with a negative one, there is no share to give."""
    with pytest.raises(ValueError, match=r"^weights must be non-negative with a positive sum$"):
        split(1, weights)


@given(PRICES, st.lists(SECONDS, min_size=2, max_size=6))
def test_accrued_is_additive_over_any_partition(price: int, cuts: list[int]) -> None:
    """However a window is cut, its pieces accrue what the window does."""
    cuts.sort()
    pieces = sum(accrued(price, start, end) for start, end in itertools.pairwise(cuts))
    assert pieces == accrued(price, cuts[0], cuts[-1])


@given(PRICES, SECONDS, SECONDS)
def test_accrued_is_within_one_unit_of_price_times_time(price: int, start: int, seconds: int) -> None:
    """An accrual differs from price times hours by less than a nano-unit, and is exact over whole hours."""
    assert abs(accrued(price, start, start + seconds) - Fraction(price * seconds, 3600)) < 1
    assert accrued(price, start * 3600, (start + seconds) * 3600) == price * seconds
