"""Whose series count: whoever is scraped can write those of kube-state-metrics and DCGM, unless a setting says no. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aicost.cli.doctor.checks.unknown import untold
from aicost.cli.doctor.facts import Fact, PrometheusFacts, Trust, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, warn
from aicost.sources.matchers import selecting


def trust(prometheus: PrometheusFacts) -> Iterator[Finding]:
    """A finding for each exporter."""
    yield trusted("kube-state-metrics", "kubeStateMetricsMatchers", prometheus.state_trust)
    yield trusted("dcgm-exporter", "dcgmMatchers", prometheus.dcgm_trust)


def trusted(exporter: str, value: str, told: Fact[Trust]) -> Finding:
    """Without the setting, one target may be believed but is not proven, and of several none is believed."""
    check = f"Trust in {exporter}"
    if isinstance(told, Unknown):
        return untold(check, told)
    if told.matchers:
        return ok(check, f"only series with {selecting(told.matchers)} count")
    setting = f"prometheus.{value} (docs/chart.md, Security)"
    remedy = f"Set {setting} to {_labels(exporter, told)}."
    if len(told.targets) <= 1:
        return warn(check, f"any pod that Prometheus scrapes could write its series{_from(told)}", remedy)
    return missing(check, f"several targets write its series, so none is believed{_from(told)}", remedy)


def _from(told: Trust) -> str:
    """Where they come from now, most series first."""
    targets = sorted(told.targets, key=lambda of: (-told.targets[of], of))
    return "".join(f"; job {job!r} in {namespace or 'no'} namespace" for job, namespace in targets)


def _labels(exporter: str, told: Trust) -> str:
    """The job that alone tells the target with most series; a job that several targets share tells none apart."""
    job = max(sorted(told.targets), key=lambda of: told.targets[of], default=(exporter, ""))[0]
    if job and [of for of, _ in told.targets].count(job) <= 1:
        return f"{{job: {job}}}, if that job scrapes nothing else"
    return f"the job of its scrape, once it is a job of its own: {{job: {exporter}}}"
