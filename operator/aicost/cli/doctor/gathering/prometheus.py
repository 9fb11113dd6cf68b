"""Asks Prometheus which series there are now, with which labels."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aicost.cli.doctor.facts import Labels, PrometheusFacts, Unknown
from aicost.cli.doctor.gathering.attempts import attempted
from aicost.core.usage import SIGNALS
from aicost.core.window import Instant, Window
from aicost.sources.dcgm import UP
from aicost.sources.exposition import sanitised
from aicost.sources.kube_state_metrics.facts import facts, pod_key
from aicost.sources.kube_state_metrics.queries import QUERIES
from aicost.sources.prometheus import Prometheus
from aicost.sources.recorded import LOOK_BACK, filled

KSM_SERIES = frozenset(re.findall(r"\bkube_[a-z_]+", " ".join(QUERIES.values())))
"""kube-state-metrics' series that aicost reads, out of its own queries."""
MEMORY = "DCGM_FI_DEV_FB_USED"
"""DCGM's series that every card has, with MIG too: it tells which cards there are."""
DCGM_SERIES = (*SIGNALS, MEMORY)
_RUNNING = 'and on (uid) (kube_pod_status_phase{phase="Running"} == 1)'


async def prometheus_facts(
    url: str, prometheus: Prometheus, now: Instant, pods: Iterable[str], nodes: Iterable[str]
) -> PrometheusFacts:
    """Everything that it tells now; `pods` and `nodes` are the label keys to look for, as Kubernetes has them."""
    place = urlsplit(url).netloc.rpartition("@")[2]
    answers = await attempted(_answers(prometheus, now))
    if isinstance(answers, Unknown):
        return PrometheusFacts(place, answers, answers, answers, answers, answers, answers, answers)
    over = Window(Instant(now - LOOK_BACK), now)
    series, pod_labels, node_labels, holders, cards, exporters = await asyncio.gather(
        attempted(_series(prometheus, now)),
        attempted(_printed(prometheus, "kube_pod_labels", pods, now)),
        attempted(_printed(prometheus, "kube_node_labels", nodes, now)),
        attempted(_holders(prometheus, over)),
        attempted(_labels(prometheus, f"({MEMORY} or {SIGNALS[-1]})", now)),
        attempted(_labels(prometheus, filled(UP, over, LOOK_BACK), now)),
    )
    return PrometheusFacts(place, answers, series, pod_labels, node_labels, holders, cards, exporters)


async def _answers(prometheus: Prometheus, now: Instant) -> None:
    await prometheus.instant("vector(1)", now)


async def _series(prometheus: Prometheus, now: Instant) -> Mapping[str, int]:
    names = "|".join(sorted({*KSM_SERIES, *DCGM_SERIES}))
    found = await prometheus.instant(f'count by (__name__) ({{__name__=~"{names}"}})', now)
    return {sample.labels["__name__"]: int(sample.value) for sample in found}


async def _printed(prometheus: Prometheus, metric: str, keys: Iterable[str], now: Instant) -> frozenset[str]:
    """Of the keys, those that any series of the metric has; a sanitised key holds nothing that PromQL could misread."""
    names = sorted({f"label_{sanitised(key)}" for key in keys})
    if not names:
        return frozenset()
    query = " or ".join(f'label_replace(count({metric}{{{name}!=""}}), "key", "{name}", "", "")' for name in names)
    found = await prometheus.instant(query, now)
    return frozenset(sample.labels["key"].removeprefix("label_") for sample in found)


async def _holders(prometheus: Prometheus, over: Window) -> int:
    query = f"({filled(QUERIES['requests'], over, LOOK_BACK)}) {_RUNNING}"
    return len({pod_key(labels) for labels, _ in facts(await prometheus.instant(query, over.end))})


async def _labels(prometheus: Prometheus, query: str, now: Instant) -> tuple[Labels, ...]:
    return tuple(sample.labels for sample in await prometheus.instant(query, now))
