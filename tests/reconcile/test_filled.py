"""GPU time that nobody told of before a month was closed becomes corrections when it is told: over the real ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.coverage import Coverage
from aicost.core.holdings import FOREVER
from aicost.core.ledger import IDLE, Component, Entry, Owner
from aicost.core.window import DAY, HOUR, Period, Window
from aicost.ports import Account, Unavailable
from tests.reconcile.october import BEGIN, NOVEMBER, NOW, OCTOBER, THE_29TH, close
from tests.reconcile.world import CHAT, CHAT_SPEC, World, a_book_of, bill_of, running
from tests.support.builders import at, between, owned_by
from tests.support.corrected import sums
from tests.support.fakes import FakeHistory

LAST_TWO_DAYS = between(-2 * DAY, 0)
CARD_HOUR = 4 * 10**9
CHAT_CARDS, RANK_CARDS, IDLE_CARDS = 2, 1, 5


@dataclass
class PartlyDown(FakeHistory):
    """Series that cannot be read where they overlap a window that is down."""

    down: Coverage = ()

    async def devices(self, over: Window) -> Account | None:
        if any(over.overlap(each) for each in self.down):
            self.asked.append(over)
            raise Unavailable("Prometheus does not answer")
        return await super().devices(over)


def cards(entries: tuple[Entry, ...]) -> list[Entry]:
    """The entries of cards and corrections of such."""
    return [each for each in entries if {"gpu", "owned"} & set(each.origin.key)]


def known(world: World) -> dict[tuple[object, ...], tuple[int, int]]:
    """What October's cards came to, with all corrections of them."""
    return sums(cards((*world.ledger.entries(OCTOBER.window), *world.ledger.corrections(OCTOBER))))


def corrected(world: World, month: Period = NOVEMBER) -> dict[Owner, int]:
    """Nano-dollars of the corrections that a month holds, by owner."""
    found: dict[Owner, int] = {}
    for entry in world.ledger.entries(month.window, Component.CORRECTION):
        for line in entry.lines:
            found[line.owner] = found.get(line.owner, 0) + (line.amount.nanos if line.amount else 0)
    return found


