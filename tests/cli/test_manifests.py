"""Manifests as people write them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from aicost.cli.manifests import Manifests, read
from aicost.ports import Malformed

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
    return read(yaml.safe_dump_all(objects), "x.yaml", "elsewhere")


@pytest.mark.parametrize(
    ("of", "replicas"),
    [
        (manifest("Deployment", replicas=3, template=POD), 3),
        (manifest("StatefulSet", template=POD), 1),
        (manifest("Deployment", replicas=0, template=POD), 0),
        (manifest("Job", "batch/v1", parallelism=4, template=POD), 4),
        (manifest("CronJob", "batch/v1", jobTemplate={"spec": {"parallelism": 2, "template": POD}}), 2),
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
        "replicas": replicas,
        "devices": {"nvidia.com/gpu": 2},
        "product": "NVIDIA-L4",
    }


def test_a_pod_and_a_list_are_read_and_what_asks_for_none_is_left_out() -> None:
    """An object that names no namespace is of the one that is given."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": POD["spec"]}
    plain = manifest("Deployment", template={"spec": {"containers": [{"name": "app"}]}})
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}
    found = parsed({"apiVersion": "v1", "kind": "List", "items": [pod, plain, config]})
    assert [(of["kind"], of["namespace"]) for of in found.servers] == [("Pod", "elsewhere")]
    assert found.beyond == ()


def test_a_kind_that_is_not_understood_is_said() -> None:
    """If it asks for GPUs anywhere."""
    served = manifest(
        "InferenceService", "serving.kserve.io/v1beta1", predictor={"model": POD["spec"]["containers"][0]}
    )
    assert parsed(served, manifest("Service", "v1", ports=[])).beyond == ("InferenceService x",)


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
        read(text, "x.yaml", "default")
