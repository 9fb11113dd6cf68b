"""What was used and is not billed yet: estimated, replaced by the bill, never both; over the ledger and over restarts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aicost.core.bills import BillDay
from aicost.core.ledger import Certainty, Component
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Window, day_of
from tests.reconcile.october import BEGIN, NOVEMBER, THE_29TH, close
from tests.reconcile.test_refinements import GW, Gateway
from tests.reconcile.world import BILL_POLL, BOOK, CHAT, NOON, OPENAI, RANK, World, a_book_of, bill_of
from tests.support.builders import a_row, at, dims, usd

TODAY = DAY
DEMO = "gpt-6-sol"
A_MILLION = Tokens(1_000_000, requests=100)
"""Worth 2.00 at the list price of gpt-6-sol."""


def usage(day: int, tokens: Tokens = A_MILLION, model: str = DEMO, **named: str) -> UsageRow:
    dimensions = dims(**{"project": "p", "apiKey": "k", "model": model, **named})
    return UsageRow("openai", day_of(at(day * DAY)), dimensions, tokens)


class Counting(World):
    """The usual world at noon of its second day; what is used is counted of every day."""

    def count(self, *rows: UsageRow, billed: tuple[int, ...] = ()) -> None:
        self.declare()
        self.bills.days = tuple(bill_of(day) for day in billed)
        self.bills.usage = rows
        self.bills.counts_every_day = True

    def tokens(self) -> str:
        found: str = self.store.status(CHAT)["cost"]["incurred"]["tokens"]
        return found

    def estimated(self) -> int:
        totals = self.ledger.totals(NOVEMBER.window)
        return sum(total.nanos for total in totals if total.certainty is Certainty.ESTIMATED)


async def test_what_is_used_today_is_estimated_and_says_so() -> None:
    """Its owner is charged, with a notice and no missing data; the source shows it beside what is billed."""
    world = Counting()
    world.count(usage(1), billed=(0,))
    await world.cycle()
    status: dict[str, Any] = dict(world.store.status(CHAT))
    assert world.tokens() == "16.00"
    assert (status["certainty"]["billed"], status["certainty"]["estimated"]) == ("14.00", "2.00")
    assert [gap["reason"] for gap in status["gaps"] if gap["component"] == "bills"] == ["UsageEstimated"]
    source = world.store.status(OPENAI)
    assert (source["billed"], source["estimated"], source["unclaimed"]) == ("16.00", "2.00", "2.00")
    assert world.condition(OPENAI, "DataAvailable")["status"] == "True"


async def test_a_batch_is_estimated_at_its_own_price() -> None:
    """At half of what the same costs at once, as the list says, and without a doubt."""
    world = Counting()
    world.count(*(usage(1, batch=batch, tier="default") for batch in ("true", "false")), billed=(0,))
    await world.cycle()
    assert world.tokens() == "17.00"
    assert [gap["reason"] for gap in world.store.status(CHAT)["gaps"] if gap["component"] == "bills"] == [
        "UsageEstimated"
    ]


async def test_the_bill_takes_its_place() -> None:
    """As soon as it is in: nothing of the estimate is left, and the ledger proves."""
    world = Counting()
    world.count(usage(1), billed=(0,))
    await world.cycle()
    assert "perMillionInputTokens" not in world.store.status(CHAT)["unitCosts"]
    world.bills.days = (
        bill_of(0),
        bill_of(1, a_row(usd(1), project="p", apiKey="k", lineItem=f"{DEMO}, input_tokens")),
    )
    await world.cycle(DAY)
    assert world.tokens() == "15.00"
    assert world.store.status(CHAT)["unitCosts"]["perMillionInputTokens"] == "1.00"
    assert world.estimated() == 0
    assert world.ledger.verify().broken == ()


async def test_a_day_that_grows_is_never_both() -> None:
    """What is billed of today counts, and of the usage only what is beyond it."""
    world = Counting()
    world.count(usage(1), billed=(0,))
    partly = bill_of(1, a_row(usd(0, 500_000_000), project="p", apiKey="k", lineItem=f"{DEMO}, input_tokens"))
    world.bills.days = (bill_of(0), partly)
    await world.cycle()
    assert world.tokens() == "16.00"
    assert world.estimated() == usd(1, 500_000_000).nanos


async def test_a_bill_that_was_read_before_midnight_is_not_the_whole() -> None:
    """Nor is one that still follows what was used in the hours after it: no total drops at midnight."""
    world = Counting(now=2 * DAY - 600)
    world.count(usage(1, Tokens(10_000_000, requests=1000)), billed=(0,))
    partly = bill_of(1, a_row(usd(12), project="p", apiKey="k", lineItem=f"{DEMO}, input_tokens"))
    world.bills.days = (bill_of(0), partly)
    await world.cycle()
    assert (world.tokens(), world.estimated()) == ("34.00", usd(8).nanos)
    for later in (1200, BILL_POLL, 4 * HOUR):
        await world.cycle(later)
        assert (world.tokens(), world.estimated()) == ("34.00", usd(8).nanos)
    await world.cycle(HOUR)
    assert (world.tokens(), world.estimated()) == ("26.00", 0)


async def test_a_complete_bill_is_the_money_whatever_was_used() -> None:
    """Also where it has no row of what was used; but one that says nothing of a young day is not in yet."""
    world = Counting(now=2 * DAY)
    world.count(usage(0), usage(1), billed=(1,))
    world.bills.days = (bill_of(0, a_row(usd(5), project="q")), BillDay("openai", "OpenAI", day_of(at(DAY)), ()))
    await world.cycle()
    assert world.estimated() == usd(2).nanos
    await world.cycle(4 * DAY)
    assert world.estimated() == 0


async def test_an_estimate_outlives_faults_and_restarts() -> None:
    """A poll that fails and a new process take nothing from it, and add nothing to it."""
    world = Counting()
    world.count(usage(1), billed=(0,))
    await world.cycle()
    digest = world.digest()
    world.bills.failure = RuntimeError("down")
    await world.cycle(BILL_POLL)
    world.restart()
    await world.cycle()
    assert world.tokens() == "16.00"
    assert world.digest() == digest


async def test_a_bill_that_fails_after_it_was_read_is_not_estimated_again() -> None:
    """The ledger has the day's bill, though the new process could read its usage only."""
    world = Counting()
    world.count(usage(0), billed=(0,))
    await world.cycle()
    world.bills.days = ()
    world.restart()
    await world.cycle()
    assert world.tokens() == "14.00"
    assert world.estimated() == 0


