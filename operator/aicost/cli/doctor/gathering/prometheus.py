"""Asks Prometheus which series there are now, with which labels."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aicost.cli.doctor.facts import Labels, PrometheusFacts, Trust, Unknown
from aicost.cli.doctor.gathering.attempts import attempted
from aicost.core.identity import Labels as Matchers
from aicost.core.usage import SIGNALS
from aicost.core.window import Instant, Window
from aicost.settings import Settings
from aicost.sources.dcgm import UP
from aicost.sources.exposition import sanitised
from aicost.sources.kube_state_metrics.facts import facts, pod_key
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.matchers import selecting, target
from aicost.sources.prometheus import Prometheus
from aicost.sources.prometheus_answers import Sample
from aicost.sources.recorded import LOOK_BACK, filled

KSM_SERIES = frozenset(re.findall(r"\bkube_[a-z_]+", " ".join(QUERIES.values())))
"""kube-state-metrics' series that aicost reads, out of its own queries."""
MEMORY = "DCGM_FI_DEV_FB_USED"
"""DCGM's series that every card has, with MIG too: it tells which cards there are."""
DCGM_SERIES = (*SIGNALS, MEMORY)
CONTAINERS = (
    'label_replace(container_cpu_usage_seconds_total{container!="",container!="POD",$only}, "namespace", "", "", "")'
)
"""cAdvisor's series, without their pods' namespaces: they come from the kubelets, whom their job tells."""
_RUNNING = 'and on (uid) (kube_pod_status_phase{phase="Running",$only} == 1)'


async def prometheus_facts(
    settings: Settings, prometheus: Prometheus, now: Instant, pods: Iterable[str], nodes: Iterable[str]
) -> PrometheusFacts:
    """Everything that it tells now; `pods` and `nodes` are the label keys to look for, as Kubernetes has them."""
    place = urlsplit(settings.prometheus_url).netloc.rpartition("@")[2]
    answers = await attempted(_answers(prometheus, now))
    if isinstance(answers, Unknown):
        return PrometheusFacts(place, answers, *[answers] * 9)
    asked = _Asked(prometheus, now, settings.kube_state_metrics_matchers, settings.dcgm_matchers)
    trusts = asyncio.gather(
        attempted(asked.trust("kube_node_created{$only}", asked.state)),
        attempted(asked.trust(f"(up and on (job, instance) {MEMORY}{{$only}})", asked.dcgm)),
        attempted(asked.trust(CONTAINERS, settings.cadvisor_matchers)),
    )
    series, pod_labels, node_labels, holders, cards, exporters = await asyncio.gather(
        attempted(asked.series()),
        attempted(asked.printed("kube_pod_labels", pods)),
        attempted(asked.printed("kube_node_labels", nodes)),
        attempted(asked.holders()),
        attempted(asked.labels(f"({MEMORY}{{$only}} or {SIGNALS[-1]}{{$only}})")),
        attempted(asked.labels(UP)),
    )
    return PrometheusFacts(place, answers, series, pod_labels, node_labels, holders, cards, exporters, *await trusts)


async def _answers(prometheus: Prometheus, now: Instant) -> None:
    await prometheus.instant("vector(1)", now)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions to Prometheus at one instant; only series with these labels of kube-state-metrics and DCGM count."""

    prometheus: Prometheus
    now: Instant
    state: Matchers
    dcgm: Matchers

    async def series(self) -> Mapping[str, int]:
        state, dcgm = "|".join(sorted(KSM_SERIES)), "|".join(DCGM_SERIES)
        either = f'{{__name__=~"{state}",{selecting(self.state)}}} or {{__name__=~"{dcgm}",{selecting(self.dcgm)}}}'
        found = await self.prometheus.instant(f"count by (__name__) ({either})", self.now)
        return {sample.labels["__name__"]: int(sample.value) for sample in found}

    async def printed(self, metric: str, keys: Iterable[str]) -> frozenset[str]:
        """Of the keys, those that any series of the metric has; a sanitised key holds nothing that PromQL misreads."""
        names = sorted({f"label_{sanitised(key)}" for key in keys})
        if not names:
            return frozenset()
        some = f'{metric}{{%s!="",$only}}'
        query = " or ".join(f'label_replace(count({some % name}), "key", "{name}", "", "")' for name in names)
        return frozenset(sample.labels["key"].removeprefix("label_") for sample in await self._told(query, self.state))

    async def holders(self) -> int:
        query = f"({QUERIES['requests']}) {_RUNNING}"
        return len({pod_key(labels) for labels, _ in facts(await self._told(query, self.state))})

    async def labels(self, query: str) -> tuple[Labels, ...]:
        return tuple(sample.labels for sample in await self._told(query, self.dcgm))

    async def trust(self, series: str, matchers: Matchers) -> Trust:
        told = await self._told(f"count by (job, namespace) ({series})", matchers)
        return Trust(matchers, {target(sample.labels): int(sample.value) for sample in told})

    async def _told(self, query: str, matchers: Matchers) -> tuple[Sample, ...]:
        over = Window(Instant(self.now - LOOK_BACK), self.now)
        return await self.prometheus.instant(filled(query, over, LOOK_BACK, matchers), self.now)
