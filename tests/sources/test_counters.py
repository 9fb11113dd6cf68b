"""Counters that begin again, are born late or not scraped: nothing is counted that was not, and nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.window import HOUR, Instant, Window
from aicost.sources.counters import RANK, Readings, increments, readings
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from tests.support.builders import T0

SCRAPES = 4
"""In an hour."""
HOURS = 4
"""The first of them is the one before the window."""
WINDOW = Window(Instant(T0 + HOUR), Instant(T0 + HOURS * HOUR))
TENANTS = ("acme", "globex")
TARGET = {"namespace": "platform", "pod": "llm-0", "instance": "10.0.0.1:8000"}

Step = tuple[str, tuple[int, ...]]
"""What happens between a scrape and the next, and what tenants use then."""
_USE = st.tuples(*[st.integers(0, 50)] * len(TENANTS))


def steps(*events: str) -> st.SearchStrategy[list[Step]]:
    """A whole life; the hour before the window is an undisturbed one."""
    quiet = st.lists(st.tuples(st.just(""), _USE), min_size=SCRAPES, max_size=SCRAPES)
    rest = (HOURS - 1) * SCRAPES
    return st.builds(
        list.__add__, quiet, st.lists(st.tuples(st.sampled_from(events), _USE), min_size=rest, max_size=rest)
    )


def scraped(program: list[Step], *, shown_at_once: bool) -> tuple[list[Sample], int]:
    """The samples of a server that lives through this, and what it truly counted in the window.

    `shown_at_once`: a count is there as 0 before anybody used anything, as vLLM's are; else it is born with its first use.
    """
    samples: list[Sample] = []
    counts: dict[str, int] = dict.fromkeys(TENANTS, 0) if shown_at_once else {}
    truth = 0
    for number, (event, used) in enumerate(program):
        at = Instant(T0 + number * HOUR // SCRAPES)
        if event == "restart":
            counts = dict.fromkeys(counts, 0) if shown_at_once else {}
        for tenant, amount in zip(TENANTS, used, strict=True):
            if amount:
                counts[tenant] = counts.get(tenant, 0) + amount
        truth += sum(used) if at in WINDOW else 0
        if event != "missed":
            samples += (Sample({**TARGET, "tenant": tenant}, at, count) for tenant, count in counts.items())
    return samples, truth


def read(samples: list[Sample]) -> Readings:
    """As Prometheus answers, of hours whose end is their step; its increase is forbidden, for it extrapolates."""
    by_hour: dict[tuple[str, Instant], list[Sample]] = {}
    for sample in samples:
        end = Instant(sample.at - (sample.at - T0) % HOUR + HOUR)
        by_hour.setdefault((sample.labels["tenant"], end), []).append(sample)
    begun_again = {end for (_, end), of in by_hour.items() if any(b.value < a.value for a, b in pairwise(of))}
    return Readings(
        last=tuple(Sample(of[0].labels, end, of[-1].value) for (_, end), of in by_hour.items()),
        lowest=tuple(Sample(of[0].labels, end, min(each.value for each in of)) for (_, end), of in by_hour.items()),
        restarted=tuple(Sample(of[0].labels, end, 10**9) for (_, end), of in by_hour.items() if end in begun_again),
        samples=tuple(each for (_, end), of in by_hour.items() if end in begun_again for each in of),
    )


def own(labels: Mapping[str, str], _: int) -> tuple[str, ...]:
    return (labels.get("tenant", ""),)


def counted(of: Readings) -> int:
    return sum(count for _, _, count in increments(of, WINDOW, own))


@given(steps("", "", "restart", "missed"), st.booleans())
def test_never_more_is_counted_than_was_used(program: list[Step], at_once: bool) -> None:
    """Restarts, births and holes may hide use; they never add any, and no lifetime is charged to an hour."""
    samples, truth = scraped(program, shown_at_once=at_once)
    assert 0 <= counted(read(samples)) <= truth


@given(steps("", "", "", "restart", "missed"))
def test_what_was_scraped_before_a_restart_is_not_lost(program: list[Step]) -> None:
    """Where each hour ends with a scrape, and a restart comes after one and before the next use, every token counts."""
    lucky: list[Step] = []
    for number, (event, used) in enumerate(program):
        unscraped = bool(lucky) and lucky[-1][0] == "missed"
        spoils = (event == "missed" and number % SCRAPES == SCRAPES - 1) or (event == "restart" and unscraped)
        lucky.append(("", used) if spoils else (event, (0, 0) if event == "restart" else used))
    samples, truth = scraped(lucky, shown_at_once=True)
    assert counted(read(samples)) == truth


def test_a_count_that_is_born_beside_others_began_at_zero() -> None:
    """A gateway that was there shows a tenant with its first request: that request counts."""
    old = Sample({**TARGET, "tenant": "acme"}, Instant(T0 + HOUR), 5000)
    here = [
        Sample({**TARGET, "tenant": name}, Instant(T0 + 2 * HOUR), of) for name, of in (("acme", 5000), ("new", 70))
    ]
    assert counted(Readings((old, *here), tuple(here))) == 70
    elsewhere = Sample({**old.labels, "pod": "llm-1"}, old.at, old.value)
    assert counted(Readings((elsewhere, *here), tuple(here))) == 0


def test_of_two_names_of_a_count_one_counts_pod_by_pod() -> None:
    """A pod that shows the old name beside the new one counts once, whatever labels differ; an old pod is counted too."""

    def series(pod: str, rank: str, tenant: str) -> list[Sample]:
        labels = {**TARGET, "pod": pod, RANK: rank, "tenant": tenant}
        return [Sample(labels, Instant(T0 + hour * HOUR), hour * 100) for hour in (1, 2)]

    both = (*series("new", "00", "acme"), *series("new", "01", ""), *series("old", "01", "acme"))
    found = list(increments(Readings(both, both), WINDOW, lambda labels, rank: (labels["pod"], str(rank))))
    assert [(values, count) for values, _, count in found] == [(("new", "0"), 100), (("old", "1"), 100)]


def test_too_many_samples_leave_prometheus_increase() -> None:
    """Where the samples of the hour could not be had, its extrapolated increase is better than nothing."""
    last = [Sample({**TARGET, "tenant": "acme"}, Instant(T0 + hour * HOUR), 900.0) for hour in (1, 2)]
    again = Sample(last[1].labels, last[1].at, 1799.6)
    assert counted(Readings(tuple(last), (Sample(last[1].labels, last[1].at, 0),), (again,))) == 1800


class Told:
    """A Prometheus that knows the last values of a counter from an instant on, and nothing else."""

    def __init__(self, since: Instant) -> None:
        self.since = since
        self.asked = 0

    async def steps(self, query: str, first: Instant, last: Instant, step: int) -> tuple[Sample, ...]:
        """One sample for each step since then, always the same."""
        self.asked += 1
        since = max(first, self.since) if "last_over_time(tokens[1h]" in query else last + 1
        return tuple(Sample({RANK: "00"}, Instant(at), 1.0) for at in range(since, last + 1, step))


async def test_of_hours_without_any_series_one_thing_is_asked() -> None:
    """A month before Prometheus remembers, or presets that nobody runs: most of what is asked; else three things."""
    told = Told(WINDOW.end)
    assert len((await readings(cast("Prometheus", told), ("tokens",), WINDOW)).last) == 1
    assert told.asked == 3
    told = Told(Instant(WINDOW.end + 1))
    assert await readings(cast("Prometheus", told), ("tokens",), WINDOW) == Readings()
    assert told.asked == 1
