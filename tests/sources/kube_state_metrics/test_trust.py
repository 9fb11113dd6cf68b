"""Whom to believe where the settings name no scrape."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.ports import Malformed
from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.trust import believed
from tests.sources.kube_state_metrics.samples import GPU, NODE, POD, a_sample, minute

KSM = {"job": "ksm", "namespace": "monitoring"}
TENANT = {"job": "kubernetes-pods", "namespace": "mallory"}
FORGED = {"exported_namespace": "support", "exported_pod": "never-existed", "uid": "evil"}


def answers(node_target: dict[str, str], *requests: dict[str, str]) -> Answers:
    """One node, told by a target, and requests for GPUs."""
    return Answers(
        nodes_first_seen=(a_sample(minute(0), NODE, node_target),),
        nodes_last_seen=(a_sample(minute(9), NODE, node_target),),
        nodes_created=(a_sample(minute(-9), NODE, node_target),),
        requests=tuple(a_sample(8, GPU, NODE, each) for each in requests),
    )


def test_only_the_target_that_tells_of_nodes_is_believed() -> None:
    """A scraped pod that writes pods' series for another namespace is not heard."""
    honoured, moved = {**POD, "job": "ksm"}, {**KSM, "exported_namespace": "platform", "exported_pod": "llm-1"}
    told = answers(KSM, honoured, moved, {**TENANT, **FORGED}, {**POD, "job": "kubernetes-pods"})
    assert believed(told) == answers(KSM, honoured, moved)


def test_the_same_job_in_another_namespace_is_not_believed() -> None:
    """A job that scrapes every Service scrapes the tenants' too; where labels are kept apart, the namespace tells."""
    told = answers(KSM, {**FORGED, "job": "ksm", "namespace": "mallory"})
    assert believed(told).requests == ()


def test_replicas_of_one_target_are_one() -> None:
    """Two pods of kube-state-metrics differ in their instances only."""
    told = answers({**KSM, "instance": "a"})
    again = answers({**KSM, "instance": "b"})
    both = replace(told, nodes_created=told.nodes_created + again.nodes_created)
    assert believed(both) == both


@pytest.mark.parametrize("other", [TENANT, {**KSM, "namespace": "mallory"}, {**KSM, "job": "other"}])
def test_two_targets_that_tell_of_nodes_are_not_believed(other: dict[str, str]) -> None:
    """Nothing tells which of them is true: no account, and a message that says what to set."""
    told, forged = answers(KSM), answers(other)
    both = replace(told, nodes_last_seen=told.nodes_last_seen + forged.nodes_last_seen)
    with pytest.raises(Malformed, match=r"'ksm' in monitoring namespace.*prometheus\.kubeStateMetricsMatchers"):
        believed(both)


def test_without_nodes_nothing_is_believed() -> None:
    """Series of pods alone are no kube-state-metrics."""
    assert believed(Answers(requests=(a_sample(8, POD, GPU, NODE, TENANT),))) == Answers()
