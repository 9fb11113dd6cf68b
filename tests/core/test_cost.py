"""Costs are sums of totals: grouping commutes, currencies stay apart, and what has no price is told instead."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.cost import Cost, by_workload, cost_of, estimated, foreign, unpriced, used
from aicost.core.gaps import Feed, Gap
from aicost.core.hosts import CORE, GIB
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, Total, Use
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR
from tests.support.builders import CARD_HOUR, T0, a_total, at, owned_by, usd
from tests.support.strategies import totals


@given(st.lists(totals(), max_size=8))
def test_components_and_certainties_are_the_same_sum(some: list[Total]) -> None:
    """The parts by component and the parts by certainty both sum to the total."""
    cost = cost_of(some, "USD")
    assert cost.total == sum(cost.certainty.values())
    assert cost.total == sum(total.nanos for total in some if total.currency == "USD" and not total.gap)


@given(st.lists(totals(), max_size=8), st.integers(0, 8))
def test_grouping_commutes(some: list[Total], cut: int) -> None:
    """Costs of two parts add to the cost of both, by component and by certainty."""
    parts, whole = cost_of(some[:cut], "USD") + cost_of(some[cut:], "USD"), cost_of(some, "USD")
    assert (parts.gpu, parts.compute, parts.tokens) == (whole.gpu, whole.compute, whole.tokens)
    assert parts.corrections == whole.corrections
    assert all(parts.certainty.get(c, 0) == whole.certainty.get(c, 0) for c in Certainty)


@given(st.lists(totals(), max_size=8))
def test_workloads_get_their_own_totals(some: list[Total]) -> None:
    """Every total of a workload is given to that workload alone."""
    found = by_workload(some)
    assert sum(map(len, found.values())) == sum(1 for total in some if total.owner.workload)
    assert all(total.owner.workload == ref for ref, of in found.items() for total in of)


@given(st.lists(totals(), max_size=8))
def test_currencies_never_add(some: list[Total]) -> None:
    """Each amount counts in its own currency's cost, and only there; every other one is a gap of its source or its owner."""
    priced = [total for total in some if not total.gap]
    assert cost_of(some, "USD").total + cost_of(some, "EUR").total == sum(total.nanos for total in priced)
    gaps = foreign(some, "USD", T0)
    others = [total for total in priced if total.currency != "USD"]
    bills = {total.pool for total in others if total.component is Component.TOKENS}
    owners = {total.owner for total in others if total.component is not Component.TOKENS}
    assert {gap.source for gap in gaps if gap.feed is Feed.BILLS} == bills
    assert {(gap.workload, gap.unit) for gap in gaps if gap.feed is Feed.GPU} == {
        (owner.workload, None if owner.workload else owner.unit) for owner in owners
    }
    assert all(gap.reason is GapReason.NO_EXCHANGE_RATE for gap in gaps)


@given(st.lists(totals(), max_size=8))
def test_incurred_less_passed_on_and_received_is_charged(some: list[Total]) -> None:
    """What re-charge moved is no part of what was incurred; each total of it counts on one side only."""
    cost = cost_of(some, "USD")
    moved = [t.nanos for t in some if t.component is Component.RECHARGE and t.currency == "USD" and not t.gap]
    assert cost.incurred == cost.gpu + cost.compute + cost.tokens + cost.corrections
    assert cost.incurred - cost.passed_on + cost.received == cost.total
    assert (cost.passed_on, cost.received) == (-sum(n for n in moved if n < 0), sum(n for n in moved if n > 0))


def test_an_empty_cost_is_zero() -> None:
    """Nothing costs nothing, and adds nothing."""
    assert cost_of([], "USD") + Cost() == Cost(certainty=dict.fromkeys(Certainty, 0))


