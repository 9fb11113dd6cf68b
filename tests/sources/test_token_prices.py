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
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.token_prices import Manner
from aicost.core.token_worth import worth_of
from aicost.core.usage import Tokens
from aicost.core.window import instant
from aicost.sources.token_prices import GenaiPrices
from tests.support.builders import dims

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
CONTEXTS = {
    STANDARD: {},
    dims(batch="true"): {"processing": "batch"},
    dims(tier="batch"): {"processing": "batch"},
    dims(tier="flex"): {"service_tier": "flex"},
    dims(tier="priority"): {"service_tier": "priority"},
    dims(speed="fast"): {"speed": "fast"},
}


def models() -> Iterator[tuple[Provider, ModelInfo]]:
    return ((of, model) for of in get_snapshot().providers if of.id in ("openai", "anthropic") for model in of.models)


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
    dollars = [rate and Decimal(int(rate)).scaleb(-9) for rate in price.rates.named().values()]
    assert dollars == [*(Decimal(text) for text in ("2", "0.2", "2.5", "10")), None]
    [(beyond, long)] = price.longer
    assert beyond == 272_000
    assert (long.input, long.output) == (Fraction(4 * NANOS_PER_UNIT), Fraction(15 * NANOS_PER_UNIT))
    assert (price.currency, price.declared, price.doubtful) == ("USD", False, False)
    assert price.source.endswith("openai/gpt-6-sol")


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
