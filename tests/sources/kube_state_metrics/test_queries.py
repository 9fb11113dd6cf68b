"""The queries themselves."""

from __future__ import annotations

import dataclasses

from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.recorded import filled
from tests.sources.kube_state_metrics.samples import DAY


def test_every_answer_has_its_query() -> None:
    """The table fills all fields of Answers: the number of queries is constant, whatever the cluster holds."""
    assert set(QUERIES) == {field.name for field in dataclasses.fields(Answers)}


def test_nothing_is_left_to_be_filled() -> None:
    """A window gives complete queries, with two steps in an interval and values from before the window's start."""
    query = filled(QUERIES["first_seen"] + QUERIES["scheduled"] + QUERIES["earlier_nodes_created"], DAY, 60)
    assert "[86400s:30s]" in query
    assert "[86700s]" in query
    assert f"@ {DAY.end}" in query
    assert all("$1" in left or "$" not in left for left in (filled(each, DAY, 60) for each in QUERIES.values()))