async def test_what_is_not_paid_by_token_is_estimated_or_missing_and_named() -> None:
    """Searches at the list's price; images nobody priced are a gap, never zero, until an override prices them."""
    world = Counting()
    searches = replace(usage(1, Tokens()), measured=frozenset({("webSearchCalls", 50)}))
    images = replace(usage(1, Tokens(requests=3), model="dall-e-3"), measured=frozenset({("images", 12)}))
    free = replace(usage(1, Tokens(), model="omni-moderation"), measured=frozenset({("moderationTokens", 900)}))
    world.count(searches, images, free, billed=(0,))
    await world.cycle()
    assert world.tokens() == "14.50"
    [gap] = [gap for gap in world.store.status(CHAT)["gaps"] if gap["reason"] == GapReason.NO_USAGE_PRICE]
    assert gap["quantity"] == "12 images"
    [missing] = world.store.status(BOOK)["missing"]
    assert (missing["name"], missing["quantity"]) == ("openai/dall-e-3: images", "12 images")
    override = {"provider": "openai", "model": "dall-e-3", "from": "2026-11-01", "perUnit": {"image": "0.25"}}
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "tokens": {"overrides": [override]}})
    await world.cycle(HOUR)
    assert (world.tokens(), world.store.status(BOOK)["missing"]) == ("17.50", [])
    told = {of["name"]: (of["price"], of["unit"]) for of in world.store.status(BOOK)["priced"] if of["kind"] == "Usage"}
    assert told == {
        "openai/dall-e-3: images": ("0.25", "image in USD"),
        "openai/gpt-6-sol: web searches": ("0.01", "web search in USD"),
    }
    world.bills.days = (bill_of(0), bill_of(1, a_row(usd(4), project="p", apiKey="k", lineItem="images and searches")))
    world.clock.advance(DAY)
    await world.cycle(HOUR)
    assert (world.tokens(), world.estimated()) == ("18.00", 0)
    assert world.ledger.verify().broken == ()


async def test_searches_are_not_estimated_beside_their_bill() -> None:
    """Though the same row counts the tokens of their model, which are billed in a line of their own."""
    world = Counting()
    world.count(replace(usage(1), measured=frozenset({("webSearchCalls", 100)})), billed=(0,))
    await world.cycle()
    assert (world.tokens(), world.estimated()) == ("17.00", usd(3).nanos)
    lines = ((2, f"{DEMO}, input_tokens"), (1, "web search tool calls"))
    rows = [a_row(usd(amount), project="p", apiKey="k", lineItem=line) for amount, line in lines]
    world.bills.days = (bill_of(0), replace(bill_of(1, *rows), whole=False))
    await world.cycle(HOUR)
    assert (world.tokens(), world.estimated()) == ("17.00", 0)


