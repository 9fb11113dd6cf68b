"""Langfuse's observations: single calls are counted by their sizes, in few questions, and no prompt is asked for."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Grant, Source
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, MINUTE, Instant, Window
from aicost.ports import Malformed
from aicost.sources.tokens.langfuse import minutes
from aicost.sources.tokens.langfuse.observations import PATH, ROWS, parse, turn_of
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.langfuse import SECRET, LangfuseEmulator, Observation, Project
from tests.sources.tokens.conftest import OVER, Emulated, served
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.sources.tokens.looked import counts, looked
from tests.support.builders import dims

Langfuse: TypeAlias = Emulated[LangfuseEmulator]
RANK = dims(project="rank", model="gpt-6-sol")
YESTERDAY = Window(OVER.start, Instant(OVER.start + DAY))
CALL = Observation("2026-10-31T09:30:00.000Z", "gpt-6-sol", 100, 10, environment="rank")
TRACED = Project(
    observations=(
        CALL,
        replace(
            CALL, at="2026-10-31T00:00:00.000Z", input_tokens=5_000, output_tokens=30, calls=2, cached_tokens=4_000
        ),
        replace(CALL, at="2026-10-31T23:59:59.999Z", environment="scoring"),
        replace(CALL, at="2026-11-01T09:30:00.000Z"),
    )
)


@pytest.fixture(scope="module")
def new_traces() -> Iterator[Callable[[], Langfuse]]:
    """One emulator for all tests."""
    grant = Grant("project", "rank", frozenset({"search"}))
    source = Source("traces", "Langfuse", "Refine", (grant,), secret=("langfuse", "token"))
    with served(LangfuseEmulator(TRACED), source, "pk-lf-emulated:sk-lf-emulated") as anew:
        yield anew


@pytest.fixture
def traces(new_traces: Callable[[], Langfuse]) -> Langfuse:
    """A project of which somebody is granted an environment."""
    return new_traces()


async def test_calls_are_counted_beside_the_usage_of_their_environment(traces: Langfuse) -> None:
    """Of the day that is over: prompts of 2,500 tokens are long, though a cache gave most of them. Usage is what it is without."""
    poll = traces.polls()
    reading = await poll(OVER)
    assert looked(reading) == {
        RANK: counts(3, 1, 100, 10),
        dims(project="scoring", model="gpt-6-sol"): counts(1, 1, 100, 10),
    }
    assert (sum(row.tokens.requests for row in reading.usage), reading.gaps) == (5, ())
    asked = len(traces.requests(PATH))
    assert (asked, await poll(OVER)) == (3, reading)
    assert len(traces.requests(PATH)) == asked


async def test_no_prompt_or_answer_is_asked_for_kept_or_logged(
    traces: Langfuse, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor metadata; the name of a call, which is told beside its level, is never looked at."""
    caplog.set_level(logging.DEBUG)
    assert SECRET not in repr(await traces.read())
    assert SECRET not in caplog.text
    assert {of["fields"] for of in traces.requests(PATH)} == {"basic,model,usage"}


async def test_calls_that_failed_or_whose_size_is_not_told_are_not_short(traces: Langfuse) -> None:
    """What is not known is not short, and is one of the requests that usage counts."""
    useless = (replace(CALL, level="ERROR"), replace(CALL, input_tokens=0), replace(CALL, output_tokens=0))
    traces.has(observations=(*useless, CALL))
    assert looked(await traces.read()) == {RANK: counts(4, 1, 100, 10)}


async def test_what_has_a_model_and_is_no_call_is_not_short(traces: Langfuse) -> None:
    """Usage counts it among the requests, so that the share is of these, too; what has no model is none."""
    agent = replace(CALL, kind="AGENT", calls=3)
    traces.has(observations=(CALL, agent, replace(CALL, model=None, calls=9), replace(agent, environment="scoring")))
    reading = await traces.read()
    assert looked(reading) == {
        RANK: counts(1, 1, 100, 10, stands_for=4),
        dims(project="scoring", model="gpt-6-sol"): counts(0, stands_for=3),
    }
    assert {row.dimensions: row.tokens.requests for row in reading.usage}[RANK] == 4


async def test_a_busy_hour_weighs_as_much_as_it_has(traces: Langfuse) -> None:
    """Of 1,000 calls in a minute a hundred, of 200 in another, too; each stands for as many as its hour has for it."""
    busy = replace(CALL, at="2026-10-31T00:00:00.000Z", calls=1_000, input_tokens=10_000, output_tokens=10_000)
    traces.has(observations=(busy, replace(CALL, calls=200, input_tokens=2_000_000, output_tokens=200)))
    assert looked(await traces.read()) == {RANK: counts(200, 1_000, 10_000, 10_000, stands_for=1_200)}


