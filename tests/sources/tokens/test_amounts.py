"""Amounts become exact nano-units: dollars stay dollars, credits stay negative, nothing is read through a float."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.money import Money
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import amount, nanos
from aicost.sources.tokens.answers import Answer


def read(value: str, currency: str = '"usd"') -> Money:
    answer = Answer.read(f'{{"value": {value}, "currency": {currency}}}'.encode())
    return amount(answer.field("value"), answer.field("currency"))


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("1400", 1_400_000_000_000),
        ("1400.0", 1_400_000_000_000),
        ('"1400.00"', 1_400_000_000_000),
        ("0.06", 60_000_000),
        ("0.06000000000000001", 60_000_000),
        ("1.5e-7", 150),
        ('"1.5E-7"', 150),
        ("-12.34", -12_340_000_000),
        ("-0.0", 0),
        ("0.1", 100_000_000),
        ("9007199.254740993", 9_007_199_254_740_993),
        ("99999999.999999999", 99_999_999_999_999_999),
        ("1e-400", 0),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("-0.0000000015", -2),
        ("0.00000000050000000000000000000000000000000000000000001", 1),
    ],
)
def test_an_amount_is_dollars_to_the_nano(written: str, exact: int) -> None:
    """Numbers and strings, exponents included; what is finer than a nano is rounded half to even, once."""
    assert read(written) == Money(exact, "USD")


def test_amounts_are_dollars_not_cents() -> None:
    """OpenAI's 58.00 is fifty-eight dollars: neither 0.58 nor 5,800."""
    assert str(read("58.00")) == "58.00 USD"


@pytest.mark.parametrize(
    "written",
    ["true", "false", "NaN", "Infinity", "-Infinity", "1e400", "1e8", "-1e8", "[]", "{}", "1e999999999999999999999"]
    + [
        f'"{text}"' for text in ("", " 1", "1 ", "+1", "1,000", "NaN", "$5", "0x10", "\u0661", "1_000", "--1", "1e9999")
    ],
)
def test_anything_else_is_malformed(written: str) -> None:
    """What is no finite number that a row can cost is never guessed at."""
    with pytest.raises(Malformed, match="value"):
        read(written)


@pytest.mark.parametrize("currency", ['"usd"', '"USD"', '"Usd"'])
def test_a_currency_is_upper_case(currency: str) -> None:
    """OpenAI writes currencies in lower case."""
    assert read("1", currency).currency == "USD"


@pytest.mark.parametrize("currency", ["null", '""', '"us"', '"dollars"', "1", '"u$d"', '"\u00fcsd"'])
def test_an_unknown_kind_of_currency_is_malformed(currency: str) -> None:
    """There is no default currency."""
    with pytest.raises(Malformed, match="currency"):
        read("1", currency)


@given(st.decimals(-(10**8) + 1, 10**8 - 1, allow_nan=False))
def test_rounding_is_off_by_half_a_nano_at_most(value: Decimal) -> None:
    """No amount moves by more than half a nano-unit."""
    assert abs(Fraction(nanos(value)) - Fraction(value) * 10**9) <= Fraction(1, 2)
