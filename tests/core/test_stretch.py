"""Stretches: every way to cut a card, at every price, is charged exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.cards import Cards, cards_of
from aicost.core.dra import Device, published
from aicost.core.holdings import CardGroup, Devices
from aicost.core.identity import NodeRef, labels
from aicost.core.layout import WHOLE, Slot
from aicost.core.money import MOST_NANOS, Money
from aicost.core.owned import OwnedCards
from aicost.core.prices import PriceBook
from aicost.core.reasons import GapReason
from aicost.core.sharing import Part
from aicost.core.stretch import Pace, Share, Stretch, of_cards, of_unknown_nodes
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.support.builders import MODEL, a_book, a_group, a_holding, a_pod, a_price, at, between, usd

GPU, PRODUCT = "nvidia.com/gpu", "nvidia.com/gpu.product"
COUNT, REPLICAS = "nvidia.com/gpu.count", "nvidia.com/gpu.replicas"
PROFILES = {
    "NVIDIA-A100-SXM4-40GB": {"1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1},
    "NVIDIA-H100-80GB-HBM3": {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1},
    "NVIDIA-A30": {"1g.6gb": 4, "2g.12gb": 2, "4g.24gb": 1},
    "NVIDIA-H200": {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1},
}
BALANCED = {
    "NVIDIA-A100-SXM4-40GB": {"1g.5gb": 2, "2g.10gb": 1, "3g.20gb": 1},
    "NVIDIA-H100-80GB-HBM3": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1},
    "NVIDIA-A30": {"1g.6gb": 2, "2g.12gb": 1},
    "NVIDIA-H200": {"1g.18gb": 2, "2g.35gb": 1, "3g.71gb": 1},
}
"""The layouts that NVIDIA's mig-parted calls all-balanced."""


def nodes() -> Iterator[tuple[str, tuple[Cards, ...], int]]:
    """Every sharing mode with every layout, on one to eight cards: a name, what the node has, and how many cards."""
    for cards in (1, 2, 8):
        yield f"{cards} whole", cards_of({PRODUCT: "Tesla-T4"}, {GPU: cards}), cards
        for replicas, name, strategy in product((2, 3, 4, 7, 10), (GPU, f"{GPU}.shared"), ("time-slicing", "mps")):
            said = "NVIDIA-L4-SHARED" if name == GPU else "NVIDIA-L4"
            labels = {PRODUCT: said, COUNT: str(cards), REPLICAS: str(replicas), f"{GPU}.sharing-strategy": strategy}
            yield f"{cards} {strategy} {replicas} {name}", cards_of(labels, {name: cards * replicas}), cards
        for model, profiles in PROFILES.items():
            yield from _uniform(model, profiles, cards)
            layout = {f"nvidia.com/mig-{profile}": cards * count for profile, count in BALANCED[model].items()}
            yield f"{cards} {model} balanced", cards_of({PRODUCT: model, COUNT: str(cards)}, layout), cards
            yield _by_claims(model, ("",), cards)
            yield _by_claims(model, ("", *profiles), cards, on_demand=True)
            yield _by_claims(model, tuple(of for of, each in BALANCED[model].items() for _ in range(each)), cards)


def _by_claims(
    model: str, profiles: tuple[str, ...], cards: int, *, on_demand: bool = False
) -> tuple[str, tuple[Cards, ...], int]:
    """Cards that ResourceSlices publish, whole or each with these instances."""
    devices = [
        Device("node-a", f"gpu-{card}-{number}", f"GPU-{card}", model, of, on_demand)
        for card in range(cards)
        for number, of in enumerate(profiles)
    ]
    return f"{cards} {model} published {profiles} {on_demand}", published(devices, {}, {}), cards


def _uniform(model: str, profiles: dict[str, int], cards: int) -> Iterator[tuple[str, tuple[Cards, ...], int]]:
    for (profile, each), replicas in product(profiles.items(), (1, 3)):
        devices, name = cards * each * replicas, f"nvidia.com/mig-{profile}"
        mixed = {PRODUCT: model, COUNT: str(cards), f"{name}.replicas": str(replicas)}
        yield f"{cards} {model} mixed {profile} x{replicas}", cards_of(mixed, {name: devices}), cards
        suffix = "-SHARED" if replicas > 1 else ""
        single = {PRODUCT: f"{model}-MIG-{profile}{suffix}", COUNT: str(devices), REPLICAS: str(replicas)}
        single |= {"nvidia.com/mig.config": f"all-{profile}", "nvidia.com/mig.config.state": "success"}
        yield f"{cards} {model} single {profile} x{replicas}", cards_of(single, {GPU: devices}), cards


