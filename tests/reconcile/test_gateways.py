"""What a gateway saw of providers without a bill: estimated once, until a bill tells of it; over the ledger and restarts."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.bills import TOKENS, BillDay
from aicost.core.usage import UsageRow
from aicost.core.window import DAY, day_of
from aicost.ports import ResourceRef
from tests.reconcile.test_estimates import A_MILLION, DEMO
from tests.reconcile.test_refinements import GW, Gateway
from tests.reconcile.world import BILL_POLL, OPENAI, bill_of
from tests.support.builders import a_row, at, dims, usd

CLAUDE = "anthropic/claude-opus-5-5"
"""A million tokens of its input are worth 4.00."""
BEDROCK = "bedrock/anthropic.claude-opus-4-8"
FIRST = day_of(at(0))
KEY = {"apiKeys": ["key_gw"]}


async def a_gateway(model: str = CLAUDE, bill: str = "anthropic") -> Gateway:
    """One that saw a million tokens on the first day, and refines a bill."""
    world = Gateway()
    world.share()
    world.bills.days = ()
    world.gateway.usage = (UsageRow("gw", FIRST, dims(apiKey="rank", model=model), A_MILLION),)
    spec = (world.store.resource(GW) or {})["spec"]
    world.store.apply("UsageSource", "gw", {**spec, "refines": [{"source": bill, **KEY}]})
    await world.cycle()
    return world


def bill_it(world: Gateway, name: str = "anthropic") -> None:
    row = a_row(usd(3), 1_000_000, apiKey="key_gw", model="claude-opus-5-5", lineItem="uncached_input_tokens")
    world.others.days = (BillDay(name, "anthropic", FIRST, (replace(row, unit=TOKENS),)),)
    declared = {"type": "Anthropic", "role": "Bill", "secretRef": {"name": "a"}}
    world.store.apply("UsageSource", name, declared)


async def test_a_bill_that_is_declared_takes_the_estimates_place() -> None:
    """Whether it is the one that the gateway refines or another of that provider; after a restart, too."""
    for name in ("anthropic", "claude-prod"):
        world = await a_gateway()
        assert world.billed() == usd(4).nanos
        bill_it(world, name)
        await world.cycle(BILL_POLL)
        assert world.billed() == usd(3).nanos
        world.restart()
        await world.cycle(BILL_POLL)
        assert world.billed() == usd(3).nanos


async def test_a_bill_that_is_deleted_was_billed_all_the_same() -> None:
    """What a gateway saw of its days is not estimated beside it, in this process and in the next; of later days it is."""
    for model in (DEMO, f"openai/{DEMO}"):
        world = await a_gateway(model, "openai")
        row = a_row(usd(100), 1_000_000, project="shared", apiKey="key_gw", lineItem=f"{DEMO}, input_tokens")
        world.bills.days = (bill_of(0, replace(row, unit=TOKENS)),)
        await world.cycle(BILL_POLL)
        digest = world.digest()
        world.store.delete(OPENAI)
        await world.cycle(BILL_POLL)
        world.restart()
        await world.cycle(BILL_POLL)
        assert (world.billed(), world.digest()) == (usd(100).nanos, digest)
        later = UsageRow("gw", day_of(at(2 * DAY)), dims(apiKey="rank", model=model), A_MILLION)
        world.gateway.usage += (later,)
        await world.cycle(DAY)
        assert world.billed() == usd(102).nanos


async def test_a_gateway_that_is_away_keeps_no_estimate_beside_the_bill() -> None:
    """What it saw is in the ledger: until the bill is there the estimate stays as it is, then it goes."""
    world = await a_gateway()
    digest = world.digest()
    world.gateway.silent = True
    world.restart()
    await world.cycle(BILL_POLL)
    assert world.digest() == digest
    bill_it(world)
    await world.cycle(BILL_POLL)
    assert world.billed() == usd(3).nanos


async def test_what_two_gateways_saw_of_a_key_is_estimated_once() -> None:
    """By the elder; the other one says so."""
    world = await a_gateway()
    world.second.usage = (UsageRow("lf", FIRST, dims(project="prod", model=CLAUDE), A_MILLION),)
    reached = {"type": "Langfuse", "role": "Refine", "url": "https://lf.example.com", "secretRef": {"name": "lf"}}
    world.store.apply("UsageSource", "lf", {**reached, "refines": [{"source": "anthropic", **KEY}]})
    await world.cycle(BILL_POLL)
    assert world.billed() == usd(4).nanos
    messages = [gap["message"] for gap in world.store.status(ResourceRef("UsageSource", "", "lf"))["gaps"]]
    assert "lf: UsageSource gw refines key_gw of anthropic, and counts" in messages


async def test_what_goes_elsewhere_than_to_the_refined_bill_is_estimated() -> None:
    """Where its name says to whom it goes; without one it may be a server of one's own, whose cards are paid already."""
    assert (await a_gateway(bill="openai")).billed() == usd(4).nanos
    assert (await a_gateway("openai/gpt-6-sol", "openai")).billed() == 0
    assert (await a_gateway("deepseek-r1", "openai")).billed() == 0


async def test_a_clouds_file_takes_the_estimates_place() -> None:
    """Once it tells of the cloud's models on that day, in this process and in the next; its machines are no models."""
    world = await a_gateway(BEDROCK, "bedrock-prod")
    estimated = world.billed()
    assert estimated > 0
    focus = {"type": "FocusFile", "role": "Bill", "focusFile": {"path": "/data/x.csv"}}
    world.store.apply("UsageSource", "aws", focus)
    for service, billed in (("Amazon EC2", usd(4).nanos + estimated), ("Amazon Bedrock", usd(4).nanos)):
        world.others.days = (BillDay("aws", "FOCUS", FIRST, (a_row(usd(4), service=service, account="1"),)),)
        await world.cycle(BILL_POLL)
        assert world.billed() == billed
    world.others.days = ()
    world.restart()
    await world.cycle(BILL_POLL)
    assert world.billed() == usd(4).nanos
