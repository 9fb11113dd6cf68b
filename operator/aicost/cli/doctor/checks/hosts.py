"""What a price book that leaves hosts out of the price of GPUs needs: cAdvisor's series, and whose they are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aicost.cli.doctor.checks.trust import trusted
from aicost.cli.doctor.checks.unknown import untold
from aicost.cli.doctor.facts import ClusterFacts, Fact, PrometheusFacts, Trust, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok

_SCRAPE = (
    "Let this Prometheus scrape the kubelets' /metrics/cadvisor. Without it pods are charged what they requested of CPU "
    "and memory, and NoHostUse says so."
)


def hosts(prometheus: PrometheusFacts, cluster: ClusterFacts) -> Iterator[Finding]:
    """Nothing where every price of GPUs includes the host."""
    prices = cluster.declared.translated.declared.prices
    if prices and prices.has_hosts:
        yield used(prometheus.cadvisor_trust)
        yield trusted("cAdvisor", "cadvisorMatchers", prometheus.cadvisor_trust)


def used(told: Fact[Trust]) -> Finding:
    """Whether anything tells what pods use of CPU and memory."""
    check = "Use of CPU and memory"
    if isinstance(told, Unknown):
        return untold(check, told)
    if not told.targets:
        return missing(check, "no series of cAdvisor is there, and the PriceBook leaves hosts out", _SCRAPE)
    return ok(check, f"cAdvisor has {sum(told.targets.values())} containers")
