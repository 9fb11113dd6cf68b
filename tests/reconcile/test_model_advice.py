"""Advice about models over the real ledger and the real price list: from a bill and what was counted to a status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.advice import Lever, Obstacle
from aicost.core.usage import PodTokens, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, day_of
from tests.reconcile.test_refinements import Gateway
from tests.reconcile.world import BILL_POLL, BOOK, CHAT, CHAT_SPEC, RANK, World, a_book_of, bill_of
from tests.support.builders import a_row, at, between, dims, usd

OLD, NEW = "gpt-5.6-sol", "gpt-6.1-sol"
A_DAY = Tokens(input=2_000_000, cached_input=500_000, output=600_000, requests=1_500)
"""At 4, 0.4 and 20 a million: 18.20; by the successor at 2, 0.1 and 10: 9.05."""
LISTED = usd(18, 200_000_000)
CLAIMS: Any = CHAT_SPEC["usage"]
STAYS: Any = {name: value for name, value in CHAT_SPEC.items() if name != "usage"} | {
    "rightSizing": {"ignore": [{"id": "use-api-pod-chat-0", "reason": "it stays"}]}
}
SET_BY = {"setBy": {"container": "app", "env": "MODEL"}}


def using(days: int = 9, amount: Any = LISTED, model: str = OLD, **said: Any) -> World:
    """Chat used a model on so many days until yesterday, and was billed for it."""
    world = World(9 * DAY + 3600)
    world.declare()
    world.populate()
    world.store.apply("AIWorkload", "chat", CHAT_SPEC | {"model": SET_BY | said}, namespace="support")
    bill(world, range(9 - days, 9), amount, model)
    return world


def bill(world: World, days: range, amount: Any = LISTED, model: str = OLD) -> None:
    """What OpenAI tells of these days, by one key."""
    item = f"{model}, output_tokens"
    world.bills.days = tuple(bill_of(day, a_row(amount, project="p", apiKey="k", lineItem=item)) for day in days)
    named = dims(project="p", apiKey="k", model=model)
    world.bills.usage = tuple(UsageRow("openai", day_of(at(day * DAY)), named, A_DAY) for day in days)
    world.bills.counts_every_day = True


async def recommended(world: World) -> list[dict[str, Any]]:
    """What chat is told once all is known."""
    await world.cycles(3)
    found: list[dict[str, Any]] = world.store.status(CHAT).get("recommendations", [])
    return found


async def test_an_old_model_is_advised_to_be_its_successor() -> None:
    """Half of what is paid of it a month, less a tenth more tokens; as a patch of what runs the workload's pods."""
    (advice,) = await recommended(using())
    assert (advice["kind"], advice["basis"], advice["effect"]) == ("UseNewerModel", "Actionable", "BillReduction")
    assert (advice["current"], advice["proposed"]) == (OLD, NEW)
    monthly = 18.20 * 7 * 730 / 168
    saving = {side: float(amount) for side, amount in advice["monthlySaving"].items()}
    assert round(saving["high"], 2) == round(monthly * 9.15 / 18.20, 2)
    assert round(saving["low"], 2) == round(monthly * (18.20 - 9.05 * 1.1) / 18.20, 2)
    assert advice["target"]["name"] == "chat-0"
    assert advice["evidence"]["numbers"]["requests"] == "10500"


async def test_what_the_bill_shows_to_be_off_the_list_is_off_the_saving() -> None:
    """Nobody declared the discount: the bill tells it."""
    (full,) = await recommended(using())
    (less,) = await recommended(using(amount=usd(9, 100_000_000)))
    assert float(less["monthlySaving"]["high"]) == round(float(full["monthlySaving"]["high"]) / 2, 9)
    assert less["evidence"]["numbers"]["paidOfListPercent"] == "50"


async def test_six_days_are_too_few_and_others_are_told_nothing() -> None:
    """A workload without usage of models has no answer at all."""
    world = using(days=6)
    assert await recommended(world) == []
    assert not world.store.status(RANK).get("recommendations")


async def test_a_declared_price_counts_before_the_list() -> None:
    """Where the old model is as cheap as the new one by contract, nothing is saved."""
    world = using(amount=usd(9, 50_000_000))
    rates = {"input": "2", "cachedInput": "0.1", "cacheWrite": "2.5", "output": "10"}
    override = {"provider": "openai", "model": OLD, "from": "2026-01-01", "perMillion": rates}
    world.store.apply("PriceBook", "default", a_book_of("4") | {"tokens": {"overrides": [override]}})
    assert await recommended(world) == []
    assert world.store.status(BOOK)


