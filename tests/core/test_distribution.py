"""Distribution: exact, one pass, in any order, in one currency; what is declared wrongly moves nothing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.distribution import (
    WHOLE,
    Distributed,
    Distribution,
    Method,
    Pool,
    Undistributed,
    distribute,
    moved_as_own,
)
from aicost.core.identity import UNALLOCATED
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Owner, OwnerKind, Total
from aicost.core.money import Money
from aicost.core.reasons import ConditionReason
from tests.support.builders import a_total, owned_by, usd
from tests.support.strategies import distributions, totals

CARE, FIND, BASE = (a_total(owned_by(unit=unit), usd(cost)) for unit, cost in (("care", 6), ("find", 2), ("base", 10)))
DEFAULT, RESERVED = Owner(OwnerKind.UNIT, "base"), Owner(OwnerKind.RESERVED, "base")
UNITS = ("base", "care", "find", UNALLOCATED)


def of(*rules: Distribution, giver: str = "base", on: tuple[Total, ...] = (CARE, FIND, BASE)) -> Distributed:
    """What one unit's rules move, among three units and the reserved one."""
    return distribute(on, {name: rules if name == giver else () for name in UNITS}, "USD")


def moved(distributed: Distributed) -> dict[str, int]:
    """What each unit receives."""
    return {t.receiver: t.nanos for t in distributed.transfers}


@pytest.mark.parametrize(
    ("method", "to", "received"),
    [
        (Method.KEEP, (), {}),
        (Method.EVEN, (), {"care": usd(5).nanos, "find": usd(5).nanos}),
        (Method.PROPORTIONAL, (), {"care": usd(7, 500_000_000).nanos, "find": usd(2, 500_000_000).nanos}),
        (Method.EVEN, (("care", 0),), {"care": usd(10).nanos}),
        (Method.FIXED, (("care", 400_000), ("find", 1)), {"care": usd(4).nanos, "find": 10_000}),
        (Method.FIXED, (("care", WHOLE),), {"care": usd(10).nanos}),
    ],
    ids=str,
)
def test_a_pool_is_divided_as_declared(method: Method, to: tuple[tuple[str, int], ...], received: object) -> None:
    """Kept, evenly, by the receivers' own cost, or by percent, of which the rest stays."""
    assert moved(of(Distribution(Pool.OWN, method, to))) == received


@pytest.mark.parametrize(
    ("owner", "pool", "giver"),
    [
        (owned_by(unit="base"), Pool.OWN, "base"),
        (RESERVED, Pool.IDLE, "base"),
        (DEFAULT, Pool.UNCLAIMED, "base"),
        (IDLE, Pool.IDLE, UNALLOCATED),
        (UNCLAIMED, Pool.UNCLAIMED, UNALLOCATED),
        (PARKED, None, UNALLOCATED),
    ],
    ids=str,
)
def test_what_is_in_which_pool(owner: Owner, pool: Pool | None, giver: str) -> None:
    """Each kind of owner is in one pool of its unit; what is parked is in none, and moves by no rule."""
    for rule in Pool:
        some = of(Distribution(rule, Method.EVEN), giver=giver, on=(CARE, FIND, a_total(owner, usd(4))))
        assert sum(moved(some).values()) == (usd(4).nanos if rule is pool else 0)


def test_what_is_received_is_not_passed_on_again() -> None:
    """In a circle each passes on only what it caused itself."""
    everything = (Distribution(Pool.OWN, Method.FIXED, (("care", WHOLE),)),)
    back = (Distribution(Pool.OWN, Method.FIXED, (("base", WHOLE),)),)
    circle = distribute((CARE, BASE), {"base": everything, "care": back}, "USD")
    assert moved(circle) == {"care": usd(10).nanos, "base": usd(6).nanos}


@pytest.mark.parametrize("strange", ["nowhere", "base", UNALLOCATED])
def test_a_receiver_that_cannot_be_moves_nothing(strange: str) -> None:
    """A unit that does not exist, itself or the reserved one: that pool is kept whole and said, other pools move."""
    wrong = Distribution(Pool.OWN, Method.EVEN, ((strange, 0), ("care", 0)))
    right = Distribution(Pool.UNCLAIMED, Method.EVEN, (("care", 0),))
    told = of(wrong, right, on=(CARE, BASE, a_total(DEFAULT, usd(1))))
    assert moved(told) == {"care": usd(1).nanos}
    assert [(kept.unit, kept.pool, kept.reason) for kept in told.undistributed] == [
        ("base", Pool.OWN, ConditionReason.RECEIVER_NOT_FOUND)
    ]
    assert strange in told.undistributed[0].message


@pytest.mark.parametrize("method", [Method.EVEN, Method.PROPORTIONAL])
def test_where_nobody_has_a_cost_nothing_moves(method: Method) -> None:
    """There is nothing to divide by: kept and said; credits count as no cost, and an empty pool says nothing."""
    credit = a_total(owned_by(unit="care"), usd(-1))
    told = of(Distribution(Pool.OWN, method), on=(BASE, credit))
    message = "Own is kept: none of those who should receive it has a cost of its own"
    kept = Undistributed("base", Pool.OWN, ConditionReason.NOTHING_TO_DIVIDE_BY, message)
    assert told == Distributed((), (kept,))
    assert of(Distribution(Pool.OWN, method), on=(credit,)) == Distributed()


def test_all_receivers_that_cannot_be_are_named() -> None:
    """One look at the condition is enough to put them all right."""
    told = of(Distribution(Pool.OWN, Method.EVEN, (("nowhere", 0), ("elsewhere", 0))))
    assert "there is no other BusinessUnit elsewhere, nowhere of" in told.undistributed[0].message


