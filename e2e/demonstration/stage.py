"""Sets the scene: nodes and controllers into the cluster, their history into Prometheus, aicost's chart and resources."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from e2e.controlplane import NotReadyError
from e2e.demonstration.cluster import Cluster, objects
from e2e.scenario.model import Identity, Node, Owner, Scenario, bound

ROOT = Path(__file__).parents[2]
NAMESPACE = "aicost"
SECRET = "openai-admin"
MARK = {"aicost.dev/demonstration": "true"}
SCHEDULED_WITHIN_S = 60


def install(cluster: Cluster) -> None:
    """Aicost's chart with its CRDs, without the operator's pod: the operator runs beside the cluster, as this account."""
    values = ("--set", "replicaCount=0", "--set", f"credentials.secretNames[0]={SECRET}")
    cluster.helm(
        "upgrade", "--install", "aicost", ROOT / "charts" / "aicost", "-n", NAMESPACE, "--create-namespace", *values
    )


def populate(cluster: Cluster, scenario: Scenario) -> None:
    """Namespaces, nodes and controllers; the cluster's own scheduler places the pods."""
    _apply(cluster, [*map(_namespace, scenario.namespaces), *map(_node, scenario.nodes)])
    for node in scenario.nodes:
        status = {"status": _node_status(node)}
        cluster.kubectl("patch", "node", node.name, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    cluster.kubectl("apply", "-f", Path(__file__).parent / "cluster.yaml")


def witnessed(cluster: Cluster, scenario: Scenario) -> Scenario:
    """The scenario with the UIDs and names that the cluster gave, once every pod has a node."""
    deadline = time.monotonic() + SCHEDULED_WITHIN_S
    keys = {(pod.namespace, pod.labels["app"]): pod.key for pod in scenario.pods if pod.gone is None}
    while True:
        pods = [pod for ns in scenario.namespaces for pod in objects(cluster, "pods", "-n", ns)]
        live = {keys[key]: pod for pod in pods if (key := _key(pod)) in keys and pod["spec"].get("nodeName")}
        if len(live) == len(set(keys.values())):
            break
        if time.monotonic() > deadline:
            raise NotReadyError(f"after {SCHEDULED_WITHIN_S} s only these pods have a node: {sorted(live)}")
        time.sleep(0.2)
    nodes = {node["metadata"]["name"]: Identity(node["metadata"]["uid"]) for node in objects(cluster, "nodes")}
    return bound(scenario, {key: _identity(pod) for key, pod in live.items()}, nodes)


def declare(cluster: Cluster, openai_url: str, openai_key: str) -> None:
    """The example resources, with the emulator's address in the place of OpenAI's, and its credential."""
    host = openai_url.removeprefix("http://").partition("/")[0]
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": NAMESPACE},
        "type": "aicost.dev/credential",
        "stringData": {"host": host, "token": openai_key},
    }
    resources = [secret]
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        for resource in yaml.safe_load_all(file.read_text()):
            if resource["kind"] == "UsageSource":
                resource["spec"]["url"] = openai_url
            resources.append(resource)
    _apply(cluster, resources)


def remove(cluster: Cluster, scenario: Scenario) -> None:
    """Take everything back out of a cluster that outlives the demonstration."""
    for kind in ("aiworkloads", "businessunits", "usagesources", "pricebooks"):
        cluster.kubectl("delete", f"{kind}.aicost.dev", "--all", "-A", "--ignore-not-found")
    cluster.helm("uninstall", "aicost", "-n", NAMESPACE, "--ignore-not-found")
    for namespace in scenario.namespaces:
        cluster.kubectl("delete", "pods", "--all", "-n", namespace, "--force", "--grace-period=0")
    cluster.kubectl("delete", "namespace", *scenario.namespaces, NAMESPACE, "--ignore-not-found", "--wait=false")
    cluster.kubectl("delete", "nodes", "-l", "aicost.dev/demonstration=true")


def _apply(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> None:
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}))


def _namespace(name: str) -> Mapping[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _node(node: Node) -> Mapping[str, Any]:
    labels = {**node.labels, **MARK, "kubernetes.io/hostname": node.name}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": [{"key": "aicost.dev/demonstration", "effect": "NoSchedule"}]},
    }


def _node_status(node: Node) -> Mapping[str, Any]:
    resources = {name: str(amount) for name, amount in node.capacity.items()} | {"pods": "110"}
    ready = {"type": "Ready", "status": "True", "reason": "Demonstration"}
    return {"capacity": resources, "allocatable": resources, "conditions": [ready]}


def _key(pod: Mapping[str, Any]) -> tuple[str, str]:
    meta = pod["metadata"]
    return meta["namespace"], meta.get("labels", {}).get("app", "")


def _identity(pod: Mapping[str, Any]) -> Identity:
    meta = pod["metadata"]
    owner = meta["ownerReferences"][0]
    chain = [Owner(owner["kind"], owner["name"])]
    if owner["kind"] == "ReplicaSet":
        chain.append(Owner("Deployment", owner["name"].rpartition("-")[0]))
    return Identity(meta["uid"], meta["name"], tuple(chain))
