"""A source that is declared under another name bills nothing a second time, over restarts too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from aicost.core.bills import BillDay
from aicost.core.closing import Ended
from aicost.core.declarations import Source
from aicost.core.ledger import Component
from aicost.core.money import decimal
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, Instant, Window
from aicost.ports import ORGANISATION, ResourceRef
from aicost.reconcile.accounts import Accounts
from tests.reconcile.october import BEGIN, NOVEMBER, THE_29TH, close
from tests.reconcile.world import BILL_POLL, CHAT, OPENAI, World, bill_of
from tests.support.builders import a_row, a_source, at, usd

SECOND = ResourceRef("UsageSource", "", "second")
OPENAI_BILL = replace(a_source(), secret=("openai-admin", "token"), created=at(0))
ELDER = replace(OPENAI_BILL, name="elder", projects=frozenset({"p"}), created=at(-DAY))
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


@pytest.mark.parametrize("more", [{}, {"url": "https://api.openai.com/v1"}, {"url": "https://api.openai.com/v1/"}])
async def test_a_new_name_takes_the_old_ones_bill_over(more: dict[str, object]) -> None:
    """The open month is billed once, by the new name, however it writes the address; also where the operator was away."""
    world = a_world()
    await world.cycle()
    world.restart()
    await renamed(world, {**SPEC, **more})
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
    """What the deleted one billed was billed: the other credential is another organisation's."""
    world = a_world()
    world.bills.accounts = {"openai": ORGANISATION + "one", "openai-prod": ORGANISATION + "two"}
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


async def with_a_second() -> tuple[World, dict[str, Any], BillDay]:
    """A world with a younger source of another account, what that one says, and what it billed."""
    world = a_world()
    other, theirs = {**SPEC, "secretRef": {"name": "other", "key": "token"}}, bill_of(0, a_row(usd(7), project="z"))
    world.clock.advance(5)
    world.store.apply("UsageSource", "second", other)
    world.bills.days += (replace(theirs, source="second"),)
    await world.cycle()
    return world, other, theirs


async def test_two_that_swap_their_credentials_swap_their_bills_at_once() -> None:
    """While one of them cannot be read, each keeps what it billed: no account is there twice and none is gone."""
    world, other, theirs = await with_a_second()
    digest = world.digest()
    world.store.apply("UsageSource", "openai", other)
    world.store.apply("UsageSource", "second", SPEC)
    world.bills.days = (theirs,)
    await world.cycle(BILL_POLL)
    world.restart()
    await world.cycle(BILL_POLL)
    assert world.digest() == digest
    assert {world.condition(of, "DataAvailable")["reason"] for of in (OPENAI, SECOND)} == {"BillPending"}
    world.bills.days = (theirs, replace(bill_of(0, a_row(usd(100), project="p")), source="second"))
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "7.00", "second": "100.00"}
    assert {world.condition(of, "DataAvailable")["reason"] for of in (OPENAI, SECOND)} == {"Complete"}


async def test_a_closed_month_is_corrected_by_none_that_waits_for_the_other() -> None:
    """Once both are read, what the one billed of it the other one does: together these corrections are nothing."""
    world = a_world()
    world.history.covers = (Window(at(BEGIN), at(70 * DAY)),)
    other = {**SPEC, "secretRef": {"name": "other", "key": "token"}}
    ours, theirs = (bill_of(THE_29TH, a_row(usd(of), project=name)) for of, name in ((100, "p"), (7, "z")))
    world.clock.advance(5)
    world.store.apply("UsageSource", "second", other)
    world.bills.days = (ours, replace(theirs, source="second"))
    await world.cycle()
    await close(world)
    world.store.apply("UsageSource", "openai", other)
    world.store.apply("UsageSource", "second", SPEC)
    for days in ((theirs,), (theirs, replace(ours, source="second"))):
        world.bills.days = days
        await world.cycle(BILL_POLL)
        assert (world.billed("2026-10"), world.billed()) == (usd(107).nanos, 0)
    corrected = [total for total in world.ledger.totals(NOVEMBER.window) if total.component is Component.CORRECTION]
    assert [total.nanos for total in corrected if total.owner.workload] == [-usd(100).nanos], (
        "second grants chat nothing"
    )


async def test_one_that_takes_anothers_credential_bills_it_once() -> None:
    """The elder counts, so that what the younger one billed of the account is the elder's; then that one has its own again."""
    world, other, theirs = await with_a_second()
    world.store.apply("UsageSource", "openai", other)
    world.bills.days = (theirs, replace(theirs, source="second"))
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "7.00"}
    world.store.apply("UsageSource", "second", SPEC)
    world.bills.days = (theirs, replace(bill_of(0, a_row(usd(100), project="p")), source="second"))
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "7.00", "second": "100.00"}


