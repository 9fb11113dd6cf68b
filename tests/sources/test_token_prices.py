"""The bundled list, asked for every model that it has of the providers whose bills are read: it must say what its own arithmetic does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider, Usage

from aicost.core.counting import Measure
from aicost.core.modalities import RATES, Modality, beyond_text
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.token_prices import Manner, TokenPrice
from aicost.core.token_worth import has_other_rates, unpriced, worth_of
from aicost.core.usage import Measured, Tokens
from aicost.core.window import instant
from aicost.sources.token_prices import GenaiPrices
from tests.support.builders import dims
from tests.support.tokens import beyond

LIST = GenaiPrices()
NOVEMBER = instant("2026-11-01T00:00:00Z")
STANDARD: Manner = frozenset()
REQUESTS = [
    Tokens(1_000, 400, 100, 50, 1),
    Tokens(1_000, 400, 100, 50, 1, cache_write_long=60),
    Tokens(150_000, 1_000, 0, 10, 1),
    Tokens(300_000, 0, 0, 1_000, 1),
]
"""Short requests, one of which fills a cache for an hour, and two that some models price as long ones."""
BEYOND_TEXT = (
    beyond(audio_input=300, audio_output=20),
    beyond(audio_input=100, cached_audio_input=200),
    beyond(image_input=200, image_output=10),
    beyond(image_input=100, cached_image_input=150),
)
CONTEXTS = {
    STANDARD: {},
    dims(batch="true"): {"processing": "batch"},
    dims(tier="batch"): {"processing": "batch"},
    dims(tier="flex"): {"service_tier": "flex"},
    dims(tier="priority"): {"service_tier": "priority"},
    dims(speed="fast"): {"speed": "fast"},
}


def models(*providers: str) -> Iterator[tuple[Provider, ModelInfo]]:
    ids = providers or ("openai", "anthropic")
    return ((of, model) for of in get_snapshot().providers if of.id in ids for model in of.models)


@pytest.mark.parametrize("manner", CONTEXTS, ids=sorted)
def test_a_request_costs_what_the_list_says(manner: Manner) -> None:
    """By the library's own arithmetic, to the last digit; a model that it prices by more than tokens aside."""
    asked, compared = datetime.fromtimestamp(NOVEMBER, UTC), 0
    for provider, model in models():
        price = LIST.price(provider.id, model.id, NOVEMBER, manner)
        for tokens in REQUESTS if price else ():
            worth = worth_of(price, tokens) if price else None
            usage = Usage(
                input_tokens=tokens.input,
                cache_read_tokens=tokens.cached_input,
                cache_write_tokens=tokens.cache_write,
                cache_write_1h_tokens=tokens.cache_write_long,
                output_tokens=tokens.output,
            )
            if worth is not None and provider.find_model(model.id) is model:
                theirs = model.calc_price(
                    usage, provider, genai_request_timestamp=asked, price_context=CONTEXTS[manner]
                )
                assert worth == Fraction(theirs.total_price) * NANOS_PER_UNIT, model.id
                compared += 1
    assert compared > 100


@pytest.mark.parametrize("told", BEYOND_TEXT)
def test_audio_and_images_cost_what_the_list_says(told: Measured) -> None:
    """By the library's own arithmetic, which takes their parts off the text; audio without a rate, as text there, has no price."""
    asked, priced, unknown = datetime.fromtimestamp(NOVEMBER, UTC), 0, 0
    for provider, model in models("openai", "google"):
        price = LIST.price(provider.id, model.id, NOVEMBER, STANDARD)
        worth = worth_of(price, CACHING, told) if price else None
        if price is None or worth is None or provider.find_model(model.id) is not model:
            continue
        if unpriced(price, told):
            assert all(price.rates.named()[RATES[of][0]] is None for of in unpriced(price, told))
            unknown += 1
            continue
        theirs = model.calc_price(usage_of(CACHING, told), provider, genai_request_timestamp=asked)
        assert worth == Fraction(theirs.total_price) * NANOS_PER_UNIT, model.id
        priced += has_other_rates(price, told)
    assert priced > 5
    assert unknown > 5 or "image" in str(told)


CACHING = Tokens(1_000, 400, 0, 50, 1)


def usage_of(tokens: Tokens, told: Measured) -> Usage:
    """As the list counts: all audio includes what a cache gave of it."""
    of = beyond_text(told)
    audio, images = of.get(Modality.CACHED_AUDIO_INPUT, 0), of.get(Modality.CACHED_IMAGE_INPUT, 0)
    return Usage(
        input_tokens=tokens.input,
        cache_read_tokens=tokens.cached_input,
        output_tokens=tokens.output,
        input_audio_tokens=of.get(Modality.AUDIO_INPUT, 0) + audio,
        cache_audio_read_tokens=audio,
        output_audio_tokens=of.get(Modality.AUDIO_OUTPUT, 0),
        input_image_tokens=of.get(Modality.IMAGE_INPUT, 0) + images,
        cache_image_read_tokens=images,
        output_image_tokens=of.get(Modality.IMAGE_OUTPUT, 0),
    )


