"""From the ledger to a month's facts: which time is open, what is settled, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from aicost.core.coverage import Coverage
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import Devices
from aicost.core.ledger import IDLE, Component, Entry
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts
from aicost.core.unclaimed import Unclaimed
from aicost.core.usage import CardUse, Observed
from aicost.core.window import DAY, HOUR, Instant, Period, Span, Window, instant
from aicost.ports import Commit
from aicost.reconcile.decide import Observation, decide
from aicost.reconcile.facts import Learnt, open_window, state_facts
from aicost.reconcile.missing import Reach
from tests.reconcile.world import node, running
from tests.store.stored import emptied
from tests.support.builders import (
    T0,
    a_bill,
    a_book,
    a_line,
    a_row,
    a_source,
    a_total,
    a_unit,
    a_workload,
    an_origin,
    at,
    between,
    owned_by,
    usd,
)

CLOSE_DAY = 5
DECLARED = Declarations((a_workload(app="chat"),), (a_unit(),), (a_source(),), a_book())
MISSING = Gap(GapReason.NO_POD_HISTORY, Feed.GPU, T0, "")


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z"),
        ("2026-11-04T23:59:59Z", "2026-10-01T00:00:00Z"),
        ("2026-11-05T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("2026-11-30T23:59:59Z", "2026-11-01T00:00:00Z"),
        ("2026-01-01T00:00:01Z", "2025-12-01T00:00:00Z"),
        ("2028-03-05T00:00:00Z", "2028-03-01T00:00:00Z"),
    ],
)
def test_the_month_before_is_open_until_the_close_day(now: str, since: str) -> None:
    """What is evaluated begins with the month before, until its close day; then with this month."""
    assert open_window(instant(now), CLOSE_DAY) == Window(instant(since), instant(now))


@pytest.mark.parametrize(
    ("settled", "closed", "since"),
    [
        (None, "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("2026-10-09T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("2026-09-09T00:00:00Z", "2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z"),
    ],
)
def test_what_is_closed_is_not_evaluated(settled: str | None, closed: str, since: str) -> None:
    """Not before its close day, nor because hours of it were never settled."""
    now = instant("2026-11-02T00:00:00Z")
    over = open_window(now, CLOSE_DAY, instant(settled) if settled else None, instant(closed))
    assert over == Window(instant(since), now)


def facts_of(
    until: int = 2 * DAY,
    *,
    covered: Coverage | None = None,
    counted: int | None = None,
    gaps: tuple[Gap, ...] = (),
    declared: Declarations = DECLARED,
    use: tuple[CardUse, ...] = (),
) -> Facts:
    """Facts of a node with one pod of chat since the month's begin, and a bill of the first day, up to an instant."""
    covered = (between(0, until),) if covered is None else covered
    seen = Observation(
        declared=declared,
        ownership=Ownership.always(declared),
        devices=Devices((node(),), (running("chat-0", "support", "chat"),)),
        covered=covered,
        open=between(0, until),
        since=at(0),
        settled=at(until),
        due=frozenset({at(0)}),
        bill_days=(a_bill(a_row(usd(3), project="p")),),
    )
    ledger = emptied()
    ledger.commit(Commit(decide(seen, ()).entries, observed=Observed(card_use=use)), at(until))
    reach = Reach(
        until=at(until),
        settled=at(until),
        covered=covered,
        counted=None if counted is None else at(counted),
        bills={"openai": at(DAY)},
        bill_settles_after=72,
        late=at(until),
    )
    return state_facts(ledger, Learnt(declared, reach, gaps=gaps))


def busy(*hours: int) -> tuple[CardUse, ...]:
    """How busy the pod's card was, in some hours."""
    return tuple(
        CardUse("support", "chat-0", "GPU-1", between(hour * HOUR, (hour + 1) * HOUR), "DCGM_FI_DEV_GPU_UTIL", 1)
        for hour in hours
    )


def test_the_last_day_is_the_day_before() -> None:
    """The latest complete UTC day, with what it cost."""
    day = facts_of(2 * DAY + HOUR).last_day
    assert day.date == "2026-11-02"
    assert sum(total.nanos for total in day.totals) == usd(8 * 24 * 4).nanos


def test_corrections_are_in_the_month_and_in_no_day() -> None:
    """What is booked late was not charged for the day on which it is booked."""
    origin = replace(an_origin("correction", "2026-10", amount=usd(5)), component=Component.CORRECTION)
    ledger = emptied()
    ledger.commit(Commit((Entry(origin, (a_line(IDLE, usd(5)),)),)), at(0))
    reach = Reach(at(DAY), at(DAY), (), None, {}, 72, at(DAY))
    facts = state_facts(ledger, Learnt(DECLARED, reach))
    assert ([total.nanos for total in facts.totals], facts.last_day.totals) == ([5 * 10**9], ())


@pytest.mark.parametrize(
    ("settles_after", "settled"),
    [(0, True), (11, True), (12, True), (13, False)],
)
def test_a_day_is_preliminary_until_bills_settle(settles_after: int, settled: bool) -> None:
    """At noon the day before counts as settled if its bill settles within twelve hours of the day's end."""
    assert _last_day(settles_after=settles_after) is settled


@pytest.mark.parametrize(
    "unsettled",
    [
        {"bills": {"openai": at(DAY), "claude": at(0)}},
        {"settled": at(DAY - HOUR)},
        {"covered": (between(0, DAY - 1),)},
        {"covered": (between(1, 2 * DAY),)},
    ],
    ids=["a bill lags", "its last hour is open", "its end is unknown", "its begin is unknown"],
)
def test_a_day_of_which_something_is_unknown_is_preliminary(unsettled: dict[str, Any]) -> None:
    """A bill that lags, an hour that may change, a time that nobody covers: the day is not settled."""
    assert not _last_day(**unsettled)