def test_cards_without_a_price_are_told_by_owner_model_and_reason() -> None:
    """Card hours without a price add up to one gap each, which names whose they are: a workload, or a unit."""
    held = a_total(owned_by(), quantity=CARD_HOUR // 2, gap=GapReason.NO_PRICE)
    idle = a_total(IDLE, quantity=CARD_HOUR, gap=GapReason.NO_PRICE)
    gaps = unpriced([held, idle, held, a_total(owned_by(), usd(5))], T0)
    told = {(gap.workload and gap.workload.name, gap.unit): gap.quantity for gap in gaps}
    assert told == {("chat", None): "1.00 card hours", (None, "unallocated"): "1.00 card hours"}
    assert all(gap.reason is GapReason.NO_PRICE and "H100-80GB" in gap.message for gap in gaps)


def test_hosts_without_a_price_are_told_in_their_own_hours() -> None:
    """Cores, memory and whole nodes each by what they count, never as cards."""
    counted = {"CPU": 4 * CORE * HOUR, "memory": 8 * GIB * HOUR, "CPU and memory": HOUR}
    some = [
        a_total(owned_by(), quantity=quantity, component=Component.COMPUTE, pool=pool, gap=GapReason.NO_PRICE)
        for pool, quantity in counted.items()
    ]
    assert [gap.quantity for gap in unpriced(some, T0)] == ["4.00 core hours", "1.00 node hours", "8.00 GiB hours"]


def test_what_is_missing_is_told_since_when_and_to_whom() -> None:
    """In words for people: what has no price or a list price to its owner, a bill in another currency to its source."""
    held = a_total(owned_by(), quantity=CARD_HOUR, gap=GapReason.NO_PRICE)
    listed = a_total(IDLE, usd(3), quantity=CARD_HOUR, certainty=Certainty.ESTIMATED)
    euros = [replace(a_total(UNCLAIMED, usd(1), component=of, pool=of), currency="EUR") for of in Component][:3]
    hours, since = "1.00 card hours", at(5)
    assert unpriced([held], since) == (
        Gap(
            GapReason.NO_PRICE,
            Feed.GPU,
            since,
            f"{hours} of H100-80GB are in no total",
            hours,
            workload=owned_by().workload,
        ),
    )
    words = f"{hours} of H100-80GB are estimated by a built-in list price"
    assert estimated([listed], since) == (
        Gap(GapReason.BUILT_IN_PRICE, Feed.GPU, since, words, hours, unit="unallocated"),
    )
    words = "{} is priced in EUR, and no exchange rate to USD was in force: it is in no total"
    assert foreign(euros, "USD", since) == (
        Gap(GapReason.NO_EXCHANGE_RATE, Feed.GPU, since, words.format("compute"), unit="unallocated"),
        Gap(GapReason.NO_EXCHANGE_RATE, Feed.GPU, since, words.format("gpu"), unit="unallocated"),
        Gap(GapReason.NO_EXCHANGE_RATE, Feed.BILLS, since, words.format("tokens"), source="tokens"),
    )


def test_what_was_used_of_hosts_is_its_own_share() -> None:
    """Cards by theirs, hosts by theirs, tokens wholly; unknown as soon as one of them was not seen."""
    use = Use(
        owned_by().workload or WorkloadRef("", ""), "", CARD_HOUR, 0, 8, 2, host_observed_nanos=10, host_used_nanos=5
    )
    assert used(Cost(gpu=80, compute=40, tokens=5), use, CARD_HOUR) == 20 + 20 + 5
    assert used(Cost(gpu=83), use, CARD_HOUR) == 20
    assert used(Cost(gpu=80), replace(use, observed_nanos=1, used_nanos=1), CARD_HOUR) == 80
    assert used(Cost(gpu=80, tokens=5), None, 0) == 5
    assert used(Cost(gpu=80, tokens=5), None, CARD_HOUR) is None
    assert used(Cost(tokens=5, compute=1), None, 0) is None
    assert used(Cost(compute=40), replace(use, host_observed_nanos=0), 0) is None
    assert used(Cost(gpu=80, compute=40), replace(use, observed_nanos=0), CARD_HOUR) is None


def test_card_time_at_list_prices_is_told_by_owner_and_model() -> None:
    """What is estimated is one notice for each owner and model, in which what is declared and tokens do not count."""
    estimate = a_total(owned_by(), usd(3), quantity=CARD_HOUR, certainty=Certainty.ESTIMATED)
    other = replace(estimate, component=Component.TOKENS, pool="openai")
    (notice,) = estimated([estimate, other, a_total(IDLE, usd(2), quantity=CARD_HOUR), estimate], T0)
    assert (notice.reason, notice.quantity) == (GapReason.BUILT_IN_PRICE, "2.00 card hours")
    assert notice.message == "2.00 card hours of H100-80GB are estimated by a built-in list price"
    assert notice.workload == owned_by().workload


def test_gaps_have_a_stable_order() -> None:
    """The same totals in another order give the same gaps, so that quiet inputs change no status."""
    some = [
        a_total(owner, quantity=CARD_HOUR, gap=reason, pool=pool)
        for owner in (owned_by("b"), owned_by("a"), IDLE)
        for reason in (GapReason.NO_PRICE, GapReason.NO_PRODUCT)
        for pool in ("H100-80GB", "A100-80GB")
    ]
    assert unpriced(some, T0) == unpriced(reversed(some), T0)
    assert foreign([a_total(IDLE, currency="EUR"), a_total(IDLE, currency="CHF")], "USD", T0) == foreign(
        [a_total(IDLE, currency="CHF"), a_total(IDLE, currency="EUR")], "USD", T0
    )


def test_a_source_may_be_called_as_what_hosts_have() -> None:
    """Its bill in another currency is told beside memory that is priced in it, each to whom it concerns."""
    billed, held = (
        a_total(owned_by(), usd(1), component=of, pool="memory") for of in (Component.TOKENS, Component.COMPUTE)
    )
    gaps = foreign([replace(billed, currency="EUR"), replace(held, currency="EUR")], "USD", T0)
    assert {(gap.source, gap.workload) for gap in gaps} == {("memory", None), (None, owned_by().workload)}


def test_components_keep_apart() -> None:
    """GPU, compute and tokens are three parts of a cost."""
    some = [a_total(IDLE, usd(2**i), component=component) for i, component in enumerate(Component)]
    cost = cost_of(some, "USD")
    assert (cost.gpu, cost.compute, cost.tokens) == (usd(1).nanos, usd(2).nanos, usd(4).nanos)
