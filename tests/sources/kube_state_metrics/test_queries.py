"""The queries themselves."""

from __future__ import annotations

import dataclasses
import re

import pytest

from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.recorded import filled
from tests.sources.kube_state_metrics.samples import DAY


def test_every_answer_has_its_query() -> None:
    """The table fills all fields of Answers: the number of queries is constant, whatever the cluster holds."""
    assert set(QUERIES) == {field.name for field in dataclasses.fields(Answers)}


def test_nothing_is_left_to_be_filled() -> None:
    """A window gives complete queries, with two steps in an interval and values from before the window's start."""
    terms = QUERIES["first_seen"] + QUERIES["scheduled"] + QUERIES["earlier_nodes_created"]
    query = filled(terms, DAY, 60, frozenset())
    assert "[86400s:30s]" in query
    assert "[86700s]" in query
    assert f"@ {DAY.end}" in query
    assert all(
        "$1" in left or "$" not in left for left in (filled(each, DAY, 60, frozenset()) for each in QUERIES.values())
    )


@pytest.mark.parametrize("name", QUERIES)
def test_every_selector_holds_the_trusted_labels(name: str) -> None:
    """No series of another scrape can come in through any part of any query."""
    query = filled(QUERIES[name], DAY, 60, frozenset({("job", "ksm")}))
    selectors = re.findall(r"\bkube_[a-z_]+({[^}]*})?", query)
    assert selectors
    assert all('job="ksm"}' in selector for selector in selectors)
