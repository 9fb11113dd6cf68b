"""What samples promise of a week of calls is true, whatever habits calls have: of hours, of minutes, of jobs at night."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import chain
from typing import Any, TypeAlias, cast

import pytest

from aicost.core.declarations import Dimensions
from aicost.core.recommendations.models.policy import POLICY
from aicost.core.recommendations.models.sampled import Sampled
from aicost.core.recommendations.models.sized import Gathered, parts
from aicost.core.samples import Sample, measured_by
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, HOUR, MINUTE, Instant, Window, rfc3339
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Client
from aicost.sources.tokens.langfuse import metrics, observations
from aicost.sources.tokens.litellm import logs
from tests.support.builders import at, dims

Habit: TypeAlias = Callable[[int], list[tuple[float, bool]]]
"""Of an hour of the day: at which of its seconds a call is made, and whether it is short."""
CALLER = {"LiteLLM": dims(apiKey="k", model="m"), "Langfuse": dims(project="e", model="m")}
OFFICE = range(9, 17)


def evenly(count: int, since: float, until: float, *, short: bool) -> list[tuple[float, bool]]:
    """So many calls in a part of an hour."""
    return [(since + (until - since) * number / count, short) for number in range(count)]


def on(hours: Sequence[int], *calls: list[tuple[float, bool]]) -> Habit:
    """These calls in some hours of each day."""
    return lambda hour: sorted(chain(*calls)) if hour in hours else []


def both(*habits: Habit) -> Habit:
    """Two sorts of callers by one key."""
    return lambda hour: sorted(chain.from_iterable(habit(hour) for habit in habits))


HABITS = {
    "199 an hour, the first half short": on(
        range(24), evenly(99, 0, 600, short=True), evenly(100, 600, 3600, short=False)
    ),
    "199 an hour, the first half long": on(
        range(24), evenly(99, 0, 600, short=False), evenly(100, 600, 3600, short=True)
    ),
    "office hours, short in the middle": on(
        OFFICE,
        *(evenly(300, 0, 1000, short=False), evenly(400, 1000, 2600, short=True), evenly(300, 2600, 3600, short=False)),
    ),
    "a job before midnight": both(
        on(OFFICE, evenly(150, 0, 3500, short=True)), on([23], evenly(5000, 3000, 3400, short=False))
    ),
    "a job at eleven": both(on(OFFICE, evenly(150, 0, 3500, short=True)), on([23], evenly(5000, 0, 600, short=False))),
    "one call beside a job": both(
        on(OFFICE, evenly(150, 0, 3600, short=True)), on([22], [(10, False)], evenly(5000, 3000, 3400, short=False))
    ),
    "a job at each hour": on(OFFICE, evenly(1000, 0, 60, short=False), evenly(300, 60, 3600, short=True)),
    "a job of five minutes, all day": on(range(24), evenly(60, 0, 300, short=False), evenly(60, 300, 3600, short=True)),
}


@dataclass
class Gateway:
    """Answers as documented; what was called is in the order of time."""

    calls: list[tuple[float, bool]]
    times: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.times = [when for when, _ in self.calls]

    def within(self, since: str, until: str) -> list[tuple[float, bool]]:
        """The newest first."""
        low, high = (
            bisect_left(self.times, datetime.fromisoformat(f"{of[:19]}Z").timestamp()) for of in (since, until)
        )
        return self.calls[low:high][::-1]


class LiteLLM(Gateway):
    """Its logs."""

    async def get(self, _path: str, asked: list[tuple[str, str]]) -> Answer:
        query = dict(asked)
        last = datetime.fromisoformat(f"{query['end_date']}Z").timestamp() + 1
        found = self.within(query["start_date"], rfc3339(Instant(int(last))))[:10_000]
        page = int(query["page"])
        rows = [
            {"call_type": "acompletion", "api_key": "k", "model": "m", "prompt_tokens": given, "completion_tokens": 9}
            for given in (100 if short else 5_000 for _, short in found[(page - 1) * 100 : page * 100])
        ]
        return Answer.read(json.dumps({"data": rows, "total": len(found), "page": page}).encode())


class Langfuse(Gateway):
    """Its metrics and observations."""

    async def get(self, path: str, asked: list[tuple[str, str]]) -> Answer:
        query = dict(asked)
        rows = self._minutes(json.loads(query["query"])) if path == metrics.PATH else self._calls(query)
        return Answer.read(json.dumps({"data": list(rows)}).encode())

    def _calls(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        for _, short in self.within(query["fromStartTime"], query["toStartTime"])[:100]:
            used = {"input": 100 if short else 5_000, "output": 9}
            yield {"level": "DEFAULT", "environment": "e", "model": "m", "usageDetails": used}

    def _minutes(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "timeDimension" not in query:
            return
        since = int(datetime.fromisoformat(query["fromTimestamp"]).timestamp())
        found = Counter(int(when // MINUTE) * MINUTE for when in self.times if since <= when < since + DAY // 2)
        for minute, count in found.items():
            yield {"time_dimension": rfc3339(Instant(minute)), "count_count": count}


LOOKS: dict[str, tuple[type[LiteLLM | Langfuse], Callable[[Client, Window], Awaitable[Sample]]]] = {
    "LiteLLM": (LiteLLM, logs.look),
    "Langfuse": (Langfuse, observations.look),
}


async def week(kind: str, habit: Habit) -> tuple[Sampled, Fraction]:
    """What is known of a week by its sample, and the true share of short calls."""
    gateway, look = LOOKS[kind]
    gathered, short, requests = Gathered(), 0, 0
    window = Window(at(0), at(7 * DAY))
    for day in window.pieces(DAY):
        calls = [
            (hour.start + second, is_short)
            for number, hour in enumerate(day.pieces(HOUR))
            for second, is_short in habit(number)
        ]
        sample = await look(cast("Client", gateway(calls)), day)
        row = row_of(kind, day, len(calls), sample)
        gathered.add(row, *parts(row, [len(calls)], [1]))
        short += sum(is_short for _, is_short in calls)
        requests += len(calls)
    sampled = gathered.sampled(window)
    assert sampled is not None
    return sampled, Fraction(short, requests)


def row_of(kind: str, day: Window, requests: int, sample: Sample) -> UsageRow:
    """The usage of a day with what was looked at of it."""
    caller: Dimensions = CALLER[kind]
    counted = measured_by(sample, lambda found: found)[caller]
    return UsageRow("gw", day, caller, Tokens(requests=requests), counted)


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS.keys())
@pytest.mark.parametrize("kind", LOOKS)
async def test_the_true_share_lies_within_the_bounds(kind: str, habit: Habit) -> None:
    """Of both kinds of gateways; where it was 99 to 100 percent, or 0 to 1, as long as the same minutes were left out each day."""
    sampled, truth = await week(kind, habit)
    low, high = sampled.bounds(POLICY.alike)
    assert low <= truth <= high


@pytest.mark.parametrize("kind", LOOKS)
async def test_calls_that_are_mixed_well_are_told_to_a_few_points(kind: str) -> None:
    """Bounds that hold anything would be of no use: of a thousand an hour, two fifths of them short."""
    sampled, truth = await week(kind, lambda _: [(second * 3.6, second % 5 < 2) for second in range(1000)])
    low, high = sampled.bounds(POLICY.alike)
    assert truth - Fraction(3, 100) < low <= truth <= high < truth + Fraction(3, 100)