async def test_a_part_of_a_minute_without_a_call_leaves_no_hour_out(traces: Langfuse) -> None:
    """All calls are in its last second: where the part that it is the turn of has none, all of it is asked for."""
    late = tuple(replace(CALL, at=f"2026-10-31T{hour:02}:30:59.000Z", calls=1_000) for hour in range(24))
    traces.has(observations=late)
    told = looked(await traces.read())[RANK]
    assert (told["sampledRequests"], told["sampledStandsFor"]) == (2_400, 24_000)


@given(st.integers(0, 1_000), st.lists(st.integers(0, 400), min_size=60, max_size=60))
def test_the_turn_of_an_hour_is_a_part_of_it_with_calls(number: int, calls: list[int]) -> None:
    """Of neighbouring minutes that one answer holds, or of one minute; none where the hour has no call."""
    hour = Window(Instant(OVER.start + number * HOUR), Instant(OVER.start + (number + 1) * HOUR))
    told = {minute.start: count for minute, count in zip(hour.pieces(MINUTE), calls, strict=True)}
    turn = turn_of(hour, told)
    if turn is None:
        assert sum(calls) == 0
        return
    whole, part, requests = turn
    held = sum(count for minute, count in told.items() if whole.start <= minute < whole.end)
    assert hour.overlap(whole) == whole
    assert whole.overlap(part) == part
    assert part.start == whole.start
    assert held > 0
    assert part == whole or held > ROWS
    assert requests == sum(calls)


FAULTS = {
    "refused": (faults.status(403), "HTTP 403"),
    "old": (faults.status(404), "HTTP 404"),
    "torn": (faults.torn(), "is torn"),
    "negative": (faults.put("data.0.usageDetails.input", "-1"), "is not a count"),
    "busy": (faults.status(429, "100000"), "asked to wait"),
}


@pytest.mark.parametrize(("act", "message"), FAULTS.values(), ids=FAULTS.keys())
async def test_whatever_fails_of_it_neither_spoils_nor_delays_usage(traces: Langfuse, act: Act, message: str) -> None:
    """A notice says why, and it is asked again after a day only."""
    traces.breaks(act, path=PATH, day="")
    poll = traces.polls()
    reading = await poll(OVER)
    assert (sum(row.tokens.requests for row in reading.usage), looked(reading), reading.rest_s) == (5, {}, 0.0)
    (notice,) = reading.gaps
    assert (notice.reason, notice.is_notice) == (GapReason.SIZES_UNKNOWN, True)
    assert message in notice.message
    asked = len(traces.requests(PATH))
    assert (await poll(OVER)).gaps == reading.gaps
    assert len(traces.requests(PATH)) == asked


def test_minutes_are_told_in_either_way_and_of_that_time_alone() -> None:
    """Minutes without any call may be told as nothing, and so may some of the next day."""
    rows = [
        {"time_dimension": "2026-10-31T09:07:00Z", "count_count": "7"},
        {"time_dimension": "2026-10-31 23:00:00.000", "count_count": None},
        {"time_dimension": "2026-11-01T00:00:00Z", "count_count": 3},
    ]
    told = minutes.parse(answer({"data": rows}), YESTERDAY)
    assert told == {OVER.start + 9 * HOUR + 7 * MINUTE: 7, OVER.start + 23 * HOUR: 0}
    for wrong in ("2026-10-31T09:30:01Z", "2026-10-31", ""):
        with pytest.raises(Malformed, match="is not the begin of a minute"):
            minutes.parse(answer({"data": [{"time_dimension": wrong, "count_count": 1}]}), YESTERDAY)


ROW = {
    "environment": "rank",
    "model": "m",
    "level": "DEFAULT",
    "usageDetails": {"input": 3, "input_cached": 4, "output": 2},
}
MINUTELY = {"time_dimension": "2026-10-31T09:00:00Z", "count_count": "7"}


@given(JSON, st.data())
def test_any_answer_is_calls_or_malformed(value: Any, data: st.DataObject) -> None:
    """No answer makes a parser fail in another way, nor one that is wrong deep inside."""
    for body in (value, replaced({"data": [ROW]}, data.draw), replaced({"data": [MINUTELY]}, data.draw)):
        with contextlib.suppress(Malformed):
            assert isinstance(parse(answer(body)), tuple)
        with contextlib.suppress(Malformed):
            assert isinstance(minutes.parse(answer(body), YESTERDAY), dict)
        with contextlib.suppress(Malformed):
            assert isinstance(minutes.parse_others(answer(body)), dict)
