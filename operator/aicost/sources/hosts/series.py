"""Asks the series about hosts, and whom of their scrapes to believe."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from aicost.core.hosts import HostHour
from aicost.core.identity import Labels
from aicost.core.window import HOUR, Instant, Window
from aicost.sources.hosts.hours import Readings, host_hours
from aicost.sources.hosts.queries import HOURLY, IDENTITIES
from aicost.sources.hours import whole_hours
from aicost.sources.kube_state_metrics.facts import Answers, Samples
from aicost.sources.kube_state_metrics.trust import teller, told_by
from aicost.sources.matchers import of_the_right_scrape, quoted, selecting, the_only
from aicost.sources.prometheus import Prometheus, in_parts
from aicost.sources.recorded import filled

_NODE = re.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
"""What Kubernetes lets a node be called."""
_USED = ("cpu_used", "memory_used")


class HostSeries:
    """HostMeter from kube-state-metrics and cAdvisor.

    `interval` is the seconds between two scrapes of kube-state-metrics. `only` and `cadvisor` are the labels of their
    scrapes. Without them all series of each must come from one target.
    """

    def __init__(
        self,
        prometheus: Prometheus,
        interval: int = 60,
        only: Labels = frozenset(),
        cadvisor: Labels = frozenset(),
    ) -> None:
        self._prometheus = prometheus
        self._interval = interval
        self._only = only
        self._cadvisor = cadvisor

    async def host_hours(self, nodes: Collection[str], over: Window) -> tuple[HostHour, ...]:
        """By hour and node, for whole hours of the window. Raises Unavailable, Malformed or Forbidden."""
        hours = whole_hours(over)
        names = sorted(name for name in nodes if _NODE.fullmatch(name))
        if hours is None or not names:
            return ()
        pattern = quoted("|".join(re.escape(name) for name in names))
        parts = await in_parts(lambda part: self._part(pattern, part), hours)
        return tuple(hour for part in parts for hour in part)

    async def _part(self, nodes: str, hours: Window) -> tuple[HostHour, ...]:
        asked = [self._prometheus.steps(q, Instant(hours.start + HOUR), hours.end, HOUR) for q in self._hourly(nodes)]
        told = [self._prometheus.instant(self._filled(q, nodes, hours), hours.end) for q in IDENTITIES.values()]
        found = await asyncio.gather(*asked, *told)
        read = dict(zip(HOURLY, found[: len(asked)], strict=True))
        identities = Answers(**dict(zip(IDENTITIES, found[len(asked) :], strict=True)))
        return tuple(host_hours(*self._believed(read, identities), self._interval))

    def _believed(self, read: Mapping[str, Samples], identities: Answers) -> tuple[Readings, Answers]:
        if not self._cadvisor:
            jobs = ((sample.labels.get("job", ""), "") for name in _USED for sample in read[name])
            the_only(jobs, "cAdvisor", of_the_right_scrape("cadvisorMatchers"))
        if self._only:
            return Readings(**read), identities
        one = teller(read["capacity"])
        if one is None:
            return Readings(), Answers()
        kept = {name: samples if name in _USED else told_by(one, samples) for name, samples in read.items()}
        named = {name: told_by(one, getattr(identities, name)) for name in IDENTITIES}
        return Readings(**kept), replace(identities, **named)

    def _hourly(self, nodes: str) -> list[str]:
        hour = Window(Instant(0), Instant(HOUR))
        return [self._filled(query, nodes, hour) for query in HOURLY.values()]

    def _filled(self, query: str, nodes: str, over: Window) -> str:
        cadvisor = selecting(self._cadvisor)
        return filled(query, over, self._interval, self._only, nodes=nodes, cadvisor=cadvisor)
