"""Holdings out of samples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.identity import ObjectRef
from aicost.core.window import Window
from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.pods import holdings
from aicost.sources.prometheus_answers import Sample
from tests.sources.kube_state_metrics.samples import DAY, INTERVAL, NODE, POD, a_request, a_sample, minute

RUNNING = Answers(
    requests=(a_request(4),),
    first_seen=(a_sample(minute(61), POD, NODE, container="app"),),
    last_seen=(a_sample(minute(599), POD, NODE, container="app"),),
    scheduled=(a_sample(minute(60.5), POD),),
)


def test_a_holding_lasts_from_the_binding_to_one_interval_after_the_last_sample() -> None:
    """Where nothing tells the end, the time after the last sample is marked as assumed."""
    (held,) = holdings(RUNNING, DAY, INTERVAL)
    assert (str(held.pod), held.node, held.resource, held.count) == ("platform/llm-1", "n1", "nvidia.com/gpu", 4)
    assert held.window == Window(minute(60.5), minute(600))
    assert held.assumed_from == minute(599)


def test_a_binding_may_lie_before_the_window() -> None:
    """The start is Kubernetes' own time, however late the samples begin; without it, the first sample."""
    (held,) = holdings(replace(RUNNING, scheduled=(a_sample(minute(-3000), POD),)), DAY, INTERVAL)
    assert held.window.start == minute(-3000)
    (held,) = holdings(replace(RUNNING, scheduled=()), DAY, INTERVAL)
    assert held.window.start == minute(61)


def test_a_terminal_pod_ended_when_its_last_container_did() -> None:
    """kube-state-metrics goes on showing the requests of pods that are over: their time is not held."""
    over = replace(RUNNING, terminated=(a_sample(0.4, POD),), completed=(a_sample(minute(300), POD),))
    (held,) = holdings(over, DAY, INTERVAL)
    assert held.window.end == minute(300)
    assert held.assumed_from is None


def test_a_container_that_ended_does_not_end_its_pod() -> None:
    """A completion time without a terminal phase is that of one container among others that still run."""
    (held,) = holdings(replace(RUNNING, completed=(a_sample(minute(300), POD),)), DAY, INTERVAL)
    assert held.window.end == minute(600)


def test_a_pod_evicted_without_a_completion_time_is_dated_by_its_samples() -> None:
    """Half of its samples are terminal: it held for half of the time, to one interval."""
    (held,) = holdings(replace(RUNNING, terminated=(a_sample(0.5, POD),)), DAY, INTERVAL)
    assert abs(held.window.end - minute(61 + 539 / 2)) <= INTERVAL
    assert held.assumed_from == held.window.end - INTERVAL


def test_a_pod_that_was_over_before_holds_nothing() -> None:
    """All its samples are terminal, or it ended before the window: it is not in the account of this window."""
    assert holdings(replace(RUNNING, terminated=(a_sample(1, POD),)), DAY, INTERVAL) == ()


def test_containers_add_up_and_init_containers_do_not() -> None:
    """A pod holds what its containers ask for together, or more if an init container asks for more."""
    two = replace(RUNNING, requests=(a_request(1, "a"), a_request(2, "b")))
    assert [held.count for held in holdings(two, DAY, INTERVAL)] == [3]
    more = replace(two, init_requests=(a_request(4, "init"), a_request(2, "init-2")))
    assert [held.count for held in holdings(more, DAY, INTERVAL)] == [4]
    only = replace(RUNNING, requests=(), init_requests=(a_request(1, "init"),))
    assert [held.count for held in holdings(only, DAY, INTERVAL)] == [1]


def test_a_sidecar_holds_beside_the_containers() -> None:
    """It lives as long as they do; another init container counts only where it asks for more than all of them."""
    init = (a_request(2, "proxy"), a_request(3, "load"))
    sidecars = (a_sample(1, POD, container="proxy", restart_policy="Always"),)
    beside = replace(RUNNING, init_requests=init, sidecars=sidecars)
    assert [held.count for held in holdings(beside, DAY, INTERVAL)] == [6]
    more = replace(beside, init_requests=(a_request(2, "proxy"), a_request(7, "load")))
    assert [held.count for held in holdings(more, DAY, INTERVAL)] == [7]
    another = replace(beside, sidecars=(a_sample(1, {**POD, "uid": "u-2"}, container="proxy"),))
    assert [held.count for held in holdings(another, DAY, INTERVAL)] == [4]