async def test_the_least_saving_is_in_the_unit_s_currency() -> None:
    """2000 yen are 20 dollars: of 45 dollars a month, which is little, whoever asks for that hears of half."""
    world = using(amount=usd(1, 480_000_000))
    rates = [{"from": "2026-01-01", "currency": "JPY", "rate": "0.01"}]
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "exchangeRates": rates})
    world.store.apply("BusinessUnit", "care", {"currency": "JPY", "namespaces": [{"name": "support"}]})
    wanted = CHAT_SPEC | {"model": SET_BY, "rightSizing": {"minimumMonthlySaving": "2000"}}
    world.store.apply("AIWorkload", "chat", wanted, namespace="support")
    (advice,) = await recommended(world)
    assert 2_000 < float(advice["monthlySaving"]["high"]) < 3_000
    assert advice["evidence"]["numbers"]["currencyOfEvidence"] == "USD"


async def test_what_may_take_a_day_may_go_in_batches() -> None:
    """As the workload says; both are about the same cost, so their savings do not add up."""
    told = await recommended(using(model=NEW, amount=usd(9, 50_000_000), latencyClass="Batch"))
    assert [of["kind"] for of in told] == ["UseBatchAPI", "UseFlexibleTier"]
    assert {of["basis"] for of in told} == {"Hypothesis"}
    assert len({of["monthlySaving"]["high"] for of in told}) == 1


async def test_a_server_whose_tokens_are_dear_is_told_of_an_api() -> None:
    """What its cards cost a month, less what the same tokens cost by the small tier; idle time included."""
    world = using(days=0)
    world.meter.seen = tuple(
        PodTokens(
            "support", "chat-0", "gpt-oss-20b", between(at_ * HOUR, (at_ + 1) * HOUR), Tokens(9_000, 0, 0, 1_000, 10)
        )
        for at_ in range(9 * 24)
    )
    await world.cycles(8)
    told = [of for of in await recommended(world) if of["kind"] == "UseAPI"]
    assert [(of["basis"], of["target"]["name"], of["current"]) for of in told] == [
        ("Hypothesis", "chat-0", "gpt-oss-20b")
    ]
    api = (9_000 * 0.1 + 1_000 * 0.5) / 1e6 * 730
    assert float(told[0]["monthlySaving"]["high"]) == pytest.approx(2 * 4 * 730 - api, abs=0.01)
    assert told[0]["evidence"]["numbers"]["countedHoursPercent"] == "100"


async def test_nobody_is_sent_to_a_server_that_is_advised_to_go() -> None:
    """The server is told of an API, so another workload of its namespace stays where it is: until the former is silenced."""
    world = using()
    app = {"businessUnit": "care", "usage": CLAIMS}
    world.store.apply("AIWorkload", "app", app, namespace="support")
    server = {name: value for name, value in CHAT_SPEC.items() if name != "usage"}
    world.store.apply("AIWorkload", "chat", server, namespace="support")
    world.meter.seen = tuple(
        PodTokens("support", "chat-0", "gpt-oss-120b", between(hour * HOUR, (hour + 1) * HOUR), of)
        for hour in range(9 * 24)
        for of in (Tokens(3_600_000 + (hour % 24) * 30_000, 0, 0, 400_000, 10),)
    )
    await world.cycles(8)
    api = next(of for of in await recommended(world) if of["kind"] == "UseAPI")
    called = WorkloadRef("support", "app")
    told = world.evaluation.advice.told[called]
    assert Lever.USE_OWN_SERVER not in {of.lever for of in told.advice}
    (why,) = (of for of in told.refused if of.lever is Lever.USE_OWN_SERVER)
    assert (why.obstacle, "itself advised" in why.message) == (Obstacle.NOT_OFFERED, True)
    silenced = {**server, "rightSizing": {"ignore": [{"id": api["id"], "reason": "it stays"}]}}
    world.store.apply("AIWorkload", "chat", silenced, namespace="support")
    await world.cycles(3)
    assert Lever.USE_OWN_SERVER in {of.lever for of in world.evaluation.advice.told[called].advice}


@pytest.mark.parametrize(("more", "deaf", "sent"), [("", "", "a"), ("b", "", "b"), ("a", "a", "b")])
async def test_room_of_a_server_goes_to_the_dearest_that_hears_of_it(more: str, deaf: str, sent: str) -> None:
    """It holds one of two that pay for the same tokens: where one pays more, that one, unless it does not want to hear."""
    world = using(days=0)
    world.store.apply("AIWorkload", "chat", STAYS, namespace="support")
    pays = {name: usd(19 if name == more else 18, 200_000_000) for name in "ab"}
    item = f"{OLD}, output_tokens"
    world.bills.days = tuple(
        bill_of(day, *(a_row(paid, project="p", apiKey=name, lineItem=item) for name, paid in pays.items()))
        for day in range(9)
    )
    world.bills.usage = tuple(
        UsageRow("openai", day_of(at(day * DAY)), dims(project="p", apiKey=name, model=OLD), A_DAY)
        for day in range(9)
        for name in pays
    )
    for name in pays:
        usage = [{"name": "u", "source": "openai", "match": {"project": "p", "apiKey": name}}]
        wishes = {"rightSizing": {"mode": "Off"}} if name == deaf else {}
        world.store.apply("AIWorkload", name, {"businessUnit": "care", "usage": usage} | wishes, namespace="support")
    world.meter.seen = tuple(
        PodTokens("support", "chat-0", "gpt-oss-120b", between(hour * HOUR, (hour + 1) * HOUR), of)
        for hour in range(9 * 24)
        for of in (Tokens(3_600_000 + (hour % 24) * 22_000, 0, 0, 400_000, 10),)
    )
    await world.cycles(8)
    told = world.evaluation.advice.told.items()
    assert {ref.name for ref, of in told for each in of.advice if each.lever is Lever.USE_OWN_SERVER} == {sent}


