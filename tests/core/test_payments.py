"""Payments: as much of what is owed is paid as can be, by nothing that contradicts it, and nothing twice."""

from __future__ import annotations

import time
from itertools import chain, combinations

from hypothesis import example, given
from hypothesis import strategies as st

from aicost.core.declarations import Dimensions
from aicost.core.payments import Amounts, meetings, settled
from tests.support.builders import dims
from tests.support.payments import just_enough

_SOME = st.dictionaries(st.sampled_from(("key", "model", "user")), st.sampled_from("ab"), max_size=3)
AMOUNTS = st.dictionaries(_SOME.map(lambda named: dims(**named)), st.integers(0, 9), max_size=5)


def fit(one: Dimensions, other: Dimensions) -> bool:
    """Whether they contradict each other nowhere."""
    mine, theirs = dict(one), dict(other)
    return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys())


def least(payments: Amounts, owed: Amounts) -> int:
    """The most by which any part of what is owed exceeds all that may be of that part: by trying every part."""
    parts = chain.from_iterable(combinations(owed, size) for size in range(len(owed) + 1))
    return max(
        sum(owed[of] for of in part)
        - sum(amount for of, amount in payments.items() if any(fit(of, debt) for debt in part))
        for part in parts
    )


K1_M1, K2_M1, K3_M2 = dims(key="a", model="a"), dims(key="b", model="a"), dims(key="c", model="b")


@given(AMOUNTS, AMOUNTS)
@example({dims(model="a"): 5, dims(key="a"): 5}, {K1_M1: 5, K2_M1: 5})
@example({dims(user="c"): 3, dims(model="b"): 7}, {K3_M2: 5, dims(key="a", model="b", user="a"): 3})
@example({dims(user="c"): 7, dims(model="b"): 4}, {dims(key="a", user="b"): 7, dims(key="b", model="b"): 6})
@example(
    {dims(model="a"): 3, dims(user="b"): 8, dims(user="a"): 1, dims(model="a", user="a"): 4, dims(key="b"): 6},
    {
        dims(user="b", model="a", key="b"): 3,
        dims(model="c", key="b", user="c"): 6,
        dims(model="a", key="b", user="c"): 1,
    },
)
@example(
    {dims(key="a"): 8, dims(model="a"): 3, dims(model="c"): 4, dims(user="b"): 4},
    {
        dims(key="a", model="a", user="a"): 4,
        dims(key="a", model="c", user="a"): 4,
        dims(key="a", model="d", user="a"): 8,
        dims(key="b", model="c", user="b"): 4,
    },
)
def test_no_more_is_left_than_must(payments: Amounts, owed: Amounts) -> None:
    """And what is paid leaves both sides: no payment is spent twice, nothing is below zero."""
    beyond, left = settled(payments, owed)
    assert sum(left.values()) == least(payments, owed)
    assert sum(payments.values()) - sum(beyond.values()) == sum(owed.values()) - sum(left.values())
    for before, after in ((payments, beyond), (owed, left)):
        assert before.keys() == after.keys()
        assert all(0 <= after[of] <= before[of] for of in before)


@given(AMOUNTS, AMOUNTS)
def test_order_changes_no_division(payments: Amounts, owed: Amounts) -> None:
    """Nor by whom it is paid."""
    turned = settled(dict([*payments.items()][::-1]), dict([*owed.items()][::-1]))
    assert turned == settled(payments, owed)


@given(AMOUNTS, AMOUNTS)
def test_what_fits_meets_once(payments: Amounts, owed: Amounts) -> None:
    """And nothing else does."""
    met = [(paying, owing) for mine, theirs in meetings(payments, owed) for paying in mine for owing in theirs]
    assert len(met) == len(set(met))
    assert set(met) == {(paying, owing) for paying in payments for owing in owed if fit(paying, owing)}


def test_meetings_are_in_the_order_of_what_they_are_of() -> None:
    """However they are given; what has nobody to meet is in none."""
    every = [dims(key=of) for of in "abcdefgh"]
    met = meetings([*reversed(every), dims(key="x")], [*every[3:], *every[:3], dims(key="y")])
    assert [(list(paying), list(owing)) for paying, owing in met] == [([of], [of]) for of in every]


def test_what_is_most_alike_is_paid_first() -> None:
    """What says the same before what says less, and what is closer before what is further."""
    exact = {K1_M1: 3, dims(key="a"): 2}
    assert settled({K1_M1: 3}, exact) == ({K1_M1: 0}, {K1_M1: 0, dims(key="a"): 2})
    assert settled({dims(key="a"): 3}, {K1_M1: 3, dims(): 3})[1] == {K1_M1: 0, dims(): 3}
    assert settled({dims(): 3}, {K1_M1: 3, dims(key="a"): 3})[1] == {K1_M1: 3, dims(key="a"): 0}


def test_what_nothing_tells_apart_divides_by_what_is_owed() -> None:
    """To the nano-unit, and payments by what they have."""
    by_model = {dims(model="a"): 4}
    assert settled(by_model, {K1_M1: 4, K2_M1: 12}) == ({dims(model="a"): 0}, {K1_M1: 3, K2_M1: 9})
    both = {K1_M1: 9, K2_M1: 3}
    assert settled(both, by_model) == ({K1_M1: 6, K2_M1: 2}, {dims(model="a"): 0})


def test_a_day_of_many_keys_and_models_is_settled_at_once() -> None:
    """Rows that lack the key and rows that lack the model, which just suffice: a second would be minutes for 2,000 keys."""
    payments, owed = just_enough(keys=100, models=60)
    began = time.process_time()
    beyond, left = settled(payments, owed)
    assert time.process_time() - began < 1
    assert not any((*beyond.values(), *left.values()))
