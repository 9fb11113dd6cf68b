"""The history of devices, day by day: asks kube-state-metrics' queries and puts the days' accounts together."""

from __future__ import annotations

import asyncio

from aicost.core.holdings import Devices
from aicost.core.identity import Labels
from aicost.core.window import Window
from aicost.ports import Account
from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.nodes import card_groups, seen
from aicost.sources.kube_state_metrics.pods import holdings
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.kube_state_metrics.trust import believed
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import day_by_day, filled, told


class KubeStateMetrics:
    """DeviceHistory from kube-state-metrics; `interval` is the seconds between two scrapes of it.

    The interval decides how far a last sample reaches, and, halved, how closely first and last samples are looked
    for: an interval that is set too long finds them that much too late or too early, and may miss a pod that lived
    for less than half of it. `only` are the labels of its scrape: other targets' series are not asked for. Without any,
    `trust` says what is believed.
    """

    def __init__(self, prometheus: Prometheus, interval: int = 60, only: Labels = frozenset()) -> None:
        self._prometheus = prometheus
        self._interval = interval
        self._only = only

    async def devices(self, over: Window) -> Account | None:
        """The account of the window, asked day by day, oldest first; None when kube-state-metrics covers none of it.

        Raises Unavailable, Malformed or Forbidden.
        """
        return await day_by_day(self._part, over)

    async def _part(self, over: Window) -> Account | None:
        """Nothing else is asked of time of which no series knows a node: before aicost, that is most of a month."""
        nodes = await self._samples(QUERIES["nodes_last_seen"], over)
        if not nodes:
            return None
        others = {name: query for name, query in QUERIES.items() if name != "nodes_last_seen"}
        found = await asyncio.gather(*(self._samples(query, over) for query in others.values()))
        answers = Answers(nodes_last_seen=nodes, **dict(zip(others, found, strict=True)))
        if not self._only:
            answers = believed(answers)
        if not answers.nodes_last_seen:
            return None
        devices = Devices(card_groups(answers, over, self._interval), holdings(answers, over, self._interval))
        first, last = seen(answers)
        return Account(devices, told(first, last, over, self._interval))

    async def _samples(self, query: str, over: Window) -> tuple[Sample, ...]:
        return await self._prometheus.instant(filled(query, over, self._interval, self._only), over.end)
