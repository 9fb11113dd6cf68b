"""What sources and GPU pools are told: each bill, what a meter moved, and card time, each by itself."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.capture import CapturedDay
from aicost.core.claims import Claims, Refused
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, withdrawn
from aicost.core.meters import meters
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason, Refusal
from aicost.core.recharge import recharge
from aicost.core.rollup import PoolStatement, RechargeStatement, SourceStatement, pool_statements, source_statements
from aicost.core.statement import State
from aicost.core.window import DAY
from tests.support.builders import MODEL, T0, a_claim, a_source, a_total, a_workload, at, facts, owned_by, usd
from tests.support.metering import LLM, SERVER, a_caller, a_day, a_meter, for_seconds, granted
from tests.support.metering import declared as metered


def test_a_source_is_told_its_own_bill() -> None:
    """Billed and unclaimed count that source alone; its gaps make it partial; refused claims on it are listed.

    What is estimated is apart from what was billed, and a notice since the month is told.
    """
    bill = [
        a_total(owner, amount, component=Component.TOKENS, pool=pool)
        for owner, amount, pool in (
            (owned_by(), usd(3), "openai"),
            (UNCLAIMED, usd(2), "openai"),
            (UNCLAIMED, usd(9), "other"),
        )
    ]
    guess = replace(bill[0], nanos=usd(4).nanos, certainty=Certainty.ESTIMATED)
    gap = Gap(GapReason.BILL_UNAVAILABLE, Feed.BILLS, T0, "", source="openai")
    anothers = replace(gap, unit="care"), replace(gap, workload=a_workload().ref), replace(gap, source="third")
    days = {"openai": (CapturedDay("2026-11-01", 5, 3),)}
    refused = Refused(a_workload().ref, Refusal.GRANT_MISSING, "", a_claim("openai", project="q"))
    declared = Declarations(sources=(a_source(), a_source(name="other")))
    denied = Refused(a_workload("x").ref, Refusal.UNIT_NOT_FOUND, "")
    month = replace(
        facts(*bill, guess, declared=declared, gaps=(gap, *anothers)),
        refused=(refused, denied),
        bills_through={"openai": at(60)},
        captures=days,
        covered_from=at(5),
    )
    openai, other = source_statements(month)
    told, notice = openai.gaps
    assert (told, notice.since, notice.reason, notice.quantity) == (gap, at(5), GapReason.USAGE_ESTIMATED, "4.00 USD")
    assert openai == SourceStatement(
        source=declared.sources[0],
        billed=usd(5).nanos,
        unclaimed=usd(2).nanos,
        through=at(60),
        gaps=(gap, notice),
        refused=(refused,),
        state=State.PARTIAL,
        estimated=usd(4).nanos,
        days=days["openai"],
    )
    assert other == SourceStatement(declared.sources[1], usd(9).nanos, usd(9).nanos, None, (), (), State.OK)


def test_a_meter_is_told_what_it_moved() -> None:
    """What others carry, and who of what stays, largest first; other sources' re-charges and currencies are not its own.

    Who is in it no more, because his time was taken back, is told of nothing.
    """
    meter, costs = a_meter(granted("chat", "support")), {0: 400, 1: 804, 2: 1, 3: 5}
    cost = {(at(day * DAY), LLM): {(SERVER, Certainty.RATED, "USD"): nanos} for day, nanos in costs.items()}
    cost[T0, LLM][SERVER, Certainty.RATED, "EUR"] = 900
    of = metered(a_caller("chat"), meter, a_meter(name="other"))
    days = (
        a_day(for_seconds(2, "chat"), for_seconds(1, "nobody"), for_seconds(1)),
        a_day(for_seconds(401, "chat"), for_seconds(401, "b"), for_seconds(1, "c"), for_seconds(1, "nobody"), day=1),
        a_day(for_seconds(1, "a"), day=2),
    )
    moved = recharge(days, (meter,), cost, Ownership.always(of)).entries
    gone = withdrawn(recharge([a_day(for_seconds(1, "d"), day=3)], (meter,), cost, Ownership.always(of)).entries, ())
    refused = meters(of, Claims(of)).refused
    month = replace(facts(declared=of), recharges=(*moved, *gone), refused_meters=refused)
    ours, other = (statement.recharge for statement in source_statements(month))
    least = (("callers without a name", 100), ("customer a", 1), ("customer c", 1))
    assert ours == RechargeStatement(601, 604, (("customer b", 401), ("customer nobody", 101), *least))
    assert len(gone) == 1
    assert other == RechargeStatement(0, 0, (), refused[0])
    assert source_statements(facts(declared=Declarations(sources=(a_source(),))))[0].recharge is None


def test_a_pool_is_told_with_and_without_a_price() -> None:
    """A GPU model's card time is told by what of it has a price, a built-in one, and none, idle included."""
    some = [
        a_total(owned_by(), usd(3), quantity=60),
        a_total(IDLE, usd(1), quantity=20),
        a_total(IDLE, quantity=5, gap=GapReason.NO_PRICE),
        a_total(IDLE, usd(2), quantity=7, certainty=Certainty.ESTIMATED),
        a_total(IDLE, usd(7), quantity=9, component=Component.TOKENS, pool="openai"),
    ]
    told = pool_statements(facts(*some))
    assert told == (
        PoolStatement(MODEL, 5, None),
        PoolStatement(MODEL, 80, usd(4).nanos),
        PoolStatement(MODEL, 7, usd(2).nanos, built_in=True),
    )
