"""A source that is declared under another name bills nothing a second time, over restarts too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aicost.core.reasons import GapReason
from aicost.core.window import DAY
from aicost.ports import ResourceRef
from tests.reconcile.world import BILL_POLL, CHAT, OPENAI, World, bill_of
from tests.support.builders import a_row, usd

SPEC = {"type": "OpenAI", "secretRef": {"name": "openai-admin", "key": "token"}}


def a_world() -> World:
    world = World(DAY)
    world.declare()
    world.bills.days = (bill_of(0, a_row(usd(100), project="p")),)
    return world


async def renamed(world: World, spec: Mapping[str, object]) -> None:
    """The source is declared anew under another name; the provider says what it said."""
    world.store.delete(OPENAI)
    world.store.apply("UsageSource", "openai-prod", spec)
    world.bills.days = tuple(replace(day, source="openai-prod") for day in world.bills.days)
    await world.cycle(BILL_POLL)


async def test_a_new_name_takes_the_old_ones_bill_over() -> None:
    """The open month is billed once, by the new name; also where the operator was away in between."""
    world = a_world()
    await world.cycle()
    world.restart()
    await renamed(world, SPEC)
    assert world.billed() == usd(100).nanos
    assert {total.pool for total in world.ledger.totals(bill_of(0).day) if total.nanos} == {"openai-prod"}


async def test_a_bill_that_is_declared_no_more_stays() -> None:
    """What was billed was spent, and stays whose it was: in this process, in the next, and when the month goes on."""
    world = a_world()
    await world.cycle()
    digest = world.digest()
    world.store.delete(OPENAI)
    await world.cycle(BILL_POLL)
    world.restart()
    await world.cycle(2 * DAY)
    assert world.digest() == digest
    assert world.charged(CHAT) == "100.00"


async def test_another_account_replaces_nothing() -> None:
    """What the deleted one billed was billed: the other credential is another account's."""
    world = a_world()
    await world.cycle()
    await renamed(world, {**SPEC, "secretRef": {"name": "another", "key": "token"}})
    assert world.billed() == usd(200).nanos


async def test_two_at_once_bill_once() -> None:
    """The second one says which one counts, and is never asked."""
    world = a_world()
    await world.cycle()
    world.clock.advance(5)
    world.store.apply("UsageSource", "a-copy", SPEC)
    world.bills.days += tuple(replace(day, source="a-copy") for day in world.bills.days)
    await world.cycle(BILL_POLL)
    assert world.billed() == usd(100).nanos
    copy = world.store.status(ResourceRef("UsageSource", "", "a-copy"))
    assert (copy["summary"]["state"], copy["gaps"][0]["reason"]) == ("Refused", GapReason.SOURCE_NOT_USED)
