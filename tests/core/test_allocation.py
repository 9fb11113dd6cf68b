"""GPU cost: every card is charged exactly once, to its holder, whatever the order and the cutting of the evaluation."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from aicost.core.allocation import allocate
from aicost.core.declarations import Workload
from aicost.core.layout import WHOLE as WHOLE_CARD
from aicost.core.ledger import IDLE, PARKED, Entry, Line, Owner
from aicost.core.money import Money, accrued
from aicost.core.ownership import Ownership
from aicost.core.prices import DatedRate, PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Instant, Window, instant
from tests.core.reference import charges
from tests.support.builders import (
    a_holding,
    a_pod,
    between,
)
from tests.support.strategies import SPAN, WHOLE, WORKLOADS, Cluster, by_key, clusters


def _costs(entries: tuple[Entry, ...]) -> dict[Owner, int]:
    costs: dict[Owner, int] = {}
    for line in (line for entry in entries for line in entry.lines):
        costs[line.owner] = costs.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return costs


@given(clusters())
def test_origins_are_cards_times_price_times_time(cluster: Cluster) -> None:
    """The origins of a node sum to its cards times their price over the time it had them, idle included.

    Over whole hours to the last digit; where cut cards come or go within an hour, to one nano-unit a device.
    """
    entries = cluster.allocate().entries
    quantity = sum(group.cards * group.window.seconds * WHOLE_CARD for group in cluster.devices.groups)
    assert sum(entry.origin.quantity for entry in entries) == quantity
    for group in cluster.devices.groups:
        rate = cluster.book.gpu(group.product, group.labels, group.window.start)
        mine = [
            e.origin for e in entries if e.origin.key[1] == group.node.name and e.origin.window.overlap(group.window)
        ]
        if rate and all(group.window.overlap(origin.window) == origin.window for origin in mine):
            nanos = sum(origin.amount.nanos for origin in mine if origin.amount)
            exact = group.cards * accrued(rate.per_hour.nanos, group.window.start, group.window.end)
            devices = 0 if group.sharing == "" else 1 + sum(slot.count for slot in group.devices)
            assert abs(nanos - exact) <= devices
            assert nanos == exact or group.window.start % HOUR or group.window.end % HOUR


@given(clusters())
def test_lines_sum_to_their_origin(cluster: Cluster) -> None:
    """Lines sum to their origin in money and in quantity, and no part of a cluster that fits is negative."""
    for entry in cluster.allocate().entries:
        assert sum(line.quantity for line in entry.lines) == entry.origin.quantity
        assert all(line.quantity > 0 or line.owner == IDLE for line in entry.lines)
        if entry.origin.amount:
            assert sum(line.amount.nanos for line in entry.lines if line.amount) == entry.origin.amount.nanos
            assert all(line.amount and line.amount.nanos >= 0 for line in entry.lines)


@given(clusters())
def test_allocation_agrees_with_the_exact_reference(cluster: Cluster) -> None:
    """Owner, subject and card-microseconds equal the reference model's; amounts differ by rounding alone.

    Rounding is less than one nano-unit for each device and each stretch of an hour in which nothing changes.
    """
    expected = charges(cluster)
    entries = cluster.allocate().entries
    assert len(entries) == len(expected)
    for entry in entries:
        hour = instant(entry.origin.key[5]) // HOUR
        slot = entry.origin.key[1], entry.origin.key[4], hour, entry.origin.amount is not None
        counted, paid = _by_name(entry)
        assert {who: count for who, count in counted.items() if count} == {w: c for w, (_, c) in expected[slot].items()}
        for who, nanos in paid.items():
            exact, _ = expected[slot].get(who, (Fraction(), 0))
            assert (exact is None) is (nanos is None)
            if exact is not None and nanos is not None:
                assert abs(nanos - exact) <= 40 * (2 + len(cluster.devices.holdings))


def _by_name(entry: Entry) -> tuple[dict[tuple[Owner, str], int], dict[tuple[Owner, str], int | None]]:
    """Card-microseconds and nano-units by owner and name: two pods of one name have lines with their UIDs."""
    counted: dict[tuple[Owner, str], int] = defaultdict(int)
    paid: dict[tuple[Owner, str], int | None] = {}
    for line in entry.lines:
        who = line.owner, line.subject.partition(" ")[0]
        counted[who] += line.quantity
        paid[who] = None if line.amount is None else (paid.get(who) or 0) + line.amount.nanos
    return dict(counted), paid


@given(clusters(), st.randoms(use_true_random=False))
def test_order_does_not_matter(cluster: Cluster, random: Random) -> None:
    """The same nodes, pods, workloads and units in another order give equal entries and contests."""
    assert cluster.shuffled(random).allocate() == cluster.allocate()


@given(clusters(), st.lists(st.integers(1, SPAN - 1), unique=True, max_size=4), st.randoms(use_true_random=False))
def test_order_of_windows_does_not_matter(cluster: Cluster, cuts: list[int], random: Random) -> None:
    """The disjoint windows of one evaluation may come in any order and cut anywhere: the entries are those of the whole."""
    edges = [0, *sorted(cuts), SPAN]
    parts = [between(start, end) for start, end in pairwise(edges)]
    random.shuffle(parts)
    assert _amounts(cluster.allocate(*parts).entries) == _amounts(cluster.allocate().entries)


def _amounts(entries: tuple[Entry, ...]) -> list[tuple[tuple[str, ...], Money | None, tuple[Line, ...]]]:
    return [(entry.origin.key, entry.origin.amount, entry.lines) for entry in entries]


@given(clusters(), st.integers(1, 2))
def test_hours_are_additive(cluster: Cluster, hour: int) -> None:
    """Allocating a window in two parts, cut at an hour, equals allocating the whole."""
    first, second = cluster.allocate(between(0, hour * HOUR)), cluster.allocate(between(hour * HOUR, SPAN))
    assert sorted(first.entries + second.entries, key=_key) == sorted(cluster.allocate().entries, key=_key)


def _key(entry: Entry) -> tuple[str, ...]:
    return entry.origin.key


@given(clusters(), st.integers(1, SPAN - 1))
def test_a_partial_hour_is_replaced_by_a_later_evaluation(cluster: Cluster, known: int) -> None:
    """What was evaluated up to an instant has keys of the whole evaluation, which replaces it under equal keys."""
    early, late = by_key(cluster.allocate(between(0, known)).entries), by_key(cluster.allocate().entries)
    assert set(early) <= set(late)
    assert early | late == late


@given(clusters(), WORKLOADS)
def test_a_workload_never_moves_money_of_another_namespace(cluster: Cluster, workload: Workload) -> None:
    """Adding or changing a workload leaves every line of other namespaces' workloads as it was, to the nano-unit."""
    before, after = cluster.allocate().entries, cluster.with_workload(workload).allocate().entries
    assert _elsewhere(before, workload.ref.namespace) == _elsewhere(after, workload.ref.namespace)