def test_two_kube_state_metrics_count_once() -> None:
    """Every series comes twice: the pod still holds what it asked for."""
    twice = Answers(
        **{
            name: tuple(
                replace(sample, labels={**sample.labels, "instance": instance})
                for sample in getattr(RUNNING, name)
                for instance in ("a:8080", "b:8080")
            )
            for name in ("requests", "first_seen", "last_seen", "scheduled")
        }
    )
    assert holdings(twice, DAY, INTERVAL) == holdings(RUNNING, DAY, INTERVAL)


def test_a_scrape_without_honor_labels_is_read_the_same() -> None:
    """What the scrape moved to exported_… is kube-state-metrics' own."""
    moved = {"namespace", "pod", "container", "node"}
    target = {"namespace": "monitoring", "pod": "ksm-0", "container": "ksm", "node": "other"}
    renamed = Answers(
        **{
            name: tuple(
                replace(
                    sample,
                    labels=target | {f"exported_{k}" if k in moved else k: v for k, v in sample.labels.items()},
                )
                for sample in getattr(RUNNING, name)
            )
            for name in ("requests", "first_seen", "last_seen", "scheduled")
        }
    )
    assert holdings(renamed, DAY, INTERVAL) == holdings(RUNNING, DAY, INTERVAL)


def test_labels_that_stood_longest_are_the_pod_s() -> None:
    """A pod relabelled within the window is known by what it was for most of it."""
    counts = (a_sample(10, POD, label_app="other"), a_sample(530, POD, label_app="chat"))
    (held,) = holdings(replace(RUNNING, pod_labels=counts), DAY, INTERVAL)
    assert held.pod.labels == {("app", "chat")}


@pytest.mark.parametrize(
    ("owner", "above", "chain"),
    [
        (
            ("ReplicaSet", "llm-6b"),
            {"replica_set_owners": ("replicaset", "llm-6b", "Deployment", "llm")},
            (ObjectRef("apps", "ReplicaSet", "llm-6b"), ObjectRef("apps", "Deployment", "llm")),
        ),
        (
            ("Job", "train-1"),
            {"job_owners": ("job_name", "train-1", "CronJob", "train")},
            (ObjectRef("batch", "Job", "train-1"), ObjectRef("batch", "CronJob", "train")),
        ),
        (("StatefulSet", "notebook"), {}, (ObjectRef("apps", "StatefulSet", "notebook"),)),
        (("RayCluster", "ray"), {}, (ObjectRef("", "RayCluster", "ray"),)),
    ],
)
def test_the_chain_of_owners(
    owner: tuple[str, str], above: dict[str, tuple[str, str, str, str]], chain: tuple[ObjectRef, ...]
) -> None:
    """Nearest first, through ReplicaSets and Jobs of the same namespace; unknown kinds have no group."""
    owners: dict[str, tuple[Sample, ...]] = {}
    owners["pod_owners"] = (a_sample(1, POD, owner_kind=owner[0], owner_name=owner[1]),)
    for field, (label, name, kind, of) in above.items():
        same = {label: name, "owner_kind": kind, "owner_name": of}
        elsewhere = {label: name, "owner_kind": kind, "owner_name": "wrong"}
        owners[field] = (a_sample(1, elsewhere, namespace="other"), a_sample(1, same, namespace="platform"))
    (held,) = holdings(replace(RUNNING, **owners), DAY, INTERVAL)
    assert held.pod.owners == chain


def test_a_pod_that_asks_for_more_devices_than_can_be_holds_none() -> None:
    """A broken or forged sample is no holding, and breaks nobody's sums."""
    assert holdings(replace(RUNNING, requests=(a_request(2**63),)), DAY, INTERVAL) == ()