async def a_world(now: int = NOW, *down: Window) -> tuple[World, PartlyDown]:
    """October is known from the 29th on, but for what is down, and its pods ran: evaluated once."""
    world = World(now)
    world.declare()
    world.store.apply("BusinessUnit", "unallocated", {})
    world.populate()
    ran = running("chat-0", "support", "chat", since=BEGIN), running("rank-0", "search", "rank", since=BEGIN, count=1)
    world.inventory.holdings = ran
    history = PartlyDown(world.inventory.devices(FOREVER), (Window(at(BEGIN), at(70 * DAY)),), down=down)
    world.history = history
    world.bills.days = tuple(bill_of(day) for day in range(THE_29TH, now // DAY + 1))
    world.restart()
    await world.cycle()
    return world, history


async def a_closed_world(*down: Window) -> tuple[World, PartlyDown]:
    """October closed while Prometheus could not tell of some days."""
    world, history = await a_world(NOW, *down)
    await close(world)
    return world, history


async def held() -> dict[tuple[object, ...], tuple[int, int]]:
    """What October's cards come to where nothing was ever down; asked first, for worlds share the ledger in memory."""
    world, _ = await a_world()
    return known(world)


async def test_what_is_told_after_the_close_is_a_correction() -> None:
    """October keeps its digest, and with its corrections it is what an operator without the outage has."""
    whole = await held()
    world, history = await a_closed_world(LAST_TWO_DAYS)
    october = world.digest("2026-10")
    await world.cycle(HOUR)
    assert corrected(world) == {}
    history.down = ()
    await world.cycle(HOUR)
    hours = 48 * CARD_HOUR
    assert corrected(world) == {
        owned_by(): hours * CHAT_CARDS,
        owned_by("rank", "search", "find"): hours * RANK_CARDS,
        IDLE: hours * IDLE_CARDS,
    }
    assert (known(world), world.digest("2026-10")) == (whole, october)
    shown = world.store.status(CHAT)
    assert shown["cost"]["incurred"]["corrections"] == "384.00"
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(NOVEMBER))
    assert world.ledger.verify().broken == ()


async def test_an_hour_that_was_known_in_part_is_corrected_by_the_rest() -> None:
    """The operator went away at 10:20; when the month is closed nobody has told of the 40 minutes after it."""
    away, whole = -14 * HOUR + 1200, await held()
    world, history = await a_world(away)
    world.clock.at = at(NOW)
    history.failure = Unavailable("down")
    world.restart()
    await world.cycle()
    await close(world)
    history.failure = None
    await world.cycle(HOUR)
    told = 13 * HOUR * CARD_HOUR * CHAT_CARDS // HOUR
    assert told < corrected(world)[owned_by()] < told + CARD_HOUR * CHAT_CARDS
    assert known(world) == whole


async def test_a_gap_of_a_closed_month_is_none_of_the_current_one() -> None:
    """While October's series cannot be read, November is read, and shows no gap of who held what."""
    world, history = await a_closed_world(LAST_TWO_DAYS)
    await world.cycle(HOUR)
    reasons = {gap["reason"] for gap in world.store.status(CHAT).get("gaps", ())}
    assert "NoPodHistory" not in reasons
    assert world.recorder.gaps() == ()
    assert history.asked[-2:] == [between(0, DAY), between(-2 * DAY, -DAY)]
    assert world.months.closings[0].holes
    assert world.months.closings[0].holes.parts == (LAST_TWO_DAYS,)


async def test_nothing_is_asked_of_a_month_that_had_no_hole() -> None:
    """Nor of the time before anything was known, of which the series were asked in vain before the close."""
    world, history = await a_closed_world()
    history.asked.clear()
    await world.cycles(2, HOUR)
    world.restart()
    await world.cycle(HOUR)
    assert [over for over in history.asked if over.start < at(0)] == []
    assert world.months.closings[0].holes is None


async def test_a_hole_is_asked_for_as_long_as_bills_are_read_again() -> None:
    """Five weeks after the closing what is booked stays, and the rest is a gap for good."""
    world, history = await a_closed_world(LAST_TWO_DAYS)
    history.down = (between(-DAY, 0),)
    await world.cycle(HOUR)
    booked = corrected(world)
    history.down = ()
    world.clock.at = at(NOW + 35 * DAY + 2 * HOUR)
    world.restart()
    history.asked.clear()
    await world.cycle()
    assert [over for over in history.asked if over.start < at(0)] == []
    assert corrected(world) == booked
    assert corrected(world, Period("2026-12")) == {}


async def test_it_is_charged_by_prices_and_owners_of_then() -> None:
    """Whatever was edited since, also before a restart, and what had no price by then has none."""

    def edit(world: World) -> None:
        world.store.apply("PriceBook", "default", a_book_of("8"))
        world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "businessUnit": "find"}, namespace="support")

    whole = await held()
    for before_the_edit in (World.restart, lambda _: None):
        world, history = await a_closed_world(LAST_TWO_DAYS)
        before_the_edit(world)
        edit(world)
        await world.cycle(HOUR)
        history.down = ()
        await world.cycle(HOUR)
        assert known(world) == whole


async def test_corrections_are_quiet() -> None:
    """Evaluating again books nothing, nor does a restart, nor the month after, in which the first ones stand."""
    world, history = await a_closed_world(LAST_TWO_DAYS)
    history.down = ()
    await world.cycle(HOUR)
    booked, digest = corrected(world), world.digest()
    world.ledger.new.clear()
    await world.cycle()
    world.restart()
    await world.cycle()
    assert (world.digest(), world.ledger.new) == (digest, [0, 0])
    world.clock.at = at(32 * DAY)
    world.restart()
    await world.cycle()
    assert corrected(world) == booked
    assert corrected(world, Period("2026-12")) == {}


_DAYS = st.permutations([-3, -2, -1])
_MEANWHILE: st.SearchStrategy[Callable[[World], None]] = st.sampled_from(
    [lambda _: None, World.restart, lambda world: world.store.apply("PriceBook", "default", a_book_of("9"))]
)


@settings(max_examples=5)
@given(_DAYS, st.lists(_MEANWHILE, min_size=3, max_size=3))
async def test_fillings_add_up_in_any_order(days: list[int], meanwhile: list[Callable[[World], None]]) -> None:
    """A day told at a time, whatever happens in between: October and its corrections are what was held."""
    parts, whole = [between(day * DAY, (day + 1) * DAY) for day in days], await held()
    world, history = await a_closed_world(*parts)
    october = world.digest("2026-10")
    for number, happens in enumerate(meanwhile):
        happens(world)
        history.down = tuple(parts[number + 1 :])
        await world.cycle(HOUR)
    await world.cycle(HOUR)
    assert (known(world), world.digest("2026-10")) == (whole, october)
