"""A shared key's bill, divided by what a gateway saw: over the ledger, over faults, and over a restart."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.ledger import UNCLAIMED, Component
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Window, day_of
from aicost.ports import ResourceRef
from tests.reconcile.gateway import GatewayWorld, a_gateway_of
from tests.reconcile.october import BEGIN, NOVEMBER, THE_29TH, close
from tests.reconcile.world import BILL_POLL, CHAT, RANK, RANK_SPEC, World, bill_of
from tests.support.builders import a_row, at, dims, usd

GW = ResourceRef("UsageSource", "", "gw")


class Gateway(GatewayWorld):
    """The usual world, in which rank calls OpenAI through a gateway, with a key that others share."""

    def share(self) -> None:
        """Declare it, and let the gateway have seen 60 of the 100 tokens that were billed."""
        self.declare()
        self.store.apply("UsageSource", "gw", a_gateway_of("search"))
        claim = {"name": "gw", "source": "gw", "match": {"apiKey": "rank"}}
        self.store.apply("AIWorkload", "rank", {**RANK_SPEC, "usage": [claim]}, namespace="search")
        row = replace(
            a_row(usd(100), 100, project="shared", apiKey="key_gw", lineItem="m, output_tokens"), unit="tokens"
        )
        self.bills.days = (bill_of(0, row),)
        self.seen(60)

    def seen(self, output: int) -> None:
        usage = UsageRow("gw", day_of(at(0)), dims(apiKey="rank", model="m"), Tokens(output=output, requests=1))
        self.gateway.usage = (usage,) if output else ()


async def test_a_caller_pays_what_the_gateway_saw_of_him() -> None:
    """60 of 100 tokens, 60 of 100 dollars, and the ledger still sums to the bill."""
    world = Gateway()
    world.share()
    await world.cycle()
    assert tokens(world, RANK) == "60.00"
    assert world.store.status(RANK)["certainty"]["calibrated"] == "60.00"
    assert world.billed() == usd(100).nanos
    assert world.charged(CHAT) == "0.00"


async def test_a_token_that_a_gateway_saw_is_counted_once() -> None:
    """For the caller, and not again for who owns the key: he has what is left of it."""
    world = Gateway()
    world.share()
    row = replace(a_row(usd(100), 100, project="p", apiKey="key_gw", lineItem="m, output_tokens"), unit="tokens")
    world.bills.days = (bill_of(0, row),)
    world.bills.counts_every_day = True
    billed = UsageRow(
        "openai", day_of(at(0)), dims(project="p", apiKey="key_gw", model="m"), Tokens(output=100, requests=9)
    )
    world.bills.usage = (billed,)
    await world.cycle()
    counted = [world.store.status(ref)["tokens"]["output"] for ref in (CHAT, RANK)]
    assert counted == [40, 60]


async def test_customers_whom_a_gateway_names_are_on_top() -> None:
    """Though OpenAI's bill names none."""
    world = Gateway()
    world.share()
    world.gateway.usage = tuple(
        UsageRow("gw", day_of(at(0)), dims(apiKey="rank", model="m", customer=name), Tokens(output=count))
        for name, count in (("acme", 40), ("globex", 20))
    )
    await world.cycle()
    customers = world.store.status(RANK)["top"]["customers"]
    assert [(of["name"], of["amount"]) for of in customers] == [("acme", "40.00"), ("globex", "20.00")]


async def test_what_the_gateway_says_later_supersedes() -> None:
    """Its day is read again as a bill's is."""
    world = Gateway()
    world.share()
    await world.cycle()
    world.seen(90)
    await world.cycle(BILL_POLL)
    assert tokens(world, RANK) == "90.00"
    assert world.billed() == usd(100).nanos


async def test_a_gateway_that_is_away_takes_nothing_from_anybody() -> None:
    """Also over a restart: what it said is in the ledger; its bill is read anew, and divided as before."""
    world = Gateway()
    world.share()
    await world.cycle()
    digest = world.digest()
    world.gateway.silent = True
    world.restart()
    await world.cycle(BILL_POLL)
    assert tokens(world, RANK) == "60.00"
    assert world.digest() == digest


async def test_a_day_of_which_it_saw_nothing_divides_nothing() -> None:
    """A complete answer without a row is another thing than none: the line is nobody's again."""
    world = Gateway()
    world.share()
    await world.cycle()
    world.seen(0)
    await world.cycle(BILL_POLL)
    assert tokens(world, RANK) == "0.00"
    assert world.billed() == usd(100).nanos