def test_a_gap_that_hides_cost_keeps_the_day_preliminary() -> None:
    """Missing cost does, missing utilisation does not."""
    assert not _last_day(gaps=(MISSING,))
    assert _last_day(gaps=(replace(MISSING, reason=GapReason.NO_UTILISATION, feed=Feed.USAGE),))


def test_facts_reach_as_far_as_their_feeds() -> None:
    """GPU cost reaches to the end of what is covered without a hole, counts to where both feeds told."""
    facts = facts_of(covered=(between(HOUR, DAY), between(DAY + HOUR, 2 * DAY)), counted=DAY - HOUR)
    assert facts.covered_from == at(HOUR)
    assert facts.through == {Feed.GPU: at(DAY), Feed.USAGE: at(DAY - HOUR)}
    assert facts.bills_through == {"openai": at(DAY)}


def test_a_month_of_which_nothing_is_known_begins_now() -> None:
    """Without coverage nothing reaches anywhere; the bill's cost is there all the same."""
    facts = facts_of(covered=())
    assert (facts.covered_from, facts.through[Feed.GPU]) == (at(2 * DAY), at(2 * DAY))
    assert sum(total.nanos for total in facts.totals) == usd(3).nanos


def test_cards_without_a_price_are_a_gap_since_what_is_covered() -> None:
    """Without a price book every card's time is in a gap of its owner, in no total, and the bill names the currency."""
    facts = facts_of(declared=replace(DECLARED, prices=None), covered=(between(HOUR, 2 * DAY),))
    gaps = {(gap.workload and gap.workload.name, gap.unit): gap for gap in facts.gaps}
    assert {gap.reason for gap in gaps.values()} == {GapReason.NO_PRICE, GapReason.NO_UTILISATION}
    assert gaps[None, "unallocated"].quantity == "282.00 card hours"
    assert (facts.currency, facts.gaps[0].since) == ("USD", at(HOUR))


def test_held_cards_without_a_sample_are_a_gap_of_their_workload() -> None:
    """Whoever held cards in the hours that were asked for, and was never seen by DCGM, is told; one sample is enough."""
    assert [(gap.reason, gap.workload) for gap in facts_of(counted=DAY).gaps] == [
        (GapReason.NO_UTILISATION, DECLARED.workloads[0].ref)
    ]
    assert facts_of(counted=DAY, use=busy(3)).gaps == ()


def test_hours_that_nobody_asked_about_are_no_gap() -> None:
    """Before the first hours are over nobody can know their use."""
    assert facts_of(counted=0).gaps == ()


def test_one_gap_for_all_is_enough() -> None:
    """When Prometheus is away, no workload is told of its own utilisation too."""
    everybody = Gap(GapReason.NO_UTILISATION, Feed.USAGE, T0, "Prometheus does not answer")
    assert facts_of(counted=DAY, gaps=(everybody,)).gaps == (everybody,)


def test_a_bill_in_another_currency_is_a_gap_of_its_source() -> None:
    """Amounts in two currencies are never added: the foreign one is named."""
    euros = replace(DECLARED, prices=replace(a_book(), currency="EUR"))
    facts = facts_of(declared=euros, counted=DAY, use=busy(3))
    assert [(gap.reason, gap.source) for gap in facts.gaps] == [(GapReason.NO_EXCHANGE_RATE, "openai")]
    assert facts.currency == "EUR"


def test_months_that_a_budget_counts_are_known() -> None:
    """The months of the longest budget's period are read from the ledger, and only those that are not known already."""
    units = (replace(a_unit("care"), budget_nanos=1, budget_span=Span.QUARTER), a_unit("find"))
    declared = replace(DECLARED, units=units)
    monthly = replace(declared, units=(replace(units[0], budget_span=Span.MONTH),))
    assert facts_of(declared=monthly).earlier == {}
    assert facts_of(declared=declared).earlier == {Period("2026-10"): ()}
    reach = Reach(at(0), at(0), (), None, {}, 72, late=at(0))
    october = (a_total(owned_by(), usd(1)),)
    known = replace(facts_of(), previous=october)
    stated = state_facts(emptied(), Learnt(declared, reach), known)
    assert (stated.previous, stated.earlier) == (october, {Period("2026-10"): october})


def test_the_largest_unclaimed_costs_are_told() -> None:
    """Namespaces by their dearest pod and projects of the bill, from the month's lines."""
    nobodys = replace(DECLARED, workloads=())
    assert [(of.namespace, of.source, of.subject, of.nanos) for of in facts_of(declared=nobodys).unclaimed] == [
        ("support", "", "support/chat-0", usd(2 * 48 * 4).nanos),
        ("", "openai", "project p", usd(3).nanos),
    ]
    assert facts_of(declared=replace(DECLARED, units=(a_unit(default_for=("support",)),), workloads=())).unclaimed == (
        Unclaimed(Component.TOKENS, "openai", "", "project p", usd(3).nanos),
    )


def _last_day(
    *,
    settles_after: int = 12,
    settled: Instant | None = None,
    covered: Coverage | None = None,
    bills: Mapping[str, Instant] | None = None,
    gaps: tuple[Gap, ...] = (),
) -> bool:
    """Whether the first day is settled at noon of the second."""
    noon = at(DAY + DAY // 2)
    through = {"openai": at(DAY)} if bills is None else bills
    known = (between(0, DAY + DAY // 2),) if covered is None else covered
    reach = Reach(noon, noon if settled is None else settled, known, None, through, settles_after, late=noon)
    return state_facts(emptied(), Learnt(DECLARED, reach, gaps=gaps)).last_day.settled
