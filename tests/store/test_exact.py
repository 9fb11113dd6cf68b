"""Sums and shares beyond 64 bits: the database's arithmetic is Python's, and never a float's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
)

from aicost.core.usage import FULLY_BUSY_PPM
from aicost.ports import Malformed
from aicost.store import exact
from aicost.store.columns import WHOLE
from aicost.store.engine import engine, make_room
from tests.store.conftest import ENGINES

LEAST, MOST = -(2**63), 2**63 - 1
NUMBERS = st.integers(LEAST, MOST) | st.sampled_from([LEAST, MOST, 2**53 + 1, -(2**53) - 1, 0])
NUMBER = Table("number", MetaData(), Column("n", WHOLE), Column("ppm", WHOLE), sqlite_strict=True)
N, PPM = NUMBER.c.n, NUMBER.c.ppm


@pytest.fixture(scope="module", params=ENGINES)
def numbers_in(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine of each kind."""
    opened = engine(":memory:" if request.param == "sqlite" else request.getfixturevalue("server").url())
    with opened.begin() as connection:
        make_room(connection)
    yield opened
    opened.dispose()


def filled(connection: Connection, *numbers: tuple[int, int]) -> None:
    """A table of these numbers, gone with its transaction."""
    NUMBER.create(connection)
    if numbers:
        connection.execute(insert(NUMBER), [{"n": n, "ppm": ppm} for n, ppm in numbers])


def cut(numerator: int, divisor: int) -> int:
    """Division towards zero."""
    return abs(numerator) // divisor * (1 if numerator >= 0 else -1)


@given(st.lists(NUMBERS, max_size=6))
def test_sum_is_exact_however_large(numbers_in: Engine, numbers: list[int]) -> None:
    """Any 64-bit integers, of either sign, sum to what Python sums them to; over nothing it is zero."""
    with numbers_in.connect() as connection:
        filled(connection, *((n, 0) for n in numbers))
        row = connection.execute(select(*exact.sums("all", N))).mappings().one()
        assert exact.total(row, "all") == sum(numbers)


@given(st.lists(NUMBERS, min_size=1, max_size=4), st.integers(-2, 2))
def test_a_number_differs_from_a_sum_by_a_single_one(numbers_in: Engine, parts: list[int], error: int) -> None:
    """A sum that fits equals its number, and one more or less is seen, whatever signs the parts have."""
    number = sum(parts) + error
    if not LEAST <= number <= MOST:
        return
    with numbers_in.connect() as connection:
        filled(connection, *((n, number) for n in parts))
        whole, left = exact.sums("all", N)
        found = select(exact.differs(func.max(PPM), whole.element, left.element)).select_from(NUMBER)
        assert connection.execute(found).scalar_one() == (error != 0)


@given(NUMBERS, st.integers(0, FULLY_BUSY_PPM))
def test_share_is_cut_once(numbers_in: Engine, number: int, ppm: int) -> None:
    """Parts per million of any 64-bit integer are what an exact product would be cut to."""
    with numbers_in.connect() as connection:
        filled(connection, (number, ppm))
        assert connection.execute(select(exact.busy(N, PPM))).scalar_one() == cut(number * ppm, FULLY_BUSY_PPM)


@pytest.mark.parametrize("number", [LEAST, -(2**53) - 1, 2**53 + 1, 112 * 10**12, MOST])
@pytest.mark.parametrize("ppm", [0, 1, 333_333, 999_999, FULLY_BUSY_PPM])
def test_no_float_is_ever_made(numbers_in: Engine, number: int, ppm: int) -> None:
    """Every step stays an integer, or PostgreSQL's exact decimal, where amounts pass 2^53 nano-units and products 2^63."""
    steps: list[ColumnElement[int]] = [
        *(step.element for step in exact.sums("all", N)),
        exact.busy(N, PPM),
        func.sum(exact.whole(N) * PPM),
        func.sum(exact.left(N) * PPM),
    ]
    with numbers_in.connect() as connection:
        filled(connection, (number, ppm), (number, ppm))
        type_of = func.typeof if connection.dialect.name == "sqlite" else func.pg_typeof
        types = connection.execute(select(*(cast(type_of(step), Text) for step in steps)).group_by(N, PPM)).one()
    assert set(types) <= {"integer", "bigint", "numeric"}


def test_what_would_lose_units_is_refused(numbers_in: Engine) -> None:
    """A product that passes 64 bits is a float in SQLite, and is not read; PostgreSQL refuses to make it."""
    with numbers_in.connect() as connection:
        filled(connection, (MOST, FULLY_BUSY_PPM))
        with pytest.raises((TypeError, Malformed), match=r"float|a number is beyond 64 bits"):
            exact.total(connection.execute(select(*exact.sums("all", N * PPM))).mappings().one(), "all")


def test_fraction_is_refused(numbers_in: Engine) -> None:
    """A sum that was divided where that leaves something is not read."""
    with numbers_in.connect() as connection:
        half = literal(Decimal("1.5"))
        row = connection.execute(select(half.label("all_whole"), half.label("all_left"))).mappings().one()
        with pytest.raises(TypeError, match=r"1\.50* is no integer"):
            exact.total(row, "all")