def stretch(cards: Cards, nanos: int, window: Window) -> Stretch:
    node = NodeRef("node-a", Instant(0))
    group = CardGroup(node, cards.resource, cards.product, cards.count, window, frozenset(), cards.sharing, cards.slots)
    return Stretch(group, window, Money(nanos, "USD"))


@pytest.mark.parametrize("nanos", [4_000_000_000, 805_000_000, 7, 1])
def test_every_layout_is_charged_exactly_once(nanos: int) -> None:
    """With all devices held for an hour their shares and what rounding leaves are the cards' price, exactly; each mode."""
    for name, (cards,), count in nodes():
        of = stretch(cards, nanos, between(0, HOUR))
        assert cards.slots, name
        held = [of.device(slot.resource).over(slot.count, of.window) for slot in cards.slots]
        whole, devices = of.whole, sum(slot.count for slot in cards.slots)
        assert whole == Share(count * WHOLE * HOUR, count * nanos), name
        assert 0 <= whole.nanos - sum(each.nanos for each in held) < max(devices, 2), name
        assert 0 <= whole.micros - sum(each.micros for each in held) < max(devices, 2) * HOUR, name


@given(st.integers(0, 10**10), st.lists(st.integers(1, 3 * HOUR - 1), max_size=4), st.sampled_from(list(nodes())))
def test_time_may_be_cut_anywhere(nanos: int, cuts: list[int], node: tuple[str, tuple[Cards, ...], int]) -> None:
    """What cards and devices run up is the sum of what they run up in parts of the time, wherever it is cut."""
    edges = sorted({0, *cuts, 3 * HOUR})
    parts = [stretch(node[1][0], nanos, between(a, b)) for a, b in pairwise(edges)]
    whole = stretch(node[1][0], nanos, between(0, 3 * HOUR))
    assert sum((part.whole for part in parts), start=Share()) == whole.whole
    for slot in node[1][0].slots:
        devices = [part.device(slot.resource).over(slot.count, part.window) for part in parts]
        assert sum(devices, start=Share()) == whole.device(slot.resource).over(slot.count, whole.window)


def test_without_a_price_time_is_counted() -> None:
    """Cards without a price run up time and no nano-units, and are an entry of their own, by the reason."""
    (cards,) = cards_of({PRODUCT: "Tesla-T4"}, {GPU: 2})
    priced = stretch(cards, 5, between(0, HOUR))
    bare = Stretch(priced.group, priced.window, GapReason.NO_PRICE)
    assert bare.whole == Share(2 * WHOLE * HOUR, 0)
    assert bare.key == (*priced.key, "NoPrice")


