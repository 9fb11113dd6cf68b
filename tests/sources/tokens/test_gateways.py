"""What a gateway counted of a day, beside tokens: how many requests were short, and how many failed."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.counting import Failure, Size
from aicost.core.declarations import Series
from aicost.core.usage import Tokens
from aicost.core.window import Instant, day_of
from aicost.sources.counters import RANK, Readings
from aicost.sources.prometheus_answers import Sample
from aicost.sources.tokens.gateways import Part, rows
from tests.support.builders import T0, dims

HOUR_END = Instant(T0 + 3600)
DAY = day_of(T0)
SERIES = Series("EnvoyAIGateway")


def counted(value: float, kind: str, **own: str) -> Readings:
    """A series that counted so much in the day's first hour."""
    labels = {
        "namespace": "gw",
        "pod": "gw-0",
        "gen_ai_token_type": kind,
        "gen_ai_request_model": "gpt-6-sol",
        RANK: "00",
    }
    last = (Sample({**labels, **own}, T0, 3.0), Sample({**labels, **own}, HOUR_END, 3.0 + value))
    return Readings(last, (Sample({**labels, **own}, HOUR_END, 3.0),))


def test_short_requests_are_counted_beside_tokens() -> None:
    """Of histograms' buckets, by caller and model; what is never short counts nothing."""
    part: Part = (
        {
            "input": counted(900_000, "input"),
            "output": counted(40_000, "output"),
            "requests": counted(100, "input"),
            Size.SHORT_PROMPTS: counted(80, "input", le="1024.0"),
            Size.SHORT_ANSWERS: counted(0, "output", le="256.0"),
        },
        DAY,
    )
    (row,) = rows("gateway", SERIES, [part], DAY)
    assert row.tokens == Tokens(input=900_000, output=40_000, requests=100)
    assert row.measured == frozenset({("shortPrompts", 80)})


def test_a_label_that_is_named_for_it_tells_what_calls_were_for() -> None:
    """Each feature's tokens apart; what has no such label is of no feature, and nothing is without being asked for it."""
    apart = counted(7, "input", x_feature="replies"), counted(5, "input")
    part: Part = ({"input": Readings(apart[0].last + apart[1].last, apart[0].lowest + apart[1].lowest)}, DAY)
    asked = replace(SERIES, labels=dims(feature="x_feature"))
    assert {row.dimensions: row.tokens.input for row in rows("gateway", asked, [part], DAY)} == {
        dims(model="gpt-6-sol", feature="replies"): 7,
        dims(model="gpt-6-sol"): 5,
    }
    assert [row.dimensions for row in rows("gateway", SERIES, [part], DAY)] == [dims(model="gpt-6-sol")]


def test_requests_that_failed_are_told_by_caller_also_where_none_was_answered() -> None:
    """And which of them HTTP 4xx refused; what counts no tokens and no failures is no row."""
    own = {"gen_ai_request_model": "gpt-6-sool", "tenant_id": "acme"}
    part: Part = (
        {
            "input": counted(900, "input"),
            "requests": counted(0, "input", tenant_id="nobody"),
            Failure.REQUESTS: counted(7, "", error_type="429", **own),
            Failure.REFUSED: counted(6, "", error_type="429", **own),
        },
        DAY,
    )
    asked = replace(SERIES, labels=dims(customer="tenant_id"))
    told = {dict(row.dimensions).get("customer", ""): row for row in rows("gateway", asked, [part], DAY)}
    assert told.keys() == {"", "acme"}
    assert (told["acme"].tokens, dict(told["acme"].measured)) == (
        Tokens(),
        {"failedRequests": 7, "refusedRequests": 6},
    )


def test_audio_is_told_apart_and_is_never_more_than_the_tokens() -> None:
    """By LiteLLM's counters; where a cache gave some of the input nobody tells whether that was audio."""
    of = {"model": "gpt-realtime", "api_provider": "openai", "gen_ai_request_model": "", "gen_ai_token_type": ""}
    cached = {**of, "team": "a"}
    part: Part = (
        {
            "input": joined(counted(900, "", **of), counted(700, "", **cached)),
            "cached_input": counted(100, "", **cached),
            "output": counted(50, "", **of),
            "audioInputTokens": joined(counted(300, "", **of), counted(600, "", **cached)),
            "audioOutputTokens": counted(60, "", **of),
        },
        DAY,
    )
    told = {row.dimensions: (row.tokens, dict(row.measured)) for row in rows("gateway", Series("LiteLLM"), [part], DAY)}
    assert told == {
        dims(model="openai/gpt-realtime"): (
            Tokens(input=900, output=50),
            {"audioInputTokens": 300, "audioOutputTokens": 50},
        ),
        dims(model="openai/gpt-realtime", project="a"): (
            Tokens(input=700, cached_input=100),
            {"audioInputTokens": 600, "tokensBeyondText": 100},
        ),
    }


def joined(one: Readings, other: Readings) -> Readings:
    return Readings(one.last + other.last, one.lowest + other.lowest)
