"""GPU cost: every card is charged exactly once, to its holder, whatever the order and the cutting of the evaluation."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aicost.core.allocation import allocate, exceeds
from aicost.core.claims import Claims
from aicost.core.declarations import Workload
from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.ledger import IDLE, PARKED, UNCLAIMED, Entry, Line, Owner, OwnerKind
from aicost.core.money import Money, accrued
from aicost.core.prices import DatedRate, PriceBook
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Instant, Window, instant
from tests.core.reference import charges
from tests.support.builders import (
    a_book,
    a_group,
    a_holding,
    a_pod,
    a_price,
    a_unit,
    a_workload,
    at,
    between,
    claims,
    owned_by,
    usd,
)
from tests.support.strategies import SPAN, WHOLE, WORKLOADS, Cluster, by_key, clusters

HOUR_ONE = between(0, HOUR)


def _allocated(groups: list[CardGroup], holdings: list[Holding], book: PriceBook | None = None) -> tuple[Entry, ...]:
    nobody = claims()
    return allocate(Devices(tuple(groups), tuple(holdings)), book or a_book(), nobody, [HOUR_ONE]).entries


def _costs(entries: tuple[Entry, ...]) -> dict[Owner, int]:
    costs: dict[Owner, int] = {}
    for line in (line for entry in entries for line in entry.lines):
        costs[line.owner] = costs.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return costs


@given(clusters())
def test_origins_are_cards_times_price_times_time(cluster: Cluster) -> None:
    """The origins of a node sum to its cards times their price over the time it had them, idle included."""
    entries = cluster.allocate().entries
    quantity = sum(group.cards * group.window.seconds for group in cluster.devices.groups)
    assert sum(entry.origin.quantity for entry in entries) == quantity
    for group in cluster.devices.groups:
        rate = cluster.book.gpu(group.product, group.labels, group.window.start)
        mine = [
            e.origin for e in entries if e.origin.key[1] == group.node.name and e.origin.window.overlap(group.window)
        ]
        if rate and all(group.window.overlap(origin.window) == origin.window for origin in mine):
            nanos = sum(origin.amount.nanos for origin in mine if origin.amount)
            assert nanos == group.cards * accrued(rate.nanos, group.window.start, group.window.end)


@given(clusters())
def test_lines_sum_to_their_origin(cluster: Cluster) -> None:
    """Lines sum to their origin in money and in quantity, and no part of a cluster that fits is negative."""
    for entry in cluster.allocate().entries:
        assert sum(line.quantity for line in entry.lines) == entry.origin.quantity
        assert all(line.quantity > 0 for line in entry.lines)
        if entry.origin.amount:
            assert sum(line.amount.nanos for line in entry.lines if line.amount) == entry.origin.amount.nanos
            assert all(line.amount and line.amount.nanos >= 0 for line in entry.lines)


@given(clusters())
def test_allocation_agrees_with_the_exact_reference(cluster: Cluster) -> None:
    """Owner, subject and card-seconds equal the reference model's; amounts differ by rounding alone.

    Rounding is less than one nano-unit for each card and each stretch of an hour in which nothing changes.
    """
    expected = charges(cluster)
    entries = cluster.allocate().entries
    assert len(entries) == len(expected)
    for entry in entries:
        slot = entry.origin.key[1], entry.origin.key[4], instant(entry.origin.key[5]) // HOUR
        assert {(line.owner, line.subject): line.quantity for line in entry.lines} == {
            who: count for who, (_, count) in expected[slot].items()
        }
        for line in entry.lines:
            exact, _ = expected[slot][line.owner, line.subject]
            assert (exact is None) is (line.amount is None)
            if exact is not None and line.amount:
                assert abs(line.amount.nanos - exact) <= 4 * (2 + len(cluster.devices.holdings))


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
    before, after = cluster.allocate().entries, without.allocate().entries
    assert _others(before, gone) == _others(after, gone)


def _others(entries: tuple[Entry, ...], gone: Holding) -> list[tuple[tuple[str, ...], Line]]:
    lines = [(entry.origin.key, line) for entry in entries for line in entry.lines]
    return [(key, line) for key, line in lines if line.owner != IDLE and line.subject != str(gone.pod)]


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
    slack = factor * 4 * (2 + len(cluster.devices.holdings))
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
    """Without a price book every amount is unknown, and every line keeps its owner and its quantity."""
    priced = cluster.allocate().entries
    unpriced = allocate(cluster.devices, None, Claims(cluster.declared), [WHOLE]).entries
    assert all(entry.origin.amount is None and entry.origin.gap is GapReason.NO_PRICE for entry in unpriced)
    assert [(e.origin.key, line.owner, line.subject, line.quantity) for e in unpriced for line in e.lines] == [
        (e.origin.key, line.owner, line.subject, line.quantity) for e in priced for line in e.lines
    ]


@given(clusters(), st.data())
def test_too_much_held_is_parked_never_clamped(cluster: Cluster, data: st.DataObject) -> None:
    """An hour in which pods held more cards than there are is parked whole: its total is as ever, its owner nobody."""
    group = data.draw(st.sampled_from(cluster.devices.groups))
    intruder = a_holding(a_pod("intruder"), group.window, count=group.cards + 1, node=group.node.name)
    before, after = (
        cluster.allocate().entries,
        cluster.with_holdings([*cluster.devices.holdings, intruder]).allocate().entries,
    )
    assert [entry.origin for entry in before] == [entry.origin for entry in after]
    for entry in after:
        if entry.origin.key[1] == group.node.name and entry.origin.window.overlap(group.window):
            assert [line.owner for line in entry.lines] == [PARKED]


def test_an_hour_is_told_whole() -> None:
    """A pod that holds three of eight cards for half an hour pays for that, and the rest is idle."""
    pod = a_pod(app="chat")
    devices = Devices((a_group(8),), (a_holding(pod, between(0, 1800), count=3),))
    entry, *_ = allocate(devices, a_book(), claims(a_unit(), a_workload(app="chat")), [HOUR_ONE]).entries
    assert entry.origin.amount == usd(32)
    assert entry.origin.pool == "H100-80GB"
    assert entry.lines == (
        Line(IDLE, "node-a", usd(26), 8 * 3600 - 3 * 1800),
        Line(owned_by(), "support/chat-0", usd(6), 3 * 1800),
    )


def test_a_holder_pays_the_price_of_its_own_time() -> None:
    """Where a node's price changes within an hour, each pod pays the price of the part that it held in."""
    book = a_book(a_price(usd(2)), a_price(usd(6), pool="fast"))
    groups = [a_group(1, between(0, 1800)), a_group(1, between(1800, 3600), pool="fast")]
    holdings = [a_holding(a_pod("first"), between(0, 1800)), a_holding(a_pod("second"), between(1800, 3600))]
    (entry,) = _allocated(groups, holdings, book)
    assert {line.subject: line.amount for line in entry.lines} == {"support/first": usd(1), "support/second": usd(3)}


