"""Where MIG instances lie, over whole evaluations: charged by, kept, asked again where it failed, and no closed month's matter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from aicost.core.cards import GPU, MIG, MIG_CARDS, cards_of
from aicost.core.holdings import FOREVER
from aicost.core.layout import Slot
from aicost.core.ledger import Component
from aicost.core.placements import Placement
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Unavailable
from tests.reconcile.october import BEGIN, NOW, OCTOBER, THE_29TH, close
from tests.reconcile.world import World, a_book_of, bill_of
from tests.support.builders import a_group, a_holding, a_pod, at, between
from tests.support.fakes import FakePlacements

SMALL, LARGE = Slot(f"{MIG}1g.10gb", 7, 1, "1g.10gb"), Slot(f"{MIG}3g.40gb", 1, 4, "3g.40gb")
TWO_HOURS = between(0, 2 * HOUR)
TOGETHER, ALONE, ALL = 2 * (8 * 10**9 * 4 // 11), 8 * 10**9, 16 * 10**9
"""A lone 3g.40gb beside seven 1g.10gb on the other card, at 4 dollars: 4/11 of two cards, or all of its own; and both cards."""


@dataclass
class FakeTwoCards:
    """What series tell of two cards of which one is in sevenths: all hours alike."""

    failure: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    async def placements(self, over: Window) -> tuple[Placement, ...]:
        self.asked.append(over)
        if self.failure:
            raise self.failure
        lone = Placement("node-a", "GPU-2", "1", "3g.40gb", over, "support", "chat-0")
        small = (replace(lone, card="GPU-1", instance=str(at), profile="1g.10gb", pod="") for at in range(7))
        each = (replace(of, namespace=of.namespace if of.pod else "") for of in (lone, *small))
        return tuple(replace(of, window=hour) for of in each for hour in over.pieces(HOUR))


def a_world(now: int, since: int) -> tuple[World, FakeTwoCards]:
    """Chat holds the lone instance."""
    world = World(now)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    there = Window(at(since), FOREVER)
    group = a_group(2, there, created=at(since), sharing="mig", slots=(SMALL, LARGE))
    world.inventory.groups = (replace(group, resource=MIG_CARDS),)
    world.inventory.holdings = (a_holding(a_pod("chat-0", "support", app="chat"), there, resource=LARGE.resource),)
    world.history.told = world.inventory.devices(FOREVER)
    world.history.covers = (Window(at(since), at(70 * DAY)),)
    world.bills.days = ()
    return world, told_by(world, FakeTwoCards())


Told = TypeVar("Told", FakeTwoCards, FakePlacements)


def told_by(world: World, source: Told) -> Told:
    """Series that the operator reads from now on."""
    world.recorder.feeds = replace(world.recorder.feeds, placements=source)
    return source


async def test_a_device_costs_its_share_of_its_own_card_as_soon_as_that_is_told() -> None:
    """Until then its share of the cards together, with all charged; a restart asks and changes nothing."""
    world, source = a_world(2 * HOUR + 1800, 0)
    source.failure = Unavailable("Prometheus does not answer")
    await world.cycle()
    assert (_cost(world, TWO_HOURS), _of_all(world, TWO_HOURS)) == (TOGETHER, ALL)
    source.failure = None
    await world.cycle(60)
    await world.cycle(60)
    assert (_cost(world, TWO_HOURS), _of_all(world, TWO_HOURS)) == (ALONE, ALL)
    digest = world.digest()
    world.restart()
    again = told_by(world, FakeTwoCards())
    await world.cycle()
    assert (world.digest(), again.asked, world.ledger.verify().broken) == (digest, [], ())


async def test_a_closed_month_never_learns_of_placements() -> None:
    """Neither its entries nor a correction: what is told after the closing comes too late, also to one who read it before."""
    world, source = a_world(NOW, BEGIN)
    source.failure = Unavailable("Prometheus does not answer")
    world.bills.days = tuple(bill_of(day) for day in range(THE_29TH, NOW // DAY + 1))
    await world.cycle()
    source.failure = None
    await world.evaluation.catch_up()
    await close(world)
    entries, digest = world.ledger.entries(OCTOBER.window), world.ledger.digest(OCTOBER)
    await world.cycles(2)
    world.restart()
    told_by(world, FakeTwoCards())
    await world.cycles(2)
    assert world.ledger.entries(OCTOBER.window) == entries
    assert (world.ledger.digest(OCTOBER), world.ledger.corrections(OCTOBER)) == (digest, ())
    assert world.ledger.devices(OCTOBER.window).placements == ()
    assert _cost(world, TWO_HOURS) == ALONE
    assert _cost(world, between(-2 * HOUR, 0)) == TOGETHER


async def test_cards_that_no_label_counts_are_a_gap_until_they_are_told() -> None:
    """Then each costs its price, also in the hours after that of which nobody tells, and after a restart."""
    world, series = a_world_of_seven()
    series.failure = Unavailable("Prometheus does not answer")
    await world.cycle()
    assert _gaps(world, TWO_HOURS) == {GapReason.LAYOUT_UNKNOWN}
    assert (_cost(world, TWO_HOURS), _of_all(world, TWO_HOURS)) == (0, 0)
    series.failure = None
    await world.cycles(2)
    assert (_cost(world, TWO_HOURS), _of_all(world, TWO_HOURS)) == (ALONE, 7 * ALONE)
    assert _gaps(world, between(-HOUR, 3 * HOUR)) == {None}
    digest = world.digest()
    world.restart()
    told_by(world, FakePlacements())
    await world.cycles(2)
    assert (world.digest(), world.ledger.verify().broken) == (digest, ())


async def test_what_was_told_last_in_a_closed_month_stands_in_the_next() -> None:
    """So that an edit of prices, which rates the open month anew, finds the cards that were there."""
    world, series = a_world_of_seven(NOW, BEGIN)
    series.seen = each_alone(7, between(BEGIN, -HOUR))
    world.bills.days = tuple(bill_of(day) for day in range(THE_29TH, NOW // DAY + 1))
    await world.cycle()
    await close(world)
    for per_hour in ("4", "8"):
        world.store.apply("PriceBook", "default", a_book_of(per_hour))
        world.restart()
        told_by(world, FakePlacements())
        await world.cycles(2)
        assert _of_all(world, TWO_HOURS) == 7 * 2 * int(per_hour) * 10**9


def a_world_of_seven(now: int = 2 * HOUR + 1800, since: int = -HOUR) -> tuple[World, FakePlacements]:
    """A node that offers seven instances under the card's own name, each of a card of its own; chat holds one."""
    world, _ = a_world(now, since)
    (known,) = cards_of({"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb"}, {GPU: 7})
    (group,), (held,) = world.inventory.groups, world.inventory.holdings
    cards = replace(group, resource=GPU, cards=known.count, sharing=known.sharing, slots=known.slots)
    world.inventory.groups, world.inventory.holdings = (cards,), (replace(held, resource=GPU),)
    world.history.told = world.inventory.devices(FOREVER)
    return world, told_by(world, FakePlacements(each_alone(7, between(-HOUR, 0))))


def each_alone(cards: int, over: Window) -> tuple[Placement, ...]:
    """What series tell of cards with one instance each."""
    return tuple(
        Placement("node-a", f"GPU-{card}", "7", "1g.10gb", hour) for card in range(cards) for hour in over.pieces(HOUR)
    )


def _gaps(world: World, over: Window) -> set[GapReason | None]:
    entries = world.ledger.entries(over, Component.GPU)
    return {entry.origin.gap for entry in entries if entry.origin.quantity}


def _cost(world: World, over: Window) -> int:
    """Nano-dollars of chat's."""
    return sum(
        line.amount.nanos
        for entry in world.ledger.entries(over, Component.GPU)
        for line in entry.lines
        if line.amount and line.owner.workload and str(line.owner.workload) == "support/chat"
    )


def _of_all(world: World, over: Window) -> int:
    return sum(entry.origin.amount.nanos for entry in world.ledger.entries(over, Component.GPU) if entry.origin.amount)
