"""Estimates of what is not paid by token: images, audio, searches; each measure by itself, and never in a bill, too."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.appraisal import Appraised
from aicost.core.bills import BillRow
from aicost.core.counting import Measure
from aicost.core.declarations import Source
from aicost.core.estimates import Awaited, Estimation, estimated_of, estimates, measure_of
from aicost.core.ledger import Certainty, Entry
from aicost.core.reasons import GapReason
from aicost.core.refining import refinement, refiners_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import (
    T0,
    a_claim,
    a_grant,
    a_row,
    a_source,
    a_unit,
    a_workload,
    between,
    dims,
    owned_by,
    ownership,
    usd,
)
from tests.support.tokens import AUDIBLE, beyond, counted, used

CHAT = ownership(a_unit(), a_source(a_grant("p")), a_workload(usage=(a_claim(project="p"),)))
A_MILLION = Tokens(1_000_000, requests=100)
"""Worth 2.00."""
DALL_E = {"model": "dall-e-3"}


def made(*of: Appraised, billed: tuple[BillRow, ...] = ()) -> tuple[Entry, ...]:
    return estimates(Estimation((Awaited("openai", between(0, DAY), of, billed),)), CHAT)[0]


def cents(entries: tuple[Entry, ...]) -> list[int | None]:
    return [of.origin.amount.nanos // 10**7 if of.origin.amount else None for of in entries]


def billed(amount: int, line_item: str) -> BillRow:
    return a_row(usd(0, amount * 10**7), project="p", apiKey="k", lineItem=line_item)


OF_ANOTHER_MODEL = billed(1, "gpt-6-luna, input_tokens")
"""By which a bill tells models apart."""


def test_what_has_a_price_is_estimated() -> None:
    """In its own measure, under a key of its own, and owned as a bill row is."""
    [entry] = made(counted(Measure.IMAGES, 12, "0.04", **DALL_E))
    named = ("apiKey=k", "model=dall-e-3", "project=p")
    assert entry.origin.key == ("bill", "openai", "2026-11-01", "estimate=openai", "measure=images", *named)
    assert (estimated_of(entry.origin.key), measure_of(entry.origin.key)) == (("openai", "dall-e-3"), "images")
    assert (entry.origin.amount, entry.origin.quantity, entry.origin.unit) == (usd(0, 480_000_000), 12, "images")
    assert entry.origin.certainty is Certainty.ESTIMATED
    assert entry.origin.description == "openai apiKey k, model dall-e-3, project p, images, estimated"
    assert [line.owner for line in entry.lines] == [owned_by()]


def test_images_without_a_price_are_named_with_their_size() -> None:
    """So that the gap says what to price."""
    [entry] = made(counted(Measure.IMAGES, 12, size="1024x1024", **DALL_E))
    assert (entry.origin.gap, entry.origin.quantity) == (GapReason.NO_USAGE_PRICE, 12)
    assert (entry.origin.unit, measure_of(entry.origin.key)) == ("images of 1024x1024", "images")


def test_what_has_no_price_is_a_gap() -> None:
    """With how much it was; beside tokens of the same row that have one, and beside another measure that has one."""
    row = used(A_MILLION), counted(Measure.WEB_SEARCH_CALLS, 3), counted(Measure.SECONDS, 60, "0.0001")
    tokens, *beside = made(*row)
    assert tokens.origin.amount == usd(2)
    assert measure_of(tokens.origin.key) == ""
    assert [(of.origin.amount, of.origin.gap, of.origin.quantity) for of in beside] == [
        (None, GapReason.NO_USAGE_PRICE, 3),
        (usd(0, 6_000_000), None, 60),
    ]


def test_audio_without_a_price_is_a_gap_beside_its_text() -> None:
    """Never the price of text, and no token in both; with a price all are one estimate."""
    tokens, told = Tokens(1_000_000, output=100_000, requests=10), beyond(audio_input=600_000, audio_output=50_000)
    text = used(tokens, measured=told)
    of_text, audio = made(text, replace(text, price=None, measure="audioInputTokens"))
    assert (of_text.origin.amount, of_text.origin.quantity) == (usd(1, 300_000_000), 450_000)
    assert (audio.origin.amount, audio.origin.gap, audio.origin.quantity) == (None, GapReason.NO_AUDIO_PRICE, 600_000)
    assert (audio.origin.unit, measure_of(audio.origin.key)) == ("audio tokens of input", "audioInputTokens")
    [heard] = made(used(tokens, AUDIBLE, measured=told))
    assert (heard.origin.amount, heard.origin.quantity) == (usd(24, 800_000_000), 1_100_000)


def test_a_bill_of_audio_is_taken_off_the_audio_and_text_of_its_model() -> None:
    """Whatever its lines are called; of audio without a price nothing is billed before the day is whole."""
    told = beyond(audio_input=500_000)
    lines = billed(200, "gpt-6-sol, input_tokens"), billed(1000, "gpt-6-sol, audio input_tokens")
    assert cents(made(used(A_MILLION, AUDIBLE, measured=told), billed=lines)) == [1800 - 1200]
    text = used(A_MILLION, measured=told)
    both = text, replace(text, price=None, measure="audioInputTokens")
    assert cents(made(*both, billed=lines[:1])) == [None]
    assert cents(made(*both)) == [100, None]


def test_only_estimates_count_a_measure() -> None:
    """Whatever a bill's dimensions are called."""
    assert measure_of(("bill", "openai", "2026-11-01", "project=p", "measure=images")) == ""
    assert measure_of(("bill", "openai", "2026-11-01", "estimate=openai")) == ""