def _elsewhere(entries: tuple[Entry, ...], namespace: str) -> list[tuple[tuple[str, ...], Line]]:
    lines = [(entry.origin.key, line) for entry in entries for line in entry.lines]
    return [(key, line) for key, line in lines if line.owner.workload and line.owner.workload.namespace != namespace]


@given(clusters(), st.data())
def test_a_pod_never_moves_money_of_other_pods(cluster: Cluster, data: st.DataObject) -> None:
    """Taking a pod away changes its own lines and idle, and no other line by a single nano-unit."""
    assume(cluster.devices.holdings)
    gone = data.draw(st.sampled_from(cluster.devices.holdings))
    without = cluster.with_holdings([holding for holding in cluster.devices.holdings if holding != gone])
    before, after = _charged(cluster.allocate().entries), _charged(without.allocate().entries)
    assert after <= before
    assert {pod for _, _, pod, _, _ in before - after} <= {str(gone.pod)}


def _charged(entries: tuple[Entry, ...]) -> Counter[tuple[tuple[str, ...], Owner, str, Money | None, int]]:
    """What each pod pays in each entry; without the UID that only tells two pods of one name apart."""
    lines = [(entry.origin.key, line) for entry in entries for line in entry.lines if line.owner != IDLE]
    return Counter((key, line.owner, line.subject.split(" ")[0], line.amount, line.quantity) for key, line in lines)


