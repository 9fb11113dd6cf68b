"""Langfuse's counts divide bills and add no money: by environment and model, each call once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.declarations import Source
from aicost.core.gaps import Feed
from aicost.core.reasons import GapReason
from aicost.core.usage import Tokens
from aicost.core.window import date
from aicost.ports import Malformed
from aicost.sources.tokens.langfuse.metrics import MOST_ROWS, parse, query
from e2e.emulators import faults
from e2e.emulators.faults import Act
from e2e.emulators.langfuse import LangfuseEmulator, Observation, Project
from tests.sources.tokens.conftest import IMPATIENT, OVER, Emulated, served
from tests.sources.tokens.drawn import JSON, answer, replaced
from tests.support.builders import dims

Langfuse: TypeAlias = Emulated[LangfuseEmulator]
PAIR = "pk-lf-emulated:sk-lf-emulated"
TRACED = Project(
    observations=(
        Observation("2026-10-31T23:59:59.999Z", "gpt-6-sol", 5, 1, environment="rank"),
        Observation("2026-11-01T00:00:00.000Z", "gpt-6-sol", 100, 10, 2, "rank", "user_ann", ("a", "b")),
        Observation("2026-11-01T12:00:00.000Z", "gpt-6-sol", 50, 5, 1, "rank", "user_bob"),
        Observation("2026-11-01T12:00:00.000Z", "gpt-5.5", 7, 3, 1, "scoring"),
        Observation("2026-11-01T12:00:00.000Z", None, calls=9, environment="scoring"),
    )
)
ROW: dict[str, Any] = {
    "environment": "rank",
    "providedModelName": "gpt-6-sol",
    "sum_inputTokens": "150",
    "sum_outputTokens": 15,
    "count_count": "3",
    "a_field_of_next_year": None,
}


@pytest.fixture(scope="session")
def new_langfuse() -> Iterator[Callable[[], Langfuse]]:
    """One emulator for all tests."""
    source = Source("traces", "Langfuse", "Refine", secret=("langfuse", "token"))
    with served(LangfuseEmulator(TRACED), source, PAIR) as anew:
        yield anew


@pytest.fixture
def langfuse(new_langfuse: Callable[[], Langfuse]) -> Langfuse:
    """Langfuse's API with a small project, without faults."""
    return new_langfuse()


async def test_every_call_is_counted_once_by_environment_and_model(langfuse: Langfuse) -> None:
    """On the UTC day that it began; spans are no calls, and who has two tags counts once. There is no money."""
    reading = await langfuse.read()
    assert {(date(row.day.start), row.dimensions): row.tokens for row in reading.usage} == {
        ("2026-10-31", dims(project="rank", model="gpt-6-sol")): Tokens(5, output=1, requests=1),
        ("2026-11-01", dims(project="rank", model="gpt-6-sol")): Tokens(150, output=15, requests=3),
        ("2026-11-01", dims(project="scoring", model="gpt-5.5")): Tokens(7, output=3, requests=1),
    }
    assert (reading.days, reading.gaps, len(reading.usage_days)) == ((), (), 2)


async def test_the_key_pair_goes_as_basic_authorisation(langfuse: Langfuse) -> None:
    """A wrong one is said in words, without any part of it; and no day is taken for empty."""
    langfuse.secrets.credential = "sk-lf-emulated"
    reading = await langfuse.read()
    assert (reading.usage, reading.usage_days) == ((), ())
    assert {(gap.reason, gap.feed) for gap in reading.gaps} == {(GapReason.CREDENTIAL_INVALID, Feed.USAGE)}
    assert all("key pair" in gap.message and "emulated" not in gap.message for gap in reading.gaps)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (faults.status(500), GapReason.BILL_UNAVAILABLE),
        (faults.status(404), GapReason.BILL_UNAVAILABLE),
        (faults.torn(), GapReason.BILL_MALFORMED),
        (faults.put("data.0.sum_inputTokens", '"1.5"'), GapReason.BILL_MALFORMED),
    ],
)
async def test_a_fault_that_stays_is_a_gap(langfuse: Langfuse, act: Act, reason: GapReason) -> None:
    """Counts hide no cost: what a bill says stays, only undivided."""
    langfuse.limits = IMPATIENT
    langfuse.emulator.faults.append(faults.Fault(act))
    reading = await langfuse.read()
    assert reading.usage_days == ()
    assert {(gap.reason, gap.hides_cost) for gap in reading.gaps} == {(reason, False)}


async def test_more_rows_than_langfuse_gives_are_no_whole_day(langfuse: Langfuse) -> None:
    """It has no pages: a part is never taken for the whole."""
    rows = tuple(Observation("2026-11-01T01:00:00.000Z", f"m{n}", 1) for n in range(MOST_ROWS + 1))
    langfuse.has(observations=rows)
    reading = await langfuse.read()
    assert [date(day.start) for day in reading.usage_days] == ["2026-10-31"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.BILL_MALFORMED]


def test_nothing_is_asked_by_what_overlaps() -> None:
    """Tags would count a call under each of its own; users cannot be asked for at all."""
    ((name, asked),) = query(OVER)
    assert (name, [of["field"] for of in json.loads(asked)["dimensions"]]) == (
        "query",
        ["environment", "providedModelName"],
    )


@given(JSON, st.data())
def test_any_answer_is_rows_or_malformed(value: Any, data: st.DataObject) -> None:
    """Whatever comes, also deep inside an answer that is otherwise right; all counts are whole and not negative."""
    other = ROW | {"environment": None}
    for document in (value, replaced({"data": [ROW, other]}, data.draw)):
        with contextlib.suppress(Malformed):
            assert all(min(of.input, of.output, of.requests) >= 0 for of in parse(answer(document)).values())


@given(*[st.integers(0, 10**15)] * 3, st.booleans())
def test_counts_are_what_they_say(given_: int, made: int, calls: int, as_text: bool) -> None:  # drawn
    """As a number or as text, and the sum of nothing is null."""
    counts = (given_, made, calls)
    written = [str(count) if as_text else count for count in counts]
    row = ROW | dict(zip(("sum_inputTokens", "sum_outputTokens", "count_count"), written, strict=True))
    assert [*parse(answer({"data": [row]})).values()] == [Tokens(given_, output=made, requests=calls)]
    assert next(iter(parse(answer({"data": [row | {"sum_outputTokens": None}]})).values())).output == 0


def test_a_row_that_comes_twice_or_lacks_a_count_is_malformed() -> None:
    """Neither is added or taken for zero."""
    with pytest.raises(Malformed, match="same environment and model"):
        parse(answer({"data": [ROW, ROW]}))
    with pytest.raises(Malformed, match="count_count is missing"):
        parse(answer({"data": [{name: value for name, value in ROW.items() if name != "count_count"}]}))
