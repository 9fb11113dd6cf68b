"""What the history asks, of days on which somebody knows a node and of others."""

from __future__ import annotations

from typing import cast

from aicost.core.window import DAY, Instant
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from tests.support.builders import at, between


class Told:
    """A Prometheus that knows a node from the second day on, and nothing else."""

    def __init__(self) -> None:
        self.asked: list[Instant] = []

    async def instant(self, query: str, end: Instant) -> tuple[Sample, ...]:
        """A node's last sample, where that is what is asked."""
        self.asked.append(end)
        knows = query.startswith("max_over_time(timestamp(kube_node_created{") and end > at(DAY)
        return (Sample({"node": "node-a"}, end, float(end - 1)),) if knows else ()


async def test_of_a_day_that_no_series_knows_a_node_of_one_thing_is_asked() -> None:
    """Before aicost, or before Prometheus, that is most of a month; the next day is asked whole."""
    told = Told()
    account = await KubeStateMetrics(cast("Prometheus", told)).devices(between(0, 2 * DAY))
    assert told.asked.count(at(DAY)) == 1
    assert told.asked.count(at(2 * DAY)) == len(QUERIES)
    assert account is not None


async def test_what_no_series_knows_has_no_account() -> None:
    """It is not known to have been empty."""
    assert await KubeStateMetrics(cast("Prometheus", Told())).devices(between(0, DAY)) is None
