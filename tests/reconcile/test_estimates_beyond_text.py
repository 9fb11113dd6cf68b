"""Audio and images that are not billed yet: estimated at prices of their own, or a gap that says which one lacks."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.reasons import GapReason
from aicost.core.usage import Measured, Tokens
from aicost.core.window import HOUR
from tests.reconcile.test_estimates import Counting, usage
from tests.reconcile.world import BOOK, CHAT, OPENAI, a_book_of, bill_of
from tests.support.builders import a_row, usd
from tests.support.tokens import beyond

TALK = Tokens(1_000_000, 400_000, output=100_000, requests=100)
SPOKEN = beyond(audio_input=500_000, cached_audio_input=400_000, audio_output=50_000)


def speaking(model: str) -> Counting:
    """A world in which a model spoke and listened on a day that is not billed."""
    world = Counting()
    world.count(replace(usage(1, TALK, model=model), measured=SPOKEN), billed=(0,))
    return world


async def test_audio_is_estimated_at_the_lists_rates() -> None:
    """Gpt-realtime: 0.1 million at 4, half a million at 32, 0.4 at 0.40, 0.05 at 16 and 0.05 at 64: 20.56, none of it twice."""
    world = speaking("gpt-realtime")
    await world.cycle()
    assert (world.tokens(), world.estimated()) == ("34.56", usd(20, 560_000_000).nanos)
    status = world.store.status(CHAT)
    assert [gap["reason"] for gap in status["gaps"] if gap["component"] == "bills"] == ["UsageEstimated"]
    assert status["tokens"]["input"] == 1_000_000
    rows = [
        a_row(usd(amount), project="p", apiKey="k", lineItem=f"gpt-realtime, {of}")
        for amount, of in ((1, "input_tokens"), (17, "audio input"))
    ]
    world.bills.days = (bill_of(0), replace(bill_of(1, *rows), whole=False))
    await world.cycle(HOUR)
    assert (world.tokens(), world.estimated()) == ("34.56", usd(2, 560_000_000).nanos)
    assert world.ledger.verify().broken == ()


async def test_audio_without_a_rate_is_missing_until_it_is_declared() -> None:
    """Gpt-6-sol's text is estimated; each kind of audio waits for a rate that the price book names, and is then estimated, too."""
    world = speaking("gpt-6-sol")
    await world.cycle()
    assert world.tokens() == "14.70"
    gaps = [gap for gap in world.store.status(CHAT)["gaps"] if gap["reason"] == GapReason.NO_AUDIO_PRICE]
    assert sorted(gap["quantity"] for gap in gaps) == [
        "400000 cached audio tokens of input",
        "50000 audio tokens of output",
        "500000 audio tokens of input",
    ]
    assert world.condition(OPENAI, "DataAvailable")["status"] == "False"
    missing = world.store.status(BOOK)["missing"]
    assert [(of["name"], of["quantity"]) for of in missing] == [
        ("openai/gpt-6-sol: audio tokens of input", "500000 audio tokens of input"),
        ("openai/gpt-6-sol: audio tokens of output", "50000 audio tokens of output"),
        ("openai/gpt-6-sol: cached audio tokens of input", "400000 cached audio tokens of input"),
    ]
    assert "perMillion audioInput," in missing[0]["message"]
    rates = {"audioInput": "10", "audioOutput": "20"}
    override = {"provider": "openai", "model": "gpt-6-sol", "from": "2026-11-01", "perMillion": rates}
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "tokens": {"overrides": [override]}})
    await world.cycle(HOUR)
    assert (world.tokens(), world.store.status(BOOK)["missing"]) == ("24.70", [])
    assert [gap["reason"] for gap in world.store.status(CHAT)["gaps"] if gap["component"] == "bills"] == [
        "UsageEstimated"
    ]
    assert world.ledger.verify().broken == ()


async def test_audio_that_contradicts_its_tokens_is_missing_until_it_is_billed() -> None:
    """Of a model whose audio has a price, too: nobody knows how many tokens it is, so only what is surely text is estimated."""
    world = Counting()
    told = frozenset({("contradictoryAudioInputTokens", 900_000)})
    world.count(replace(usage(1, TALK, model="gpt-realtime"), measured=told), billed=(0,))
    await world.cycle()
    assert (world.tokens(), world.estimated()) == ("15.64", usd(1, 640_000_000).nanos)
    [gap] = [gap for gap in world.store.status(CHAT)["gaps"] if gap["reason"] == GapReason.NO_AUDIO_PRICE]
    assert gap["quantity"] == "900000 contradictory audio tokens of input"
    assert world.condition(OPENAI, "DataAvailable")["status"] == "False"
    world.bills.days = (bill_of(0), bill_of(1, a_row(usd(20), project="p", apiKey="k", lineItem="audio")))
    await world.cycle(HOUR)
    assert (world.tokens(), world.estimated()) == ("34.00", 0)
    assert world.ledger.verify().broken == ()


async def test_images_are_estimated_by_their_size() -> None:
    """Each size is named by its gap until it has a price; a size that has none costs what others do, if that is declared."""
    world = Counting()
    made = {"1024x1024": 10, "1024x1536": 5, "": 3}
    rows = [
        replace(usage(1, Tokens(requests=1), model="m", **({"size": size} if size else {})), measured=images(count))
        for size, count in made.items()
    ]
    world.count(*rows, billed=(0,))
    await world.cycle()
    assert world.tokens() == "14.00"
    gaps = [gap for gap in world.store.status(CHAT)["gaps"] if gap["reason"] == GapReason.NO_USAGE_PRICE]
    assert sorted(gap["quantity"] for gap in gaps) == ["10 images of 1024x1024", "3 images", "5 images of 1024x1536"]
    sizes = [{"size": "1024x1536", "image": "0.2"}]
    override = {"provider": "openai", "model": "m", "from": "2026-11-01", "perUnit": {"imagesBySize": sizes}}
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "tokens": {"overrides": [override]}})
    await world.cycle(HOUR)
    assert world.tokens() == "15.00"
    assert [of["name"] for of in world.store.status(BOOK)["missing"]] == [
        "openai/m: images",
        "openai/m: images of 1024x1024",
    ]
    override = {**override, "perUnit": {"imagesBySize": sizes, "image": "0.1"}}
    world.store.apply("PriceBook", "default", {**a_book_of("4"), "tokens": {"overrides": [override]}})
    await world.cycle(HOUR)
    assert (world.tokens(), world.store.status(BOOK)["missing"]) == ("16.30", [])
    told = {of["name"]: of["price"] for of in world.store.status(BOOK)["priced"] if of["kind"] == "Usage"}
    assert told == {
        "openai/m: images": "0.10",
        "openai/m: images of 1024x1024": "0.10",
        "openai/m: images of 1024x1536": "0.20",
    }
    lines = [a_row(usd(1), project="p", apiKey="k", lineItem="m, 1024x1536 images")]
    world.bills.days = (bill_of(0), replace(bill_of(1, *lines), whole=False))
    await world.cycle(HOUR)
    assert (world.tokens(), world.estimated()) == ("16.30", usd(1, 300_000_000).nanos)
    assert world.ledger.verify().broken == ()


def images(count: int) -> Measured:
    return frozenset({("images", count)})
