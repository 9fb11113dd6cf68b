"""What units are charged: the sum over all of them is that of all lines, whatever is distributed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.charges import charges, pools
from aicost.core.declarations import Unit
from aicost.core.distribution import Distribution, Method, Pool
from aicost.core.identity import UNALLOCATED
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Certainty, Component, OwnerKind, Total
from tests.support.builders import a_total, a_unit, owned_by, usd
from tests.support.strategies import distributions, totals

RECHARGE = Component.RECHARGE
"""Its lines sum to zero in a ledger; here they are drawn one by one."""


def units(declared: dict[str, tuple[Distribution, ...]]) -> list[Unit]:
    """Units that distribute so."""
    return [Unit(name, distribute=rules) for name, rules in declared.items()]


@given(st.lists(totals(), max_size=8), distributions())
def test_distribution_conserves(some: list[Total], declared: dict[str, tuple[Distribution, ...]]) -> None:
    """In every currency the charges of all units are what all lines cost; passed on is received; certainties sum up."""
    for currency in ("USD", "EUR"):
        own = charges(some, units(declared), currency).own.values()
        lines = sum(t.nanos for t in some if t.gap is None and t.currency == currency)
        moved = sum(t.nanos for t in some if t.gap is None and t.currency == currency and t.component is RECHARGE)
        assert (sum(cost.total for cost in own), sum(cost.incurred for cost in own)) == (lines, lines - moved)
        assert sum(cost.received for cost in own) - sum(cost.passed_on for cost in own) == moved
        assert all(sum(cost.certainty.values()) == cost.total for cost in own)


@given(st.lists(totals(), max_size=8), distributions())
def test_what_is_left_of_the_pools_is_what_nobody_is_charged(
    some: list[Total], declared: dict[str, tuple[Distribution, ...]]
) -> None:
    """Idle, unclaimed and parked after distribution are what the reserved unit is charged."""
    charged = charges(some, units(declared), "USD")
    left = pools((t for t in some if t.owner.unit == UNALLOCATED), charged, "USD")
    assert sum(left.values()) == charged.of([UNALLOCATED]).total


def test_units_together_are_charged_their_sum() -> None:
    """A transfer between two units is in neither's sum, and in both its sides."""
    base = Unit("base", distribute=(Distribution(Pool.OWN, Method.FIXED, (("care", 250_000),)),))
    charged = charges((a_total(owned_by(unit="base"), usd(8)),), (base, a_unit("care")), "USD")
    assert (charged.of(["base"]).total, charged.of(["care"]).total) == (usd(6).nanos, usd(2).nanos)
    assert charged.of([]).total == 0
    both = charged.of(["base", "care"])
    assert (both.total, both.passed_on, both.received) == (usd(8).nanos, usd(2).nanos, usd(2).nanos)


def test_transfers_between_many_units_are_added_up() -> None:
    """Two give to one, and one of them gives to two: each has passed on and received all of it, of the same certainty."""
    quarters = Distribution(Pool.OWN, Method.FIXED, (("care", 250_000), ("find", 250_000)))
    half = Distribution(Pool.OWN, Method.FIXED, (("care", 500_000),))
    givers = Unit("base", distribute=(quarters,)), Unit("more", distribute=(half,))
    some = a_total(owned_by(unit="base"), usd(8)), a_total(owned_by(unit="more"), usd(2))
    charged = charges(some, (*givers, a_unit("care"), a_unit("find")), "USD")
    assert {name: cost.certainty[Certainty.RATED] for name, cost in charged.own.items()} == {
        "base": usd(4).nanos, "more": usd(1).nanos, "care": usd(3).nanos, "find": usd(2).nanos
    }  # fmt: skip
    assert (charged.own["base"].passed_on, charged.own["care"].received) == (usd(4).nanos, usd(3).nanos)


def test_the_clusters_idle_goes_to_who_uses_it() -> None:
    """The reserved unit passes idle and unclaimed on; parked stays."""
    idle = Distribution(Pool.IDLE, Method.PROPORTIONAL)
    some = (a_total(owned_by(), usd(1)), a_total(IDLE, usd(7)), a_total(UNCLAIMED, usd(2)), a_total(PARKED, usd(4)))
    charged = charges(some, (a_unit("care"), Unit(UNALLOCATED, distribute=(idle,))), "USD")
    assert charged.of(["care"]).total == usd(8).nanos
    assert pools(some[1:], charged, "USD") == {
        OwnerKind.IDLE: 0,
        OwnerKind.UNCLAIMED: usd(2).nanos,
        OwnerKind.PARKED: usd(4).nanos,
    }


def test_what_nobody_claims_may_be_passed_on_beside_idle() -> None:
    """Each pool has left what it did not pass on itself."""
    unclaimed = Distribution(Pool.UNCLAIMED, Method.FIXED, (("care", 250_000),))
    some = (a_total(IDLE, usd(7)), a_total(UNCLAIMED, usd(4)))
    charged = charges(some, (a_unit("care"), Unit(UNALLOCATED, distribute=(unclaimed,))), "USD")
    assert pools(some, charged, "USD") == {
        OwnerKind.IDLE: usd(7).nanos,
        OwnerKind.UNCLAIMED: usd(3).nanos,
        OwnerKind.PARKED: 0,
    }
