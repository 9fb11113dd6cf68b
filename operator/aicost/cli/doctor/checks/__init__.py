"""Checks: from gathered facts to findings. Pure; in the order in which a newcomer would put things right."""

from __future__ import annotations

from collections.abc import Iterator

from aicost.cli.doctor.checks.cards import cards
from aicost.cli.doctor.checks.dcgm import dcgm
from aicost.cli.doctor.checks.kube_state_metrics import kube_state_metrics
from aicost.cli.doctor.checks.kubernetes import kubernetes
from aicost.cli.doctor.checks.resources import resources
from aicost.cli.doctor.checks.sources import sources
from aicost.cli.doctor.checks.trust import trust
from aicost.cli.doctor.facts import Facts, PrometheusFacts, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok

_ADDRESS = "Give --prometheus URL, or set prometheus.url in the chart (AICOST_PROMETHEUS_URL)."
_REACH = (
    "Check the address, and that a NetworkPolicy lets aicost through. From outside the cluster: kubectl port-forward "
    "to Prometheus, then --prometheus http://127.0.0.1:9090."
)


def findings(facts: Facts) -> tuple[Finding, ...]:
    """The findings of every check."""
    return tuple(_findings(facts))


def _findings(facts: Facts) -> Iterator[Finding]:
    yield from kubernetes(facts.cluster)
    yield from resources(facts.cluster.declared)
    yield reachable(facts.prometheus)
    if facts.prometheus and not isinstance(facts.prometheus.answers, Unknown):
        yield from kube_state_metrics(facts.prometheus, facts.cluster)
        yield from dcgm(facts.prometheus, facts.cluster)
        yield from trust(facts.prometheus)
    yield from cards(facts.cluster, facts.now)
    yield from sources(facts.sources, facts.cluster, facts.secrets_from)


def reachable(prometheus: PrometheusFacts | None) -> Finding:
    """Whether Prometheus answers; all that is read from it follows from that."""
    if prometheus is None:
        return missing("Prometheus", "no address is known, so its series were not checked", _ADDRESS)
    if isinstance(prometheus.answers, Unknown):
        return missing("Prometheus", f"{prometheus.answers.why}; its series were not checked", _REACH)
    return ok("Prometheus", f"{prometheus.place} answers")
