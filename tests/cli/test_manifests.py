"""Manifests as people write them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from aicost.cli.manifests import Manifests, read
from aicost.ports import Malformed
from tests.support.custom_kinds import an_object

POD: dict[str, Any] = {
    "metadata": {"labels": {"app": "chat"}},
    "spec": {
        "nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-L4"},
        "containers": [{"name": "app", "resources": {"limits": {"nvidia.com/gpu": 2, "cpu": "1"}}}],
    },
}


def manifest(kind: str, api: str = "apps/v1", *, namespace: str | None = "support", **spec: Any) -> dict[str, Any]:
    """An object named x."""
    metadata = {"name": "x", **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def parsed(*objects: dict[str, Any] | None) -> Manifests:
    """As one file of several documents."""
    return read([("x.yaml", yaml.safe_dump_all(objects))], "elsewhere")


@pytest.mark.parametrize(
    ("of", "replicas"),
    [
        (manifest("Deployment", replicas=3, template=POD), 3),
        (manifest("Deployment", replicas=0, template=POD), 0),
        (manifest("Job", "batch/v1", parallelism=4, template=POD), 4),
        (manifest("CronJob", "batch/v1", jobTemplate={"spec": {"parallelism": 2, "template": POD}}), 2),
        (manifest("Job", "batch/v1", parallelism=10, completions=2, template=POD), 2),
        (manifest("Job", "batch/v1", parallelism=2, completions=10, template=POD), 2),
    ],
)
def test_a_server_is_what_its_pods_ask_for(of: dict[str, Any], replicas: int) -> None:
    """Times as many as it runs, one where nothing says."""
    (server,) = parsed(None, of).servers
    assert server == {
        "namespace": "support",
        "group": of["apiVersion"].rpartition("/")[0],
        "kind": of["kind"],
        "name": "x",
        "labels": {"app": "chat"},
        "pods": [{"devices": {"nvidia.com/gpu": 2}, "least": replicas, "most": replicas, "product": "NVIDIA-L4"}],
    }


def test_a_manifest_that_says_no_number_says_so() -> None:
    """What runs of it goes on, then: only the operator knows how many that are."""
    (server,) = parsed(manifest("StatefulSet", template=POD)).servers
    (pods,) = server["pods"]
    assert (pods["least"], pods["most"], pods["told"]) == (1, 1, False)


def test_a_pod_and_a_list_are_read_and_what_asks_for_none_is_left_out() -> None:
    """An object that names no namespace is of the one that is given."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": POD["spec"]}
    plain = manifest("Deployment", template={"spec": {"containers": [{"name": "app"}]}})
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}
    found = parsed({"apiVersion": "v1", "kind": "List", "items": [pod, plain, config]})
    assert [(of["kind"], of["namespace"]) for of in found.servers] == [("Pod", "elsewhere")]
    assert found.beyond == ()


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (manifest("Unheard", "example.org/v1", pod=POD), "where such a kind has its pods"),
        (
            manifest("DaemonSet", template={"spec": POD["spec"] | {"affinity": {"nodeAffinity": {"required": {}}}}}),
            "its affinity decides",
        ),
        (an_object("TrainJob"), "ClusterTrainingRuntime torch-distributed, from which"),
        (
            an_object("InferenceService", predictor={"model": POD["spec"]["containers"][0]}),
            "how many pods it may have at most",
        ),
    ],
    ids=["unheard of", "a daemon", "a runtime's", "no most"],
)
def test_what_cannot_be_counted_says_why(of: dict[str, Any], why: str) -> None:
    """If it asks for GPUs anywhere; what asks for none is not spoken of."""
    found = parsed(of, manifest("Service", "v1", ports=[]), manifest("DaemonSet", template={"spec": {}}))
    (said,) = found.beyond
    assert (said.startswith(f"{of['kind']} {of['metadata']['name']}: "), why in said, found.servers) == (True, True, ())


def test_what_is_yet_to_be_named_is_called_by_its_prefix() -> None:
    """As `kubectl create` takes a Job."""
    job = manifest("Job", "batch/v1", template=POD) | {"metadata": {"generateName": "tune-"}}
    (server,) = parsed(job).servers
    assert (server["name"], server["namespace"]) == ("tune-", "elsewhere")


def test_items_of_a_list_of_one_kind_are_of_it() -> None:
    """The API server leaves their kind out."""
    pods = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "x"}, "spec": POD["spec"]}]}
    (server,) = parsed(pods).servers
    assert (server["kind"], server["group"], server["name"]) == ("Pod", "", "x")