@given(clusters(), st.data())
def test_pods_that_nobody_told_of_lower_no_total(cluster: Cluster, data: st.DataObject) -> None:
    """Whatever pods go missing from the account, every origin costs what it costs: their part is idle."""
    seen = data.draw(
        st.lists(st.sampled_from(cluster.devices.holdings), unique=True) if cluster.devices.holdings else st.just([])
    )
    fewer = cluster.with_holdings(seen).allocate().entries
    assert [entry.origin for entry in fewer] == [entry.origin for entry in cluster.allocate().entries]


@given(clusters(), st.data())
def test_holding_longer_never_costs_less(cluster: Cluster, data: st.DataObject) -> None:
    """A pod whose time is cut short never costs its owner more."""
    assume(cluster.devices.holdings)
    longer = data.draw(st.sampled_from(cluster.devices.holdings))
    end = data.draw(st.integers(longer.window.start + 1, longer.window.end))
    shorter = replace(longer, window=Window(longer.window.start, Instant(end)))
    others = [holding for holding in cluster.devices.holdings if holding != longer]
    less, more = (
        _costs(cluster.with_holdings([*others, shorter]).allocate().entries),
        _costs(cluster.allocate().entries),
    )
    assert all(less[owner] <= more.get(owner, 0) for owner in less if owner != IDLE)
    assert sum(less.values()) == sum(more.values())


@given(clusters(), st.integers(0, 1000))
def test_prices_scale_costs(cluster: Cluster, factor: int) -> None:
    """All prices times k are all costs times k: exactly for whole hours, else up to k nano-units a card and stretch."""
    scaled = replace(cluster, book=_times(cluster.book, factor))
    slack = factor * 40 * (2 + len(cluster.devices.holdings))
    for one, many in zip(cluster.allocate().entries, scaled.allocate().entries, strict=True):
        assert [line.owner for line in one.lines] == [line.owner for line in many.lines]
        for line, times in zip(one.lines, many.lines, strict=True):
            if line.amount and times.amount:
                assert abs(times.amount.nanos - factor * line.amount.nanos) <= slack


def _times(book: PriceBook, factor: int) -> PriceBook:
    def scaled(rate: DatedRate) -> DatedRate:
        return replace(rate, nanos_per_hour=rate.nanos_per_hour * factor)

    return replace(book, gpus=tuple(replace(gpu, rates=tuple(map(scaled, gpu.rates))) for gpu in book.gpus))


@given(clusters())
def test_missing_prices_lose_money_but_no_time(cluster: Cluster) -> None:
    """Without a price book every amount is unknown, and all card time keeps its owners."""
    priced = cluster.allocate().entries
    unpriced = allocate(cluster.devices, None, Ownership.always(cluster.declared), [WHOLE]).entries
    assert all(entry.origin.amount is None and entry.origin.gap is GapReason.NO_PRICE for entry in unpriced)
    assert sum(e.origin.quantity for e in unpriced) == sum(e.origin.quantity for e in priced)


@given(clusters(), st.data())
def test_too_much_held_is_parked_never_clamped(cluster: Cluster, data: st.DataObject) -> None:
    """An hour in which pods held more cards than there are is parked whole: its total is as ever, its owner nobody."""
    group = data.draw(st.sampled_from(cluster.devices.groups))
    slot = group.devices[0]
    name, node = slot.resource, group.node.name
    intruder = a_holding(a_pod("intruder"), group.window, count=slot.count + 1, node=node, resource=name)
    before, after = (
        cluster.allocate().entries,
        cluster.with_holdings([*cluster.devices.holdings, intruder]).allocate().entries,
    )
    assert [entry.origin for entry in before] == [entry.origin for entry in after]
    for entry in after:
        if entry.origin.key[1] == group.node.name and entry.origin.window.overlap(group.window):
            assert {line.owner for line in entry.lines} == {PARKED}
