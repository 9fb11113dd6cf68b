"""What there is to choose from, and at which price."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.holdings import CardGroup
from aicost.core.identity import labels
from aicost.core.layout import Slot
from aicost.core.prices import MigShare, PriceBook
from aicost.core.recommendations.gpu.evidence import Offer
from aicost.core.recommendations.gpu.offers import Market, by_resource, hardware_of, replicas_of
from aicost.core.window import DAY, Instant
from tests.support.builders import GPU, T0, a_book, a_group, a_price, at, between, usd

LATER = at(DAY - 1)
CUT = (Slot("nvidia.com/mig-3g.40gb", 2, 4, "3g.40gb"),)


def offers(*groups: CardGroup, book: PriceBook | None = None) -> dict[str, Offer]:
    """Those of a market, by their names."""
    return {offer.name: offer for offer in Market(groups, book or a_book(), LATER).offers()}


def test_whole_cards_and_what_they_could_be_cut_into() -> None:
    """Each instance at the part of the card that as many of it leave; no node has any yet."""
    found = offers(a_group(8), a_group(8, node="node-b"))
    assert (found["H100-80GB"].nodes, found["H100-80GB"].per_hour) == (2, 4 * 10**9)
    halves = found["H100-80GB in 3g.40gb"]
    assert (halves.nodes, halves.per_hour, halves.resource) == (0, 2 * 10**9, "nvidia.com/mig-3g.40gb")
    assert found["H100-80GB in 1g.10gb"].per_hour == 4 * 10**9 // 7


def test_instances_that_nodes_have_are_found_at_the_ledger_s_share() -> None:
    """Two of a card are halves of it."""
    found = offers(a_group(1, sharing="mig", slots=CUT), a_group(8, node="node-b"))
    halves = found["H100-80GB in 3g.40gb"]
    assert (halves.nodes, halves.per_hour) == (1, 2 * 10**9)
    assert found["H100-80GB in 1g.10gb"].nodes == 0


def test_a_declared_share_is_the_price_of_an_instance() -> None:
    """As in the ledger."""
    book = replace(a_book(), mig=(MigShare("H100-80GB", "3g.40gb", 600_000_000),))
    assert offers(a_group(8), book=book)["H100-80GB in 3g.40gb"].per_hour == 2_400_000_000


def test_time_slices_share_a_card() -> None:
    """Four of one card are a quarter each, without isolation."""
    group = a_group(2, sharing="time-slicing", slots=(Slot("nvidia.com/gpu.shared", 8),))
    shared = offers(group)["H100-80GB shared by 4"]
    assert (shared.per_hour, shared.replicas, shared.resource) == (10**9, 4, "nvidia.com/gpu.shared")
    assert replicas_of(group, group.slots[0]) == 4
    assert replicas_of(a_group(1, sharing="mig", slots=CUT), replace(CUT[0], replicas=2)) == 2


def test_the_highest_price_of_a_card_counts() -> None:
    """Nobody knows on which of the nodes it would run."""
    book = a_book()
    dear = replace(book.gpus[0], nodes=labels({"zone": "b"}), rates=a_book(a_price(usd(9))).gpus[0].rates)
    found = offers(a_group(8), a_group(8, node="node-b", zone="b"), book=replace(book, gpus=(*book.gpus, dear)))
    assert found["H100-80GB"].per_hour == 9 * 10**9


def test_cards_that_cost_less_on_some_nodes_are_offered_there() -> None:
    """By the labels that the price book tells them by, beside the offer at the highest price."""
    spot = a_price(usd(1), pool="spot")
    groups = a_group(8), a_group(8, node="node-b", pool="spot"), a_group(8, node="node-c", pool="spot")
    found = [each for each in Market(groups, a_book(a_price(), spot), LATER).offers() if each.name == "H100-80GB"]
    assert [(each.per_hour, each.nodes, each.where) for each in found] == [
        (4 * 10**9, 3, ()),
        (10**9, 2, (("pool", "spot"),)),
    ]
    alone = Market(groups[1:], a_book(a_price(), spot), LATER).offers()
    assert [each.where for each in alone if each.name == "H100-80GB"] == [()]


def test_what_the_book_prices_is_offered_though_no_node_has_it() -> None:
    """What it does not price is not, nor what no node has any more."""
    book = a_book()
    priced = replace(book, gpus=(*book.gpus, replace(book.gpus[0], model="L4-24GB")))
    gone = a_group(8, between(0, DAY - 1))
    assert {name: offer.nodes for name, offer in offers(gone, book=priced).items() if " " not in name} == {
        "H100-80GB": 0,
        "L4-24GB": 0,
    }
    assert offers(a_group(8, product="NVIDIA-L4")).keys() == {"H100-80GB"}


@pytest.mark.parametrize("book", [PriceBook("EUR", built_in=True), PriceBook("USD")])
def test_no_price_in_the_book_s_currency_is_no_offer(book: PriceBook) -> None:
    """Of two currencies no price is the lower one."""
    assert offers(a_group(8), book=book) == {}


def test_cards_are_found_by_node_and_by_what_pods_ask_for() -> None:
    """In the order of time; unknown ones have no hardware."""
    early, late = a_group(1, between(0, 50)), a_group(2, between(50, 100))
    assert [group for group, _ in by_resource((late, early))["node-a", GPU]] == [early, late]
    assert hardware_of(early)
    assert hardware_of(replace(early, product="NVIDIA-X")) is None
    assert Instant(T0) in early.window