async def test_a_key_that_nobody_uses_is_named() -> None:
    """Once its source told of every day; it saves nothing."""
    world = using(model=NEW, amount=usd(9, 50_000_000))
    spare = {"name": "spare", "source": "openai", "match": {"project": "p", "apiKey": "spare"}}
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "usage": [*CLAIMS, spare]}, namespace="support")
    assert await recommended(world) == []
    bill(world, range(9, 18), usd(9, 50_000_000), NEW)
    await world.cycle(9 * DAY)
    (advice,) = await recommended(world)
    assert (advice["kind"], advice["monthlySaving"]["high"]) == ("DropIdleKey", "0.00")


async def test_a_key_of_a_gateway_that_fails_is_named_to_who_claims_it() -> None:
    """By the failures that the gateway counted, which the ledger keeps beside tokens; nothing is saved for certain."""
    world = Gateway(9 * DAY + 3600)
    world.share()
    failed = frozenset({("failedRequests", 300)})
    named = dims(apiKey="rank", model="m")
    rows = tuple(
        UsageRow("gw", day_of(at(day * DAY)), named, Tokens(output=9, requests=900), failed) for day in range(9)
    )
    world.gateway.usage = rows
    await world.cycles(3)
    (advice,) = world.store.status(RANK)["recommendations"]
    assert (advice["kind"], advice["basis"], advice["target"]["name"]) == ("AvoidFailedRequests", "Hypothesis", "gw")
    assert (advice["current"], advice["monthlySaving"]) == (
        "requests by key rank that fail",
        {"low": "0.00", "high": "0.00"},
    )
    assert advice["evidence"]["numbers"]["failedRequests"] == "2100"
    fewer = frozenset({("failedRequests", 36)})
    world.gateway.usage = tuple(replace(row, measured=fewer) for row in rows)
    await world.cycle(BILL_POLL)
    await world.cycles(3)
    (kept,) = world.store.status(RANK)["recommendations"]
    assert (kept["id"], kept["evidence"]["numbers"]["failedPercent"]) == (advice["id"], "3")
    assert world.store.status(CHAT).get("recommendations", []) == []
    world.gateway.usage = tuple(replace(row, measured=frozenset()) for row in rows)
    await world.cycle(BILL_POLL)
    await world.cycles(3)
    assert not world.store.status(RANK).get("recommendations")


async def test_a_server_whose_requests_are_aborted_is_named_to_its_workload() -> None:
    """By what its pods counted, which the ledger keeps beside tokens; nothing is saved for certain, and it is told what else is."""
    world = using(days=0)
    world.meter.seen = tuple(
        PodTokens(
            "support", "chat-0", "gpt-oss-20b", between(at_ * HOUR, (at_ + 1) * HOUR), Tokens(900, 0, 0, 100, 50), 5
        )
        for at_ in range(9 * 24)
    )
    await world.cycles(8)
    told = {of["kind"]: of for of in await recommended(world)}
    failed = told["AvoidFailedRequests"]
    assert (failed["target"]["name"], failed["current"]) == ("chat-0", "requests that are aborted")
    assert (failed["effect"], failed["basis"]) == ("FreedCapacity", "Hypothesis")
    assert failed["monthlySaving"] == {"low": "0.00", "high": "0.00"}
    assert failed["evidence"]["numbers"]["failedPercent"] == "10"
    assert "UseAPI" in told


async def test_keys_that_idle_or_fail_are_named_without_a_price_book() -> None:
    """Neither needs a price: who begins without one is told all the same."""
    world = using(model=NEW, amount=usd(9, 50_000_000))
    spare = {"name": "spare", "source": "openai", "match": {"project": "p", "apiKey": "spare"}}
    world.store.apply("AIWorkload", "chat", {**CHAT_SPEC, "usage": [*CLAIMS, spare]}, namespace="support")
    world.store.delete(BOOK)
    assert await recommended(world) == []
    bill(world, range(9, 18), usd(9, 50_000_000), NEW)
    failed = frozenset({("failedRequests", 300)})
    world.bills.usage = tuple(replace(row, measured=failed) for row in world.bills.usage)
    await world.cycle(9 * DAY)
    told = await recommended(world)
    assert {(of["kind"], of["current"]) for of in told} == {
        ("DropIdleKey", "key spare"),
        ("AvoidFailedRequests", "requests by key k that fail"),
    }