def test_totals_of_a_unit_add_up() -> None:
    """What is passed on and what it is divided by are sums, however many totals they come in; a nano-unit is a cost."""
    halves = [a_total(owned_by(unit=unit), usd(cost)) for unit, cost in (("care", 3), ("base", 5)) for _ in range(2)]
    rule = Distribution(Pool.OWN, Method.PROPORTIONAL)
    assert moved(of(rule, on=(*halves, FIND))) == {"care": usd(7, 500_000_000).nanos, "find": usd(2, 500_000_000).nanos}
    tiny = a_total(owned_by(unit="find"), usd(0, 1))
    assert moved(of(Distribution(Pool.OWN, Method.EVEN), on=(CARE, tiny, BASE)))["find"] == usd(5).nanos


def test_who_is_named_and_costs_nothing_receives_nothing_in_proportion() -> None:
    """Neither a unit without any cost nor one of credits alone takes a part of it."""
    rule = Distribution(Pool.OWN, Method.PROPORTIONAL, (("care", 0), ("find", 0)))
    three = a_total(owned_by(unit="care"), usd(0, 3))
    for others in ((), (a_total(owned_by(unit="find"), usd(-1)),)):
        assert moved(of(rule, on=(three, BASE, *others))) == {"care": usd(10).nanos}


def test_a_credit_is_passed_on_as_such() -> None:
    """A negative pool is divided like a positive one."""
    credit = a_total(owned_by(unit="base"), usd(-3))
    assert moved(of(Distribution(Pool.OWN, Method.EVEN), on=(CARE, credit))) == {"care": usd(-3).nanos}


@pytest.mark.parametrize("parts", [(WHOLE, 1), (-1, 5)], ids=str)
def test_more_than_everything_cannot_be_declared(parts: tuple[int, int]) -> None:
    """Percents sum to 100 at most, and none is negative."""
    with pytest.raises(ValueError, match=r"^receivers get 100 percent at most, and none less than nothing$"):
        Distribution(Pool.OWN, Method.FIXED, (("care", parts[0]), ("find", parts[1])))


@given(st.lists(totals(), max_size=8), distributions())
def test_parts_are_a_pool_or_less(some: list[Total], declared: dict[str, tuple[Distribution, ...]]) -> None:
    """Of every pool and certainty there moves nothing, all, or by percent a share that is exact to a nano-unit."""
    told = distribute(some, declared, "USD")
    for giver, rules in declared.items():
        for rule in rules:
            for certainty in Certainty:
                given_ = [
                    t.nanos for t in told.transfers if (t.giver, t.pool, t.certainty) == (giver, rule.pool, certainty)
                ]
                pot = sum(t.nanos for t in _pot(some, giver, rule.pool) if t.certainty is certainty)
                if rule.method is Method.FIXED and given_:
                    assert abs(sum(given_) * WHOLE - pot * sum(part for _, part in rule.to)) < WHOLE * (
                        len(rule.to) + 1
                    )
                else:
                    assert sum(given_) in (0, pot)


def _pot(some: list[Total], giver: str, pool: Pool) -> list[Total]:
    kinds = {
        Pool.OWN: {OwnerKind.WORKLOAD},
        Pool.IDLE: {OwnerKind.RESERVED, OwnerKind.IDLE},
        Pool.UNCLAIMED: {OwnerKind.UNIT, OwnerKind.UNCLAIMED},
    }[pool]
    return [t for t in some if t.owner.unit == giver and t.owner.kind in kinds and t.currency == "USD"]


@given(st.lists(totals(), max_size=8), distributions(), st.randoms(use_true_random=False))
def test_order_plays_no_part(some: list[Total], declared: dict[str, tuple[Distribution, ...]], random: Random) -> None:
    """Totals, units, rules and receivers in any order give the same transfers."""
    shuffled = {
        name: tuple(
            Distribution(rule.pool, rule.method, tuple(random.sample(rule.to, len(rule.to))))
            for rule in random.sample(declared[name], len(declared[name]))
        )
        for name in random.sample(sorted(declared), len(declared))
    }
    assert distribute(random.sample(some, len(some)), shuffled, "USD") == distribute(some, declared, "USD")


@given(st.lists(totals(), max_size=8), distributions(), st.integers(1, 10**12))
def test_currencies_do_not_touch(some: list[Total], declared: dict[str, tuple[Distribution, ...]], nanos: int) -> None:
    """Whatever is added in another currency changes nothing that moves."""
    foreign = a_total(owned_by(unit="care"), Money(nanos, "EUR"), currency="EUR")
    assert distribute([*some, foreign], declared, "USD") == distribute(some, declared, "USD")


def test_amounts_go_the_way_of_what_a_unit_itself_costs() -> None:
    """Of who has an amount, and by that rule alone; all that moves sums to nothing."""
    half = Distribution(Pool.OWN, Method.FIXED, (("care", WHOLE // 2),))
    rules = {"base": (half, Distribution(Pool.IDLE, Method.EVEN, (("find", 0),))), "find": (half,), "care": ()}
    assert moved_as_own({"base": 9, "gone": 5}, (CARE, FIND, BASE), rules, "USD") == {"base": -4, "care": 4}
    strange = {"base": (Distribution(Pool.OWN, Method.FIXED, (("nobody", WHOLE),)),)}
    assert moved_as_own({"base": 9}, (BASE,), strange, "USD") == {}