def test_entries_are_by_node_cards_product_and_hour() -> None:
    """The key of a stretch's entry names all four, after what kind of cost it is."""
    (cards,) = cards_of({PRODUCT: "Tesla-T4"}, {GPU: 2})
    of = stretch(cards, 5, between(HOUR // 2, HOUR))
    assert of.key == ("gpu", "node-a", "1970-01-01T00:00:00Z", GPU, "Tesla-T4", "2026-11-01T00:00:00Z")


def test_what_no_cards_are_called_is_counted_and_costs_nothing() -> None:
    """A device of a name that the cards do not have runs up the time of a card, and no nano-unit."""
    (cards,) = cards_of({PRODUCT: "Tesla-T4"}, {GPU: 2})
    assert stretch(cards, 5, between(0, HOUR)).device("nvidia.com/mig-1g.5gb") == Pace(WHOLE, 0)


def test_cards_of_which_nobody_told_appear_with_who_held_them() -> None:
    """As many as were held at a time, by name, hour by hour; on a node that is known only for names that it may not have.

    Where it is not known how a node's cards are cut, whatever was asked for is one of its devices.
    """
    names = ("there", "uncut", "gone")
    groups = (a_group(2, node="there"), a_group(2, node="uncut", sharing="mig"))
    held = [a_holding(a_pod(f"{node}-0"), between(0, HOUR), node=node, resource="amd.com/gpu") for node in names]
    later = a_holding(a_pod("gone-1"), between(HOUR // 2, HOUR), count=2, node="gone", resource="amd.com/gpu")
    found = of_unknown_nodes(Devices(groups, (*held, later)), [between(0, HOUR)])

    def appeared(node: str, cards: int, window: Window) -> Stretch:
        group = CardGroup(NodeRef(node, Instant(0)), "amd.com/gpu", "", cards, window)
        return Stretch(group, window, GapReason.NO_NODE)

    halves = between(0, HOUR // 2), between(HOUR // 2, HOUR)
    expected = [appeared("there", 1, between(0, HOUR)), appeared("gone", 1, halves[0]), appeared("gone", 3, halves[1])]
    assert list(found) == expected


@pytest.mark.parametrize(
    ("group", "capex", "why"),
    [
        (a_group(1, own="dgx"), 1, None),
        (a_group(1, own="dgx"), 10**13, GapReason.AMOUNT_TOO_LARGE),
        (a_group(1, own="dgx", sharing="untold"), 1, GapReason.NO_CLAIM_HISTORY),
        (a_group(1, own="dgx", sharing="mig"), 1, GapReason.LAYOUT_UNKNOWN),
    ],
)
def test_cards_that_were_bought_belong_to_their_asset(group: CardGroup, capex: int, why: GapReason | None) -> None:
    """Whether or not anybody knows what they cost: the asset is charged for what is there, and for the rest of it."""
    asset = OwnedCards("dgx", MODEL, labels({"own": "dgx"}), 1, at(-DAY), 1, capex * 10**9)
    (owned,) = of_cards([group], replace(a_book(), owned=(asset,)), [between(0, HOUR)])
    (rented,) = of_cards([replace(group, labels=labels({}))], PriceBook("USD"), [between(0, HOUR)])
    assert (owned.asset, rented.asset) == ("dgx", "")
    assert (owned.rate if isinstance(owned.rate, GapReason) else None) is why


def test_cards_may_cost_what_a_ledger_can_hold_and_no_more() -> None:
    """A price that one nano-unit less would have been possible is a gap."""
    rates = []
    for nanos in (MOST_NANOS, MOST_NANOS + 1):
        book = a_book(a_price(usd(0, nanos)))
        rates += [each.rate for each in of_cards([a_group(1, between(0, HOUR))], book, [between(0, HOUR)])]
    assert rates == [usd(0, MOST_NANOS), GapReason.AMOUNT_TOO_LARGE]


def test_offers_are_by_name() -> None:
    """A group tells how many devices it has of each name, and none of a name that it does not know."""
    (cards,) = cards_of(
        {PRODUCT: "NVIDIA-A100-SXM4-40GB", COUNT: "1"}, {"nvidia.com/mig-1g.5gb": 3, "nvidia.com/mig-2g.10gb": 1}
    )
    of = stretch(cards, 1, between(0, HOUR))
    assert [of.offers(f"nvidia.com/mig-{name}") for name in ("1g.5gb", "2g.10gb", "3g.20gb")] == [3, 1, 0]


@given(st.integers(0, 10**10), st.integers(1, 5), st.lists(st.integers(1, HOUR - 1), max_size=3))
def test_sharers_of_a_claim_run_up_what_its_devices_do(nanos: int, sharers: int, cuts: list[int]) -> None:
    """Two cards of one claim, in as many parts as pods share it, cut anywhere in time: the cards' price, exactly."""
    edges = sorted({0, *cuts, HOUR})
    pace = stretch(Cards("Tesla-T4", 2, slots=(Slot(GPU, 2),)), nanos, between(0, HOUR)).device(GPU)
    claimed = a_holding(count=2)
    shares = [
        pace.part(Part(claimed, between(0, HOUR), rank, sharers), between(start, end))
        for start, end in pairwise(edges)
        for rank in range(sharers)
    ]
    assert sum(shares, start=Share()) == Share(2 * WHOLE * HOUR, 2 * nanos)