async def test_an_unknown_model_is_missing_and_named() -> None:
    """Its tokens are a gap of who used it, and the price book says what to add; an override then prices them."""
    world = Counting()
    world.count(usage(1, model="gpt-99"), billed=(0,))
    await world.cycle()
    assert world.tokens() == "14.00"
    [gap] = [gap for gap in world.store.status(CHAT)["gaps"] if gap["reason"] == GapReason.NO_TOKEN_PRICE]
    assert gap["quantity"] == "1000000 tokens"
    assert world.store.status(BOOK)["missing"] == [
        {
            "kind": "Tokens",
            "name": "openai/gpt-99",
            "quantity": "1000000 tokens",
            "message": "add an entry with provider openai and model gpt-99 to spec.tokens.overrides",
        }
    ]
    override = {"provider": "openai", "model": "gpt-99", "from": "2026-11-01", "perMillion": {"input": "3"}}
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "tokens": {"overrides": [override]}})
    await world.cycle(HOUR)
    assert world.tokens() == "17.00"
    status = world.store.status(BOOK)
    assert status["missing"] == []
    assert [(of["name"], of["origin"], of["perMillion"]) for of in status["priced"] if of["kind"] == "Tokens"] == [
        ("openai/gpt-99", "Declared", {"input": "3.00"})
    ]


async def test_without_list_prices_only_what_is_declared_is_estimated() -> None:
    """`builtInPrices: false` takes the list away for tokens too."""
    world = Counting()
    world.count(usage(1), billed=(0,))
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "builtInPrices": False})
    await world.cycle()
    assert world.tokens() == "14.00"
    assert world.estimated() == 0


async def test_what_bills_show_to_be_paid_of_the_list_is_estimated_so() -> None:
    """A day of four days ago cost 88 percent of what the list says: so does today."""
    world = Counting(now=4 * DAY + NOON % DAY)
    row = a_row(usd(1, 760_000_000), project="p", apiKey="k", lineItem=f"{DEMO}, input_tokens")
    world.count(usage(0), usage(4))
    world.bills.days = (bill_of(0, row),)
    await world.cycle()
    assert world.estimated() == usd(1, 760_000_000).nanos


async def test_a_late_bill_of_a_closed_month_corrects_its_estimate() -> None:
    """The closed month keeps the estimate; the difference is a correction of the current month, not the whole bill."""
    world = Counting(now=DAY)
    world.count(usage(THE_29TH))
    world.history.covers = (Window(at(BEGIN), at(70 * DAY)),)
    await world.cycle()
    await close(world)
    row = a_row(usd(1), project="p", apiKey="k", lineItem=f"{DEMO}, input_tokens")
    world.bills.days = (bill_of(THE_29TH, row),)
    await world.cycle(BILL_POLL)
    corrected = world.ledger.entries(NOVEMBER.window, Component.CORRECTION)
    assert sum(entry.origin.amount.nanos for entry in corrected if entry.origin.amount) == usd(-1).nanos


async def test_a_shared_key_of_today_is_divided_before_its_bill_is_in() -> None:
    """Among those whom the gateway saw, and again when the bill is there: the ledger holds it once."""
    world = Gateway()
    world.share()
    world.bills.days, world.bills.counts_every_day = (), True
    today = day_of(at(DAY))
    world.bills.usage = (UsageRow("openai", today, dims(project="shared", apiKey="key_gw", model=DEMO), A_MILLION),)
    seen = Tokens(500_000, requests=50)
    world.gateway.usage = (UsageRow("gw", today, dims(apiKey="rank", model=DEMO), seen),)
    await world.cycle()
    assert world.store.status(RANK)["certainty"]["estimated"] == "1.00"
    assert world.billed() == usd(2).nanos
    row = a_row(usd(3), 1_000_000, project="shared", apiKey="key_gw", lineItem=f"{DEMO}, input_tokens")
    world.bills.days = (bill_of(1, replace(row, unit="tokens")),)
    await world.cycle(DAY)
    status = world.store.status(RANK)
    assert (status["certainty"]["estimated"], status["certainty"]["calibrated"]) == ("0.00", "1.50")
    assert world.billed() == usd(3).nanos


async def test_a_gateway_whose_bill_nobody_declared_is_estimated() -> None:
    """By what it saw of whom; of providers whose bill is declared it adds nothing."""
    world = Gateway()
    world.share()
    row = UsageRow("gw", day_of(at(0)), dims(apiKey="rank", model="anthropic/claude-opus-5-5"), A_MILLION)
    other = UsageRow("gw", day_of(at(0)), dims(apiKey="rank", model=DEMO), A_MILLION)
    world.bills.days, world.gateway.usage = (), (row, other)
    refines = {"refines": [{"source": "anthropic", "apiKeys": ["key_gw"]}]}
    spec = (world.store.resource(GW) or {})["spec"]
    world.store.apply("UsageSource", "gw", {**spec, **refines})
    await world.cycle()
    status = world.store.status(RANK)
    assert (status["cost"]["incurred"]["tokens"], status["certainty"]["estimated"]) == ("4.00", "4.00")
    assert world.store.status(GW)["estimated"] == "4.00"
    world.store.apply("UsageSource", "gw", spec)
    await world.cycle(HOUR)
    assert world.billed() == usd(4).nanos