COUNTED = {
    Measure.CHARACTERS: ("input_characters",),
    Measure.FILE_SEARCH_CALLS: ("storage_searches",),
    Measure.SECONDS: ("audio_seconds", "input_audio_seconds"),
    Measure.WEB_SEARCH_CALLS: ("web_searches",),
}


@pytest.mark.parametrize("measure", COUNTED)
def test_what_is_not_paid_by_token_costs_what_the_list_says(measure: Measure) -> None:
    """By the library's own arithmetic, for as many as divide without a rest; what it has no price of has none here."""
    asked, compared = datetime.fromtimestamp(NOVEMBER, UTC), 0
    for provider, model in models():
        price = LIST.price_of_each(provider.id, model.id, NOVEMBER, measure)
        theirs = model.calc_price(
            Usage(**dict.fromkeys(COUNTED[measure], 3600)), provider, genai_request_timestamp=asked
        )
        ours = price.each * 3600 if price and price.each is not None else Fraction(0)
        if provider.find_model(model.id) is model:
            assert ours == Fraction(theirs.total_price) * NANOS_PER_UNIT, model.id
            compared += bool(ours)
    assert compared


@pytest.mark.parametrize("measure", sorted(set(Measure) - set(COUNTED)))
def test_what_the_list_does_not_price_has_no_price(measure: Measure) -> None:
    """Nor has what names no model."""
    assert LIST.price_of_each("openai", "gpt-6-sol", NOVEMBER, measure) is None
    assert LIST.price_of_each("openai", "", NOVEMBER, Measure.FILE_SEARCH_CALLS) is None


def test_known_prices() -> None:
    """As the providers' pages said in November 2026: input, cached, written, output; and those of long requests."""
    price = LIST.price("openai", "gpt-6-sol-2026-09-01", NOVEMBER, STANDARD)
    assert price is not None
    assert dollars(price) == {"input": "2", "cached_input": "0.2", "cache_write": "2.5", "output": "10"}
    [(beyond, long)] = price.longer
    assert beyond == 272_000
    assert (long.input, long.output) == (Fraction(4 * NANOS_PER_UNIT), Fraction(15 * NANOS_PER_UNIT))
    assert (price.currency, price.declared, price.doubtful) == ("USD", False, False)
    assert price.source.endswith("openai/gpt-6-sol")


def dollars(price: TokenPrice) -> dict[str, str]:
    told = ((name, rate) for name, rate in price.rates.named().items() if rate is not None)
    return {name: f"{(Decimal(int(rate)).scaleb(-9)).normalize():f}" for name, rate in told}


def test_known_prices_of_audio_and_images() -> None:
    """As the provider's page said in November 2026; of an older model the list knows those of text alone."""
    price, older = (
        LIST.price("openai", model, NOVEMBER, STANDARD) for model in ("gpt-realtime", "gpt-4o-audio-preview")
    )
    assert price is not None
    assert older is not None
    text = {"input": "4", "cached_input": "0.4", "output": "16"}
    audio = {"audio_input": "32", "cached_audio_input": "0.4", "audio_output": "64"}
    assert dollars(price) == text | audio | {"image_input": "5", "cached_image_input": "0.5"}
    assert dollars(older) == {"input": "2.5", "output": "10"}


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-99"), ("anthropic", "gpt-4o"), ("nobody", "gpt-4o"), ("openai", ""), ("", "gpt-4o")],
)
def test_an_unknown_model_has_no_price(provider: str, model: str) -> None:
    """None, never zero; also where another provider has a model of that name."""
    assert LIST.price(provider, model, NOVEMBER, STANDARD) is None


@pytest.mark.parametrize(
    ("manner", "doubtful"),
    [
        (dims(tier="flex"), False),
        (dims(batch="true"), False),
        (dims(tier="ultrafast"), True),
        (dims(region="us"), True),
        (dims(tier="flex", region="us"), True),
        (dims(tier="flex", batch="true"), True),
    ],
)
def test_a_manner_that_the_list_does_not_know_is_told(manner: Manner, doubtful: bool) -> None:
    """It answers with the standard price there, silently; so does it where two manners meet."""
    price = LIST.price("openai", "gpt-6-sol", NOVEMBER, manner)
    assert price is not None
    assert price.doubtful is doubtful


def test_a_manner_before_its_price_began_is_doubtful() -> None:
    """The list knows batches since October 2026 only."""
    before = LIST.price("openai", "gpt-6-sol", instant("2026-09-01T00:00:00Z"), dims(batch="true"))
    assert before is not None
    assert before.doubtful


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("openai/gpt-6-sol", ("openai", "gpt-6-sol")),
        ("anthropic/claude-opus-5-5", ("anthropic", "claude-opus-5-5")),
        ("gpt-6-sol", ("openai", "gpt-6-sol")),
        ("claude-opus-5-5", ("anthropic", "claude-opus-5-5")),
        ("our-own-model", ("", "our-own-model")),
        ("", ("", "")),
    ],
)
def test_whose_model_it_is(named: str, found: tuple[str, str]) -> None:
    """By the name that a gateway has for it."""
    assert LIST.provider_of(named) == found
