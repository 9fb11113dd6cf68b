"""Whose series count."""

from __future__ import annotations

import pytest

from aicost.cli.doctor.checks.trust import trusted
from aicost.cli.doctor.facts import Trust, Unknown
from aicost.cli.doctor.findings import State

KSM, TENANT = ("ksm", "monitoring"), ("kubernetes-pods", "mallory")
OWN_JOB = "{job: ksm}, if that job scrapes nothing else"
SHARED_JOB = "the job of its scrape, once it is a job of its own: {job: kube-state-metrics}"


@pytest.mark.parametrize(
    ("targets", "state", "labels"),
    [
        ({}, State.WARN, "{job: kube-state-metrics}, if that job scrapes nothing else"),
        ({KSM: 9}, State.WARN, OWN_JOB),
        ({("", ""): 9}, State.WARN, SHARED_JOB),
        ({TENANT: 1, KSM: 9}, State.MISSING, OWN_JOB),
        ({KSM: 9, ("ksm", "mallory"): 1}, State.MISSING, SHARED_JOB),
    ],
    ids=["nobody", "one", "no job", "another job", "the same job"],
)
def test_without_the_setting_it_says_what_to_set(
    targets: dict[tuple[str, str], int], state: State, labels: str
) -> None:
    """One target is a warning, several are believed in nothing; the remedy is the job of the target with most series."""
    finding = trusted("kube-state-metrics", "kubeStateMetricsMatchers", Trust(frozenset(), targets))
    assert finding.state is state
    assert finding.remedy == f"Set prometheus.kubeStateMetricsMatchers (docs/chart.md, Security) to {labels}."
    assert all(repr(job) in finding.found for job, _ in targets)


def test_with_the_setting_all_is_well() -> None:
    """Whatever else is scraped."""
    finding = trusted("kube-state-metrics", "value", Trust(frozenset({("job", "ksm")}), {KSM: 9}))
    assert (finding.state, finding.found) == (State.OK, 'only series with job="ksm" count')


def test_what_could_not_be_told_is_unknown() -> None:
    """It proves nothing."""
    assert trusted("kube-state-metrics", "value", Unknown("timeout")).state is State.UNKNOWN
