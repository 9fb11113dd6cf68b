"""A bill leaves days to what another account was billed on them, where the two are two or nobody can tell: and says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.declarations import FocusFiles, Source
from aicost.core.money import decimal
from aicost.core.reasons import GapReason
from aicost.core.window import DAY
from aicost.ports import ORGANISATION, ResourceRef
from aicost.reconcile.holds import Hold, account_of, source_of
from tests.reconcile.test_accounts import SPEC, a_world, billed_by, renamed
from tests.reconcile.world import BILL_POLL, OPENAI, World, bill_of
from tests.support.builders import a_row, at, usd

PROD = ResourceRef("UsageSource", "", "openai-prod")
OTHER = {**SPEC, "secretRef": {"name": "openai-admin-2", "key": "token"}}
FILES = Source("focus", "FocusFile", "Bill", focus=FocusFiles("/data/*.csv"))
UNKNOWN = frozenset[str](), frozenset[str]()


def organisations(world: World, **named: str) -> None:
    world.bills.accounts = {name.replace("_", "-"): ORGANISATION + of for name, of in named.items()}


def told(world: World, of: ResourceRef) -> list[str]:
    """Why money of a source is missing."""
    return [gap["reason"] for gap in world.store.status(of).get("gaps", [])]


async def two_days_on(world: World, source: str, dollars: int) -> None:
    """The provider bills the day after the next one, too."""
    later = replace(bill_of(2, a_row(usd(dollars), project="p")), source=source)
    world.bills.days += (later,)
    await world.cycle(2 * DAY)


def all_billed(world: World) -> str:
    return decimal(world.billed())


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_new_secret_of_the_organisation_takes_the_bill_over(restarted: bool) -> None:
    """Under another name: the ledger keeps which organisation answered to the one that is gone."""
    world = a_world()
    organisations(world, openai="one", openai_prod="one")
    await world.cycle()
    if restarted:
        world.restart()
    await renamed(world, OTHER)
    assert billed_by(world) == {"openai-prod": "100.00"}
    assert told(world, PROD) == []


@pytest.mark.parametrize(
    "spec", [{**SPEC, "include": {"projects": ["p"]}}, OTHER], ids=["a part of it", "a new Secret"]
)
async def test_what_may_be_the_same_is_not_billed_again(spec: dict[str, object]) -> None:
    """The days that the old name billed stay, over a restart too; the new one counts from the next on, and says that it does."""
    world = a_world()
    await world.cycle()
    await renamed(world, spec)
    world.restart()
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00"}
    assert told(world, PROD) == [GapReason.BILL_PENDING]
    await two_days_on(world, "openai-prod", 7)
    assert all_billed(world) == "107.00"


async def test_a_person_ends_the_doubt_by_declaring_what_was_declared() -> None:
    """Then all of it is the new one's, and nothing is missing."""
    world = a_world()
    await world.cycle()
    await renamed(world, OTHER)
    world.store.apply("UsageSource", "openai-prod", SPEC)
    await world.cycle(BILL_POLL)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai-prod": "100.00"}
    assert told(world, PROD) == []


@pytest.mark.parametrize(
    ("now", "reason"), [("two", GapReason.BILL_UNAVAILABLE), ("", GapReason.BILL_PENDING)], ids=["another", "unknown"]
)
async def test_another_account_under_the_name_erases_nothing(now: str, reason: GapReason) -> None:
    """What the first one billed was billed: the other begins with the day after, also after a restart."""
    world = a_world()
    organisations(world, openai="one")
    await world.cycle()
    organisations(world, **({"openai": now} if now else {}))
    world.store.apply("UsageSource", "openai", OTHER)
    world.bills.days = (bill_of(0), bill_of(1, a_row(usd(3), project="z")))
    await world.cycle(BILL_POLL)
    world.restart()
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00"}
    assert told(world, OPENAI) == [reason]
    await two_days_on(world, "openai", 7)
    assert all_billed(world) == "110.00"


async def test_what_a_name_billed_of_another_account_stays_when_it_is_renamed() -> None:
    """The new name takes over what the old one billed since its Secret was changed, and nothing of before."""
    world = a_world()
    await world.cycle()
    world.store.apply("UsageSource", "openai", OTHER)
    world.bills.days = (bill_of(0), bill_of(1, a_row(usd(3), project="z")))
    await world.cycle(BILL_POLL)
    world.store.delete(OPENAI)
    await world.cycle(BILL_POLL)
    world.restart()
    world.store.apply("UsageSource", "openai-prod", OTHER)
    world.bills.days = tuple(replace(day, source="openai-prod") for day in world.bills.days)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "100.00"}
    assert all_billed(world) == "103.00"
    assert {total.pool for total in world.ledger.totals(bill_of(1).day) if total.nanos} == {"openai-prod"}


async def test_a_new_secret_of_the_same_organisation_bills_as_before() -> None:
    """What the provider restates is restated."""
    world = a_world()
    organisations(world, openai="one")
    await world.cycle()
    world.restart()
    world.store.apply("UsageSource", "openai", OTHER)
    world.bills.days = (bill_of(0, a_row(usd(90), project="p")),)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "90.00"}
    assert told(world, OPENAI) == []


async def test_a_mistake_that_is_taken_back_leaves_nothing() -> None:
    """The other account billed nothing, so that the first one's days are read again."""
    world = a_world()
    await world.cycle()
    world.store.apply("UsageSource", "openai", OTHER)
    await world.cycle(BILL_POLL)
    world.store.apply("UsageSource", "openai", SPEC)
    world.bills.days = (bill_of(0, a_row(usd(110), project="p")),)
    await world.cycle(BILL_POLL)
    assert billed_by(world) == {"openai": "110.00"}
    assert told(world, OPENAI) == []


@pytest.mark.parametrize(
    ("path", "binds"),
    [
        ("/data/*.csv", False),
        ("/data/nov-*.csv", True),
        ("/azure/*.csv", False),
        ("/data/*", False),
        ("/d*/nov.csv", True),
        ("/da*", False),
    ],
)
def test_files_that_are_fewer_leave_what_was_billed(path: str, binds: bool) -> None:
    """Nobody knows which of the files a row was of; those that cannot be the same have nothing to do with each other."""
    hold = Hold("focus", account_of(FILES), at(0))
    now = replace(FILES, name="focus-prod", focus=FocusFiles(path))
    assert hold.binds(now, UNKNOWN) is binds
    assert source_of("focus", account_of(now)) == replace(now, name="focus")