def test_what_a_bill_tells_of_its_model_is_not_estimated_again() -> None:
    """Whatever the line item says, if it names the model."""
    images = counted(Measure.IMAGES, 100, "0.04", **DALL_E)
    assert cents(made(images, billed=(billed(150, "dall-e-3, standard"),))) == [250]
    assert made(images, billed=(billed(401, "dall-e-3, standard"),)) == ()


def test_what_a_bill_tells_without_the_model_is_not_estimated_again() -> None:
    """Of the same key: it may be of any model. Tokens beside it, and another key's, are told by none of it."""
    searches = counted(Measure.WEB_SEARCH_CALLS, 100, "0.01"), counted(Measure.WEB_SEARCH_CALLS, 100, "0.01", model="m")
    of_another = counted(Measure.WEB_SEARCH_CALLS, 100, "0.01", apiKey="other")
    calls = billed(150, "web search tool calls")
    assert cents(made(used(A_MILLION), *searches, of_another, billed=(calls, OF_ANOTHER_MODEL))) == [200, 25, 25, 100]


def test_what_a_bill_tells_apart_prices_nothing_that_has_no_price() -> None:
    """It may be of something else: the gap stays until the day's bill is whole."""
    row = counted(Measure.IMAGES, 5, **DALL_E), counted(Measure.WEB_SEARCH_CALLS, 100, "0.01")
    calls = billed(30, "web search tool calls")
    for rows in ((calls, OF_ANOTHER_MODEL), (calls,)):
        entries = made(*row, billed=rows)
        assert [(of.origin.gap, of.origin.quantity) for of in entries] == [(GapReason.NO_USAGE_PRICE, 5), (None, 100)]
        assert cents(entries) == [None, 70]


def test_a_bill_of_tokens_tells_nothing_of_searches() -> None:
    """Unless it is of their own model, of which no tokens were counted: images may be paid by token."""
    searches = counted(Measure.WEB_SEARCH_CALLS, 100, "0.01")
    assert cents(made(searches, billed=(billed(30, "gpt-6-luna, input_tokens"),))) == [100]
    assert cents(made(searches, billed=(billed(30, "gpt-6-luna, images"),))) == [70], "nobody knows what that is of"
    assert cents(made(searches, billed=(billed(30, "gpt-6-sol, input_tokens"),))) == [70]
    assert cents(made(used(A_MILLION), searches, billed=(billed(150, "gpt-6-sol, input_tokens"),))) == [50, 100]


@given(
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(0, 10**6),
    st.integers(1, 400),
    st.sampled_from(("m", "gpt-6-sol")),
)
def test_a_growing_day_is_the_larger_of_bill_and_usage(
    of_tokens: int, apart: int, tokens: int, searches: int, model: str
) -> None:
    """Of tokens and of searches alike, each by itself, be they of one model or two, to the nano-unit."""
    row = used(Tokens(tokens, requests=tokens)), counted(Measure.WEB_SEARCH_CALLS, searches, "0.01", model=model)
    rows = billed(of_tokens, "gpt-6-sol, input_tokens"), billed(apart, "web search tool calls")
    found = sum(of.origin.amount.nanos for of in made(*row, billed=rows) if of.origin.amount)
    assert found == max(0, tokens * 2000 - of_tokens * 10**7) + max(0, searches - apart) * 10**7


def test_no_caller_is_charged_of_it() -> None:
    """A gateway sees tokens: what a shared key cost beyond them stays with who owns the key."""
    gateway = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "k")}))
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="gpt-6-sol"), Tokens(500_000, requests=9))
    own = used(A_MILLION), counted(Measure.WEB_SEARCH_CALLS, 100, "0.02")
    refined = refinement({T0: refiners_of((gateway,))}, (own[0].row, seen))
    tokens, searches = estimates(Estimation((Awaited("openai", between(0, DAY), own),)), CHAT, refined)[0]
    assert [line.amount for line in tokens.lines] == [usd(1), usd(1)]
    assert [line.amount for line in searches.lines] == [usd(2)]


def test_searches_beside_tokens_divide_no_token() -> None:
    """A shared key's estimate divides by the prices of its tokens, also where its row counts what has another price."""
    counts = frozenset({(Measure.WEB_SEARCH_CALLS.value, 100)})
    row = UsageRow("openai", between(0, DAY), used(A_MILLION).row.dimensions, A_MILLION, counts)
    tokens, searches = (
        replace(used(A_MILLION), row=row),
        replace(counted(Measure.WEB_SEARCH_CALLS, 100, "0.01"), row=row),
    )
    gateway = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "k")}))
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="gpt-6-sol"), Tokens(250_000, requests=25))
    day = Awaited("openai", between(0, DAY), (tokens, searches))
    refined = refinement({T0: refiners_of((gateway,))}, (row, seen))
    of_tokens, of_searches = estimates(Estimation((day,)), CHAT, refined)[0]
    assert [line.subject for line in of_tokens.lines] == ["apiKey rank, seen by gw", "project p"]
    assert [line.amount for line in of_tokens.lines] == [usd(0, 500_000_000), usd(1, 500_000_000)]
    assert [line.subject for line in of_searches.lines] == ["project p"]