async def test_what_a_gateway_is_declared_or_deleted_for_later_moves_no_closed_month() -> None:
    """A closed month divides by what refined it when it was closed: a correction comes from the bill alone."""
    for declared_before in (True, False):
        world = Gateway(now=DAY)
        world.share()
        world.history.covers = (Window(at(BEGIN), at(70 * DAY)),)
        row = replace(
            a_row(usd(100), 100, project="shared", apiKey="key_gw", lineItem="m, output_tokens"), unit="tokens"
        )
        world.bills.days = (bill_of(THE_29TH, row),)
        world.gateway.usage = tuple(replace(of, day=bill_of(THE_29TH).day) for of in world.gateway.usage)
        source = world.store.resource(GW) or {}
        if not declared_before:
            world.store.delete(GW)
        await world.cycle()
        await world.cycle(BILL_POLL)
        await close(world)
        if declared_before:
            world.store.delete(GW)
        else:
            world.store.apply("UsageSource", "gw", source["spec"])
        await world.cycle(BILL_POLL)
        await world.cycle(BILL_POLL)
        assert world.ledger.entries(NOVEMBER.window, Component.CORRECTION) == ()


async def test_a_gateway_that_is_deleted_keeps_what_it_divided() -> None:
    """Of the days that are over, in this process and in the next; a day that begins without it is not divided."""
    world = Gateway()
    world.share()
    await world.cycle()
    digest = world.digest()
    world.store.delete(GW)
    await world.cycle(BILL_POLL)
    assert world.digest() == digest
    world.restart()
    await world.cycle(BILL_POLL)
    assert world.digest() == digest
    row = replace(a_row(usd(100), 100, project="shared", apiKey="key_gw", lineItem="m, output_tokens"), unit="tokens")
    world.bills.days = (*world.bills.days, bill_of(3, row))
    await world.cycle(3 * DAY)
    assert tokens(world, RANK) == "60.00"
    assert world.billed() == usd(200).nanos


def tokens(world: World, ref: ResourceRef) -> str:
    found: str = world.store.status(ref)["cost"]["incurred"]["tokens"]
    return found


async def test_a_bill_that_is_not_told_by_line_item_divides_by_priced_usage() -> None:
    """Of 4.00 at list prices rank's calls are worth 1.00; what is billed is 2.00: he pays a quarter, over a restart too."""
    world = Gateway()
    world.share()
    world.bills.days = (bill_of(0, a_row(usd(2), project="shared", apiKey="key_gw")),)
    own = dims(project="shared", apiKey="key_gw", model="gpt-6-sol")
    world.bills.usage = (UsageRow("openai", day_of(at(0)), own, Tokens(1_000_000, output=200_000, requests=100)),)
    caller = dims(apiKey="rank", model="gpt-6-sol")
    world.gateway.usage = (UsageRow("gw", day_of(at(0)), caller, Tokens(output=100_000, requests=5)),)
    await world.cycle()
    assert tokens(world, RANK) == "0.50"
    assert world.store.status(RANK)["certainty"]["calibrated"] == "0.50"
    digest = world.digest()
    world.restart()
    await world.cycle(BILL_POLL)
    assert (world.digest(), world.billed()) == (digest, usd(2).nanos)


async def test_a_label_that_is_told_later_moves_no_closed_cost() -> None:
    """October closed with 60 that nobody claimed, claimed since: a feature that the gateway tells now is no new caller."""
    world = Gateway()
    world.share()
    world.history.covers = (Window(at(BEGIN), at(70 * DAY)),)
    world.bills.days = (replace(world.bills.days[0], day=bill_of(THE_29TH).day),)
    usage = UsageRow("gw", day_of(at(BEGIN)), dims(apiKey="other", model="m"), Tokens(output=60))
    world.gateway.usage = (usage,)
    await world.cycle(BILL_POLL)
    await close(world)
    spec = a_gateway_of("search")
    grant = {"dimension": "apiKey", "value": "other", "namespaces": ["support"]}
    world.store.apply("UsageSource", "gw", {**spec, "grants": [*spec["grants"], grant]})
    claim = {"name": "g", "source": "gw", "match": {"apiKey": "other"}}
    world.store.apply("AIWorkload", "late", {"businessUnit": "care", "usage": [claim]}, namespace="support")
    world.gateway.usage = (replace(usage, dimensions=usage.dimensions | dims(feature="x")),)
    for _ in range(3):
        await world.cycle(BILL_POLL)
    entries = world.ledger.entries(NOVEMBER.window, Component.CORRECTION)
    lines = [line for entry in entries for line in entry.lines if line.amount]
    assert sorted(line.amount.nanos for line in lines if line.amount) == [-usd(60).nanos, usd(60).nanos]
    assert {line.owner for line in lines} == {UNCLAIMED}
