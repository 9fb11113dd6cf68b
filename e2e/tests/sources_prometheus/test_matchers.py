"""Text from outside and a real Prometheus: it is the same text there, and selects what it says and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.declarations import Meter, Series, Source
from aicost.core.identity import WorkloadRef, labels
from aicost.core.usage import Served
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.sources.callers import CallerSeries
from aicost.sources.matchers import selecting
from aicost.sources.prometheus import Prometheus
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

START = instant("2026-11-01T00:00:00Z")
HOURS = Window(START, Instant(START + HOUR))
NASTY = (
    'acme"} or vector(1) or x{a="',
    'acme",namespace=~".*',
    "acme.*",
    ".*",
    "a|b",
    "back\\slash\\",
    "two\nlines",
    "`tick`$1",
    "#",
    "ü \U0001f600 \u2028",
)


@pytest.fixture(scope="module")
def url(backfilled: Backfilled) -> str:
    """A tenant of each nasty name, who had as many tokens as his place tells; and what others would be if a regex matched."""
    pieces = [
        Piece(
            "sglang:prompt_tokens_total",
            (("namespace", name), ("pod", "p"), ("tenant_id", name)),
            0,
            slope=slope / HOUR,
        )
        for slope, name in enumerate((*NASTY, "acme", "b", "platform"), start=1)
    ]
    return backfilled(
        [Piece(p.name, p.labels, 7, START - HOUR, slope=p.slope) for p in pieces],
        list(range(START - HOUR, HOURS.end, 60)),
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_is_that_text_in_a_query(url: str, text: str) -> None:
    """An absent series' labels are what the query asked for, as Prometheus understood it."""

    async def understood() -> str:
        query = f"absent(no_such_series{{{selecting(labels({'told': text}))}}})"
        (sample,) = await Prometheus(url).instant(query, START)
        assert sample.labels.keys() == {"told"}
        return sample.labels["told"]

    assert asyncio.run(understood()) == text


@pytest.mark.parametrize("number", range(len(NASTY)))
async def test_a_matcher_selects_what_it_says(url: str, number: int) -> None:
    """As a namespace and as a tenant: that name's tokens, of no other namespace's."""
    series = Series("SGLang", labels({"namespace": NASTY[number]}), frozenset({("customer", "tenant_id")}))
    source = Source("meter", "Prometheus", "Meter", meter=Meter(WorkloadRef("platform", "llm")), series=series)
    (use,) = await CallerSeries(Prometheus(url)).caller_use([source], HOURS)
    assert dict(use.dimensions)["customer"] == NASTY[number]
    assert use.served == Served(input=number + 1)
