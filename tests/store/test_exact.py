"""Sums and shares beyond 64 bits: the database's arithmetic is Python's, and never a float's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, func, insert, select

from aicost.core.usage import FULLY_BUSY_PPM
from aicost.store import exact
from aicost.store.engine import engine
from aicost.store.schema import WHOLE

LEAST, MOST = -(2**63), 2**63 - 1
NUMBERS = st.integers(LEAST, MOST) | st.sampled_from([LEAST, MOST, 2**53 + 1, -(2**53) - 1, 0])
NUMBER = Table("number", MetaData(), Column("n", WHOLE), Column("ppm", WHOLE), sqlite_strict=True)
N, PPM = NUMBER.c.n, NUMBER.c.ppm
ENGINE = engine(":memory:")


def filled(connection: Connection, *numbers: tuple[int, int]) -> None:
    """A table of these numbers, gone with its transaction."""
    NUMBER.create(connection)
    if numbers:
        connection.execute(insert(NUMBER), [{"n": n, "ppm": ppm} for n, ppm in numbers])


def cut(numerator: int, divisor: int) -> int:
    """Division towards zero."""
    return abs(numerator) // divisor * (1 if numerator >= 0 else -1)


@given(st.lists(NUMBERS, max_size=6))
def test_sum_is_exact_however_large(numbers: list[int]) -> None:
    """Any 64-bit integers, of either sign, sum to what Python sums them to; over nothing it is zero."""
    with ENGINE.connect() as connection:
        filled(connection, *((n, 0) for n in numbers))
        row = connection.execute(select(*exact.sums("all", N))).mappings().one()
        assert exact.total(row, "all") == sum(numbers)


@given(st.lists(NUMBERS, min_size=1, max_size=4), st.integers(-2, 2))
def test_a_number_differs_from_a_sum_by_a_single_one(parts: list[int], error: int) -> None:
    """A sum that fits equals its number, and one more or less is seen, whatever signs the parts have."""
    number = sum(parts) + error
    if not LEAST <= number <= MOST:
        return
    with ENGINE.connect() as connection:
        filled(connection, *((n, number) for n in parts))
        whole, left = exact.sums("all", N)
        found = select(exact.differs(func.max(PPM), whole.element, left.element)).select_from(NUMBER)
        assert connection.execute(found).scalar_one() == (error != 0)


@given(NUMBERS, st.integers(0, FULLY_BUSY_PPM))
def test_share_is_cut_once(number: int, ppm: int) -> None:
    """Parts per million of any 64-bit integer are what an exact product would be cut to."""
    with ENGINE.connect() as connection:
        filled(connection, (number, ppm))
        assert connection.execute(select(exact.busy(N, PPM))).scalar_one() == cut(number * ppm, FULLY_BUSY_PPM)


@pytest.mark.parametrize("number", [LEAST, -(2**53) - 1, 2**53 + 1, 112 * 10**12, MOST])
@pytest.mark.parametrize("ppm", [0, 1, 333_333, 999_999, FULLY_BUSY_PPM])
def test_no_float_is_ever_made(number: int, ppm: int) -> None:
    """SQLite keeps every step an integer, where amounts pass 2^53 nano-units and products 2^63."""
    steps: list[ColumnElement[int]] = [
        *(step.element for step in exact.sums("all", N)),
        exact.busy(N, PPM),
        func.sum(exact.whole(N) * PPM),
        func.sum(exact.left(N) * PPM),
    ]
    with ENGINE.connect() as connection:
        filled(connection, (number, ppm), (number, ppm))
        types = connection.execute(select(*(func.typeof(step) for step in steps))).one()
    assert set(types) == {"integer"}


def test_float_is_refused() -> None:
    """A product that passes 64 bits is a float and has lost units already: it is not read."""
    with ENGINE.connect() as connection:
        filled(connection, (MOST, FULLY_BUSY_PPM))
        row = connection.execute(select(*exact.sums("all", N * PPM))).mappings().one()
        with pytest.raises(TypeError, match="float"):
            exact.total(row, "all")