def test_a_name_that_came_back_is_charged_to_each_owner() -> None:
    """Two pods of one name in one hour, claimed by two workloads of one unit, keep their owners in any order."""
    old = a_holding(a_pod(uid="1", app="a"), between(0, 1001))
    new = a_holding(a_pod(uid="2", app="b"), between(1001, 2002))
    owners = claims(a_unit(), a_workload("a", app="a"), a_workload("b", app="b"))
    book = a_book(a_price(Money(1, "USD")))
    one, other = (allocate(Devices((a_group(1),), pods), book, owners, [HOUR_ONE]) for pods in ((old, new), (new, old)))
    assert one == other


def test_a_successor_at_the_end_second_is_no_overload() -> None:
    """An end frees its card for whoever begins at that very second."""
    entries = _allocated([a_group(1)], [a_holding(a_pod("a"), between(0, 60)), a_holding(a_pod("b"), between(60, 120))])
    assert [line.owner.kind for line in entries[0].lines].count(OwnerKind.PARKED) == 0


@pytest.mark.parametrize(("cards", "over"), [(2, True), (3, False)])
def test_exceeds_counts_cards_at_every_instant(cards: int, over: bool) -> None:
    """Three cards held in one second exceed two cards, and do not exceed three."""
    held = [(a_holding(count=count), window) for count, window in ((2, between(0, 10)), (1, between(9, 20)))]
    assert exceeds(cards, held) is over


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (a_group(product=""), GapReason.NO_PRODUCT),
        (a_group(sharing="mig"), GapReason.SHARING_NOT_EVALUATED),
        (a_group(product="Unheard-Of"), GapReason.NO_PRICE),
    ],
)
def test_cards_that_cannot_be_priced_say_why(group: CardGroup, reason: GapReason) -> None:
    """A card without a product, sliced, or of a model that nobody prices has a reason instead of an amount."""
    (entry,) = _allocated([group], [a_holding()])
    assert (entry.origin.amount, entry.origin.gap) == (None, reason)
    assert {line.owner: line.quantity for line in entry.lines} == {UNCLAIMED: 3600, IDLE: 7 * 3600}


def test_a_price_that_begins_today_does_not_price_yesterday() -> None:
    """Before a rate begins its cards have no price: never zero, never a later rate."""
    book = a_book(a_price(usd(4), since=at(HOUR)))
    first, second = allocate(Devices((a_group(),)), book, claims(), [between(0, 2 * HOUR)]).entries
    assert (first.origin.gap, second.origin.amount) == (GapReason.NO_PRICE, usd(32))


def test_a_node_created_again_is_another_origin() -> None:
    """A node name that was used again has keys of its own, so that neither replaces the other."""
    old, new = a_group(window=between(0, 600)), a_group(window=between(600, 3600), created=at(600))
    entries = _allocated([old, new], [])
    assert len({entry.origin.key for entry in entries}) == 2
    assert sum(entry.origin.quantity for entry in entries) == 8 * 3600


def test_contests_are_told_once() -> None:
    """A pod that two workloads claim leaves one contest, however many hours it ran."""
    devices = Devices((a_group(),), (a_holding(a_pod(app="a"), between(0, 3 * HOUR)),))
    rivals = claims(a_unit(), a_workload("a", app="a"), a_workload("b", app="a"))
    allocation = allocate(devices, a_book(), rivals, [WHOLE])
    assert [(str(c.winner), str(c.loser)) for c in allocation.contests] == [("support/a", "support/b")]


def test_nothing_is_charged_outside_the_windows() -> None:
    """Without a window there are no entries, and a window without a node has none."""
    assert allocate(Devices((a_group(),)), a_book(), claims(), []).entries == ()
    assert allocate(Devices((a_group(window=HOUR_ONE),)), a_book(), claims(), [between(HOUR, 2 * HOUR)]).entries == ()
