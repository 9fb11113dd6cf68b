"""What was asked before and after a change, in a real evaluation over a real ledger: less load is no saving."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.loads import Loads
from aicost.core.recommendations.advice import Evidence
from aicost.core.recommendations.changes import Change, Resize, Scale
from aicost.core.recommendations.promises import Demand, Outcome
from aicost.core.usage import PodTokens, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, day_of
from tests.reconcile.test_advice import REF, FakeAdviser, advised
from tests.reconcile.test_promises import IDLE, MONTHLY, OLDER, WEEK, of_models, promise
from tests.reconcile.world import World
from tests.support.builders import at, between, dims, usd
from tests.support.loads import SM, a_load

HOURS = range(24, 11 * 24)
CENT = 10**7
CHANGED = 9 * 24
TWO_CARDS = Resize("app", (("nvidia.com/gpu", 2),))


def tokens_of(hour: int) -> PodTokens:
    """1,000 an hour, and 400 once the change was made."""
    over = between(hour * HOUR, (hour + 1) * HOUR)
    return PodTokens("support", "chat-0", "m", over, Tokens(1_000 if hour < CHANGED else 400, output=0))


def load_of(hour: int, card: str, **of: Any) -> Any:
    """Half of the card works, and a tenth of it since."""
    return a_load(hour, card=card, signal=SM, mean_ppm=500_000 if hour < CHANGED else 100_000, peak_ppm=900_000, **of)


async def followed(change: Change, tokens: range = range(0), cards: tuple[str, ...] = ()) -> Outcome | None:
    """What came of advice that pods with two cards follow."""
    adviser = FakeAdviser([(REF, replace(IDLE, change=change, evidence=Evidence(WEEK, 168, {"signal": SM})))])
    world = World(9 * DAY)
    world.advisers = (adviser,)
    world.restart()
    world.declare()
    world.populate()
    world.meter.seen = tuple(map(tokens_of, tokens))
    world.loads.seen = Loads(tuple(load_of(hour, card) for hour in HOURS for card in cards))
    await world.cycles(3)
    for _ in range(3):
        await world.cycle(16 * HOUR)
    return promise(world).outcome


TOKENS = Demand("tokens", 1_000 * 730, 400 * 730, is_paid=False)
WORK = Demand("cardSeconds", 730 * HOUR, 730 * HOUR // 5, is_paid=False)
RAN = Demand("podSeconds", 730 * HOUR, 730 * HOUR)


@pytest.mark.parametrize(
    ("change", "tokens", "cards", "demand"),
    [
        (Scale(1), HOURS, (), TOKENS),
        (Scale(1), HOURS, ("a", "b"), TOKENS),
        (Scale(1), range(CHANGED, 11 * 24), ("a", "b"), WORK),
        (Scale(1), range(0), ("a", "b"), WORK),
        (Scale(1), range(0), ("a",), None),
        (Scale(1), range(0), (), None),
        (TWO_CARDS, HOURS, ("a", "b"), RAN),
    ],
    ids=[
        "tokens",
        "tokens first",
        "tokens of no day before",
        "cards' work",
        "half of them",
        "nobody tells",
        "pods' time",
    ],
)
async def test_the_load_of_gpus(change: Change, tokens: range, cards: tuple[str, ...], demand: Demand | None) -> None:
    """By what its pods served, else by how much their cards worked, not by a part of it; where what each holds changed by their time."""
    outcome = await followed(change, tokens, cards)
    assert outcome is not None
    assert (outcome.before, outcome.after, outcome.demand) == (MONTHLY, MONTHLY, demand)


async def test_what_ends_with_the_change_is_not_compared() -> None:
    """Nothing is asked of what is stopped: that is the change."""
    world = await advised(FakeAdviser([(REF, IDLE)]))
    world.meter.seen = tuple(map(tokens_of, HOURS))
    world.inventory.holdings = tuple(
        replace(held, window=between(0, 9 * DAY)) if held.pod.name == "chat-0" else held
        for held in world.inventory.holdings
    )
    for _ in range(4):
        await world.cycle(16 * HOUR)
    outcome = promise(world).outcome
    assert outcome is not None
    assert (outcome.demand, outcome.realised) == (None, MONTHLY)


@pytest.mark.parametrize(("requests", "unit"), [(1_000, "requests"), (0, "tokens")])
async def test_the_load_of_a_model(requests: int, unit: str) -> None:
    """By requests of both models together, and by tokens where nobody counts these; half of them would have cost half, to a cent."""
    world = World(9 * DAY)
    world.advisers = (FakeAdviser([(REF, OLDER)]),)
    world.restart()
    world.declare()
    world.populate()
    world.bills.counts_every_day = True
    bills = [of_models(day, 70, 0) for day in range(9)] + [of_models(day, 0, 22) for day in (9, 10)]
    used = [_used(day, "old" if day < 9 else "new", requests if day < 9 else requests // 2) for day in range(11)]
    world.bills.days, world.bills.usage = tuple(bills[:9]), tuple(used[:9])
    await world.cycles(2)
    world.bills.days, world.bills.usage = tuple(bills), tuple(used)
    await world.cycle(2 * DAY)
    await world.cycle(HOUR)
    outcome = promise(world).outcome
    assert outcome is not None
    asked = (requests or 2_000_000) * 730 // 24
    assert outcome.demand == Demand(unit, asked, asked // 2)
    assert outcome.realised is not None
    assert abs(outcome.realised - usd(13).nanos * 730 // 24) < CENT


def _used(day: int, model: str, requests: int) -> UsageRow:
    count = 1_000_000 if day < 9 else 500_000
    named = dims(project="p", apiKey="k", model=model)
    return UsageRow("openai", day_of(at(day * DAY)), named, Tokens(input=count, output=count, requests=requests))
