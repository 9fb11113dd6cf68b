"""All facts: the cluster first, since it names the labels and the sources that the rest is asked about."""

from __future__ import annotations

import asyncio

from aicost.cli.doctor.facts import ClusterFacts, Facts, PrometheusFacts, SourceFacts, Unknown
from aicost.cli.doctor.gathering.attempts import SECONDS
from aicost.cli.doctor.gathering.cluster import cluster_facts, unreachable
from aicost.cli.doctor.gathering.prometheus import prometheus_facts
from aicost.cli.doctor.gathering.sources import source_facts
from aicost.cli.doctor.labels import priced_by, selected_by
from aicost.cluster import access
from aicost.cluster.connection import Connection
from aicost.core.window import Instant
from aicost.ports import Forbidden
from aicost.settings import Settings
from aicost.wiring import bill_readers, clock_of, prometheus_of


async def gathered(settings: Settings) -> Facts:
    """Everything that the settings lead to; never raises for the outside world's faults."""
    now = clock_of(settings).now()
    try:
        found = access.load(settings.kubeconfig)
    except Forbidden as problem:
        cluster = unreachable(Unknown(str(problem)))
        return Facts(now, settings.secrets_from, cluster, await _prometheus(settings, cluster, now), ())
    async with Connection(found, timeout=10) as connection:
        cluster = await cluster_facts(connection, found.url, settings)
        prometheus, sources = await asyncio.gather(
            _prometheus(settings, cluster, now), _sources(settings, connection, cluster, now)
        )
    return Facts(now, settings.secrets_from, cluster, prometheus, sources)


async def _prometheus(settings: Settings, cluster: ClusterFacts, now: Instant) -> PrometheusFacts | None:
    # A thread that waits longer than anybody does would keep the process from ending.
    patience = min(settings.prometheus_timeout, int(SECONDS))
    prometheus = prometheus_of(settings.model_copy(update={"prometheus_timeout": patience}))
    if prometheus is None:
        return None
    declared = cluster.declared.translated.declared
    return await prometheus_facts(settings, prometheus, now, selected_by(declared), priced_by(declared))


async def _sources(
    settings: Settings, connection: Connection, cluster: ClusterFacts, now: Instant
) -> tuple[SourceFacts, ...]:
    declared = cluster.declared.translated.declared.sources
    return await source_facts(declared, bill_readers(settings, connection), now)
