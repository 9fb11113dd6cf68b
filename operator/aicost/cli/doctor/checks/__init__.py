"""Checks: from gathered facts to findings. Pure; in the order in which a newcomer would put things right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aicost.cli.doctor.checks.cards import cards
from aicost.cli.doctor.checks.dcgm import dcgm
from aicost.cli.doctor.checks.hosts import hosts
from aicost.cli.doctor.checks.kube_state_metrics import kube_state_metrics
from aicost.cli.doctor.checks.kubernetes import api, kubernetes
from aicost.cli.doctor.checks.resources import resources
from aicost.cli.doctor.checks.sources import sources
from aicost.cli.doctor.checks.trust import trust
from aicost.cli.doctor.facts import ClusterFacts, Facts, PrometheusFacts, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, unknown

_ADDRESS = "Give --prometheus URL, or set prometheus.url in the chart (AICOST_PROMETHEUS_URL)."
_REACH = (
    "Check the address, and that a NetworkPolicy lets aicost through. From outside the cluster: kubectl port-forward "
    "to Prometheus, then --prometheus http://127.0.0.1:9090."
)
_NO_API = Unknown("no API")


def findings(facts: Facts) -> tuple[Finding, ...]:
    """The findings of every check."""
    return tuple(_findings(facts))


def _findings(facts: Facts) -> Iterator[Finding]:
    if _is_dark(facts.cluster):
        yield api(facts.cluster.reader)
        yield unknown("CRDs, rights, resources, cards and sources", "not checked: no API", "Mend the row above first.")
        yield from _series(facts.prometheus, replace(facts.cluster, nodes=_NO_API, carried=_NO_API))
        return
    yield from kubernetes(facts.cluster)
    yield from resources(facts.cluster.declared)
    yield from _series(facts.prometheus, facts.cluster)
    yield from cards(facts.cluster, facts.now)
    yield from sources(facts.sources, facts.cluster, facts.secrets_from)


def _is_dark(cluster: ClusterFacts) -> bool:
    """Nothing of the cluster could be told, so there is one cause and not many."""
    return all(isinstance(of, Unknown) for of in (cluster.reader, cluster.schemas, cluster.rights, cluster.nodes))


def _series(prometheus: PrometheusFacts | None, cluster: ClusterFacts) -> Iterator[Finding]:
    yield reachable(prometheus)
    if prometheus and not isinstance(prometheus.answers, Unknown):
        yield from kube_state_metrics(prometheus, cluster)
        yield from dcgm(prometheus, cluster)
        yield from trust(prometheus)
        yield from hosts(prometheus, cluster)


def reachable(prometheus: PrometheusFacts | None) -> Finding:
    """Whether Prometheus answers; all that is read from it follows from that."""
    if prometheus is None:
        return missing("Prometheus", "no address is known, so its series were not checked", _ADDRESS)
    if isinstance(prometheus.answers, Unknown):
        return missing("Prometheus", f"{prometheus.answers.why}; its series were not checked", _REACH)
    return ok("Prometheus", f"{prometheus.place} answers")
