"""Short calls from what a gateway's single requests tell to a status: counts stand in the ledger beside the day's usage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aicost.core.reasons import GapReason
from aicost.core.usage import Measured, Tokens, UsageRow
from aicost.core.window import DAY, day_of
from aicost.sources.tokens.sampling import refused
from tests.reconcile.test_refinements import Gateway
from tests.reconcile.world import BILL_POLL, RANK, bill_of
from tests.support.builders import a_row, at, dims, usd

SOL = "gpt-6.1-sol"
A_DAY = Tokens(input=3_000_000, cached_input=1_000_000, output=1_000_000, requests=2_000)
"""Answers of 500 tokens in the mean: 14.1 dollars by the list."""


def looked(short: int) -> Measured:
    """Of a hundred requests so many are short, of 500 tokens and 100."""
    named = {"sampledRequests": 100, "sampledStandsFor": 100, "sampledShort": short, "sampledShortInput": short * 500}
    return frozenset({*named.items(), ("sampledShortOutput", short * 100)})


def calling(measured: Measured) -> Gateway:
    """Rank used a model by a shared key for nine days, and the gateway's requests were looked at."""
    world = Gateway(9 * DAY + 3600)
    world.share()
    billed = a_row(usd(14), 1_000_000, project="shared", apiKey="key_gw", lineItem="gpt-6.1-sol, output_tokens")
    world.bills.days = tuple(bill_of(day, replace(billed, unit="tokens")) for day in range(9))
    named = dims(apiKey="rank", model=SOL)
    world.gateway.usage = tuple(UsageRow("gw", day_of(at(day * DAY)), named, A_DAY, measured) for day in range(9))
    return world


async def told(world: Gateway) -> list[dict[str, Any]]:
    """What rank is told of smaller models."""
    await world.cycles(3)
    found: list[dict[str, Any]] = world.store.status(RANK).get("recommendations", [])
    return [advice for advice in found if advice["kind"] == "UseSmallerModel"]


async def test_short_calls_are_advised_with_their_sample_and_cost_nothing() -> None:
    """With the gateway's configuration; once they are too rare for certain the advice is gone, and cost is what it was."""
    world = calling(looked(40))
    (advice,) = await told(world)
    assert (advice["basis"], advice["proposed"]) == ("Hypothesis", "short calls to gpt-6.1-terra")
    numbers = advice["evidence"]["numbers"]
    assert (numbers["sampledBy"], numbers["sampledRequests"], numbers["sampledDays"]) == ("gw", "700", "7")
    assert "litellm_params" in advice["configuration"]
    charged = world.charged(RANK)
    world.gateway.usage = tuple(replace(row, measured=looked(15)) for row in world.gateway.usage)
    await world.cycle(BILL_POLL)
    assert await told(world) == []
    assert world.charged(RANK) == charged
    assert "otherUsage" not in world.store.status(RANK)


async def test_requests_that_cannot_be_looked_at_are_a_notice_alone() -> None:
    """Of source and workload: neither is any less complete for it."""
    world = calling(frozenset())
    before = await told(world)
    conditions = world.store.status(RANK)["conditions"]
    world.gateway.gaps = (refused("gw", day_of(at(8 * DAY)), "HTTP 403"),)
    await world.cycle(BILL_POLL)
    assert await told(world) == before == []
    status = world.store.status(RANK)
    (notice,) = [gap for gap in status["gaps"] if gap["reason"] == GapReason.SIZES_UNKNOWN]
    assert notice["message"].endswith("cannot be looked at: HTTP 403")
    assert [(of["type"], of["status"]) for of in status["conditions"]] == [
        (of["type"], of["status"]) for of in conditions
    ]


async def test_a_restart_that_cannot_look_takes_no_sample_back() -> None:
    """What was counted before stays as long as usage does; of usage that came to more since nobody knows its sizes."""
    world = calling(looked(40))
    before = await told(world)
    world.gateway.usage = tuple(replace(row, measured=frozenset()) for row in world.gateway.usage)
    world.gateway.gaps = (refused("gw", day_of(at(8 * DAY)), "HTTP 503"),)
    await world.cycle(BILL_POLL)
    assert await told(world) == before != []
    more = replace(A_DAY, requests=2_001)
    world.gateway.usage = tuple(replace(row, tokens=more) for row in world.gateway.usage)
    await world.cycle(BILL_POLL)
    assert await told(world) == []