OTHER = {**SPEC, "secretRef": {"name": "other", "key": "token"}}


def declare_again(world: World, **more: object) -> None:
    """The same account, declared a second time with another Secret that holds a key of it."""
    world.clock.advance(5)
    world.store.apply("UsageSource", "second", {**OTHER, **more})
    world.bills.days += (replace(bill_of(0, a_row(usd(100), project="p")), source="second"),)
    world.bills.accounts = {"openai": "one", "second": "one"}


async def test_one_account_by_two_secrets_bills_once() -> None:
    """As soon as both were read, and over a restart, after which the second is not even asked, nor its usage counted."""
    world = a_world()
    await world.cycle()
    declare_again(world)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00"}
    second = world.store.status(SECOND)
    assert (second["summary"]["state"], second["gaps"][0]["reason"]) == ("Refused", GapReason.SOURCE_NOT_USED)
    world.restart()
    world.bills.asked.clear()
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00"}
    assert {source.name for source, _ in world.bills.asked} == {"openai"}


@pytest.mark.parametrize("more", [{}, {"url": "https://eu.api.openai.com/v1"}])
async def test_what_the_younger_billed_before_is_taken_back(more: dict[str, object]) -> None:
    """While the elder cannot be read nobody knows that it reads the same; the ledger ends with one bill, and proves."""
    world = a_world()
    declare_again(world, **more)
    days, world.bills.days = world.bills.days, world.bills.days[1:]
    world.bills.accounts = {"second": "one"}
    await world.cycle()
    assert billed_by(world) == {"second": "100.00"}
    world.bills.days, world.bills.accounts = days, {"openai": "one", "second": "one"}
    await world.cycle(BILL_POLL)
    await world.cycle()
    assert billed_by(world) == {"openai": "100.00"}
    assert world.ledger.verify().broken == ()


async def test_the_younger_takes_the_bill_over_when_the_elder_goes() -> None:
    """It is read by its own Secret then, and nothing of what the elder billed is there twice."""
    world = a_world()
    await world.cycle()
    declare_again(world)
    await world.cycle(BILL_POLL)
    world.store.delete(OPENAI)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"second": "100.00"}
    assert world.bills.asked[-1][0].secret == ("other", "token")


async def test_one_account_at_two_addresses_bills_once() -> None:
    """A region's own host tells of the same account, where its answers say so; also once the elder is declared no more."""
    world = a_world()
    await world.cycle()
    declare_again(world, url="https://eu.api.openai.com/v1")
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00"}
    assert world.store.status(SECOND)["gaps"][0]["reason"] == GapReason.SOURCE_NOT_USED
    world.restart()
    world.store.delete(OPENAI)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"second": "100.00"}
    assert world.bills.asked[-1][0].url == "https://eu.api.openai.com/v1"


async def test_parts_of_one_account_are_two_bills() -> None:
    """As with one Secret: what has no project in common is not the same."""
    world = a_world()
    world.store.apply("UsageSource", "openai", {**SPEC, "include": {"projects": ["p"]}})
    declare_again(world, include={"projects": ["q"]})
    await world.cycle()
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00", "second": "100.00"}


def billed_by(world: World) -> dict[str, str]:
    """What the ledger has of the day, by source."""
    sums: dict[str, int] = defaultdict(int)
    for total in world.ledger.totals(bill_of(0).day):
        sums[total.pool] += total.nanos if total.component is Component.TOKENS else 0
    return {pool: decimal(nanos) for pool, nanos in sums.items() if nanos}


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ((), "which is declared no more"),
        ((replace(OPENAI_BILL, role="Refine"),), "whose role is Refine now"),
        ((OPENAI_BILL, ELDER), "which is not used beside an elder one"),
    ],
)
def test_a_bill_that_is_none_now_says_why(declared: tuple[Source, ...], why: str) -> None:
    """One that is declared still is not called declared no more; a last day that was told whole leaves nothing open."""
    day = bill_of(30)
    whole, partly = (Accounts().following((OPENAI_BILL,), [replace(day, whole=each)]) for each in (True, False))
    assert whole.ended(declared, day.day) == ()
    assert partly.ended(declared, day.day) == (Ended("openai", why, day.day),)
    (left,) = replace(whole, reached={}).ended(declared, Window(day.day.start, Instant(day.day.end + DAY)))
    assert left.missing.start == day.day.end
