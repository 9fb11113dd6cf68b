"""A split that the provider refuses, and gave before: over refusals, restarts and a close, by what the ledger holds."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.bills import BillDay, BillRow
from aicost.core.ledger import UNCLAIMED
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from tests.reconcile.october import NOVEMBER, THE_29TH, a_world, close, restate
from tests.reconcile.test_estimates import Counting, usage
from tests.reconcile.test_restated import corrected
from tests.reconcile.world import BILL_POLL, CHAT, OPENAI, World, bill_of
from tests.support.builders import a_row, owned_by, usd

SPLIT = a_row(usd(14), project="p", apiKey="k", lineItem="output"), a_row(usd(2), project="q")


def refused(*rows: BillRow, day: int = 0, lesser: bool = False) -> BillDay:
    """A day that the provider tells, and refuses to split."""
    return replace(bill_of(day, *rows), lost=frozenset({"project", "apiKey", "lineItem"}), lesser=lesser)


async def a_split_day() -> World:
    """It was told by project and key once, and the operator began anew since."""
    world = World()
    world.declare()
    world.bills.days = (bill_of(0, *SPLIT),)
    await world.cycle()
    assert world.charged(CHAT) == "14.00"
    world.restart()
    return world


def billed(world: World) -> tuple[str, str, str]:
    source = world.store.status(OPENAI)
    return world.charged(CHAT), str(source["unclaimed"]), str(source["billed"])


async def test_a_restart_takes_nothing_from_who_was_told_apart() -> None:
    """The provider tells the same sum without its split: whoever owned a part of it keeps it, and the ledger is as it was."""
    world = await a_split_day()
    digest = world.digest()
    world.bills.days = (refused(a_row(usd(16))),)
    await world.cycle()
    assert billed(world) == ("14.00", "2.00", "16.00")
    assert world.digest() == digest


async def test_what_is_told_undivided_beyond_the_split_is_unclaimed() -> None:
    """More, then less than was told apart: the sum is the provider's, parts stay, and a new split replaces all of it."""
    world = await a_split_day()
    for dollars, unclaimed in ((20, "6.00"), (15, "1.00"), (16, "2.00")):
        world.bills.days = (refused(a_row(usd(dollars))),)
        await world.cycle(BILL_POLL)
        assert billed(world) == ("14.00", unclaimed, f"{dollars}.00")
    world.bills.days = (bill_of(0, a_row(usd(3), project="p", apiKey="k"), a_row(usd(17), project="q")),)
    await world.cycle(BILL_POLL)
    assert billed(world) == ("3.00", "17.00", "20.00")
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(NOVEMBER))


async def test_a_lesser_report_leaves_the_day_as_it_was() -> None:
    """It tells less money, since it leaves some out: that is no restatement."""
    world = await a_split_day()
    world.bills.days = (refused(a_row(usd(11), lineItem="usage - output"), lesser=True),)
    await world.cycle()
    assert billed(world) == ("14.00", "2.00", "16.00")


async def test_a_lesser_report_adds_what_nobody_had_told() -> None:
    """The day was told while it went on: its later hours and a new workspace are billed, once, whatever is read again."""
    world = World()
    world.declare()
    keyed = a_row(usd(10), project="p", workspace="w", apiKey="k", lineItem="input_tokens")
    world.bills.days = (replace(bill_of(0, keyed), whole=False),)
    await world.cycle()
    assert billed(world) == ("10.00", "0.00", "10.00")
    world.restart()
    rows = (a_row(usd(of), workspace=name, lineItem="Opus usage") for of, name in ((100, "w"), (7, "new")))
    world.bills.days = (refused(*rows, lesser=True),)
    for _ in range(2):
        await world.cycle(BILL_POLL)
        assert billed(world) == ("10.00", "97.00", "107.00")
    assert all(proof.difference == proof.broken == 0 for proof in world.ledger.proofs(NOVEMBER))


async def test_what_grew_undivided_is_not_estimated_besides() -> None:
    """The estimate is of what the provider's sum does not reach: else growth would count as rest and as estimate."""
    world = Counting()
    worth = usage(1, Tokens(8_000_000, requests=800))
    world.count(worth)
    world.bills.days = (bill_of(0), bill_of(1, *SPLIT))
    await world.cycle()
    before = world.billed()
    world.restart()
    world.bills.days = (bill_of(0), refused(a_row(usd(18)), day=1))
    await world.cycle()
    assert world.billed() == before


async def test_a_closed_month_is_corrected_by_the_rest_alone() -> None:
    """What is restated without its split after the close takes from nobody what was his."""
    world = await a_world()
    await close(world)
    world.restart()
    restate(world, refused(a_row(usd(21)), day=THE_29TH))
    await world.cycle(3600)
    assert corrected(world) == [(UNCLAIMED, 5 * 10**9)]
    restate(world, refused(a_row(usd(20)), day=THE_29TH))
    await world.cycle(3600)
    assert corrected(world) == [(UNCLAIMED, 4 * 10**9)]
    restate(world, bill_of(THE_29TH, a_row(usd(18), project="p"), a_row(usd(2), project="q")))
    await world.cycle(3600)
    assert [each for each in corrected(world) if each[1]] == [(owned_by(), 4 * 10**9)]
    assert world.ledger.verify().broken == ()
    assert GapReason.GROUPING_REFUSED not in {gap.reason for gap in world.desk.gaps()}