def test_workloads_are_told_of_with_what_they_claim() -> None:
    """Of pods only: a quote asks for nothing else of them."""
    api, pods = "aicost.dev/v1alpha1", {"selector": {"matchLabels": {"app": "chat"}}}
    claims = manifest("AIWorkload", api, namespace=None, businessUnit="care", pods=pods, budget={"amount": 3})
    found = parsed(claims, manifest("AIWorkload", api, businessUnit="care", usage=[]))
    metadata, spec = {"namespace": "elsewhere", "name": "x"}, {"businessUnit": "care", "pods": pods}
    told = {"apiVersion": api, "kind": "AIWorkload", "metadata": metadata, "spec": spec}
    assert (found.workloads, found.servers, found.beyond) == ((told,), (), ())


def test_a_daemon_runs_on_the_nodes_that_it_selects() -> None:
    """How many these are the operator knows."""
    (server,) = parsed(manifest("DaemonSet", template=POD)).servers
    (pods,) = server["pods"]
    assert pods == {
        "devices": {"nvidia.com/gpu": 2},
        "least": 0,
        "most": 0,
        "nodes": POD["spec"]["nodeSelector"],
        "product": "NVIDIA-L4",
    }


def test_custom_kinds_are_counted_by_shape() -> None:
    """Between the fewest and the most pods, with the labels of those that ask."""
    ray, served, jobs = parsed(*map(an_object, ("RayService", "InferenceService", "PyTorchJob"))).servers
    card = {"devices": {"nvidia.com/gpu": 1}, "product": ""}
    assert (ray["pods"], ray["labels"]) == ([{**card, "least": 4, "most": 4}], {"app": "kept"})
    assert served["pods"] == [{**card, "least": 2, "most": 4}]
    assert jobs["pods"] == [{**card, "least": 1, "most": 1}, {**card, "least": 3, "most": 3}]


def claiming(*claims: dict[str, Any]) -> dict[str, Any]:
    """A Deployment whose two pods claim."""
    spec = {"containers": [{"name": "app"}], "resourceClaims": list(claims)}
    return manifest("Deployment", replicas=2, template={"metadata": {"labels": {"app": "chat"}}, "spec": spec})


def claimed(*requests: dict[str, Any], version: str = "v1") -> dict[str, Any]:
    """A template of a claim."""
    return manifest(
        "ResourceClaimTemplate", f"resource.k8s.io/{version}", spec={"devices": {"requests": list(requests)}}
    )


OWN = {"name": "gpus", "resourceClaimTemplateName": "x"}
TWO = {"deviceClassName": "gpu.nvidia.com", "count": 2}


@pytest.mark.parametrize(
    "template",
    [claimed({"name": "a", "exactly": TWO}), claimed({"name": "a", **TWO}, version="v1beta1")],
    ids=["v1", "beta"],
)
def test_whole_cards_that_each_pod_claims_count_as_cards(template: dict[str, Any]) -> None:
    """The template may stand before or after what names it, and asks for nothing itself."""
    for objects in ((claiming(OWN), template), (template, claiming(OWN))):
        (server,) = parsed(*objects).servers
        assert server["pods"] == [{"devices": {"nvidia.com/gpu": 2}, "least": 2, "most": 2, "product": ""}]


@pytest.mark.parametrize(
    ("claim", "template", "why"),
    [
        ({"name": "gpus", "resourceClaimName": "one"}, claimed(), "claim gpus may be shared"),
        ({**OWN, "resourceClaimTemplateName": "y"}, claimed(), "ResourceClaimTemplate y is in none of the files"),
        (OWN, claimed({"name": "a", "exactly": {**TWO, "selectors": [{"cel": {"expression": "x"}}]}}), "selectors"),
        (OWN, claimed({"name": "a", "exactly": {"deviceClassName": "mig.nvidia.com"}}), "class mig.nvidia.com"),
        (OWN, claimed({"name": "a", "exactly": {**TWO, "allocationMode": "All"}}), "only the scheduler can tell"),
        (OWN, claimed({"name": "a", "firstAvailable": [TWO]}), "of several"),
    ],
)
def test_claims_that_only_the_scheduler_can_tell_are_said(
    claim: dict[str, Any], template: dict[str, Any], why: str
) -> None:
    """Never counted as nothing."""
    found = parsed(claiming(claim), template)
    assert (found.servers, why in found.beyond[0]) == ((), True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("just: a mapping", "it has no kind"),
        ("- a\n- list", "wrong type"),
        ("a: [", "line 1, column 5: expected the node content"),
        ("a: \x07", "special characters are not allowed"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}", "it has no spec"),
        ("kind: Deployment", "it has no metadata"),
    ],
    ids=["no object", "a list", "no YAML", "a bell", "no pod", "no name"],
)
def test_what_is_no_manifest_is_said(text: str, why: str) -> None:
    """By the name of its file, and what is wrong, where that is known."""
    with pytest.raises(Malformed, match=rf"x\.yaml is no manifest of Kubernetes: .*{why}"):
        read([("x.yaml", text)], "default")
