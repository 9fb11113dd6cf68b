"""Sets the scene in a cluster: aicost's chart, fake nodes, the controllers whose pods run there, the example resources.

Whatever lies in no namespace of the demonstration's own carries its mark from the moment it exists.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from e2e.controlplane import NotReadyError
from e2e.demonstration.cluster import Cluster, objects
from e2e.demonstration.providers import Providers, Reached
from e2e.scenario.model import Identity, Node, Owner, Scenario, bound

ROOT = Path(__file__).parents[2]
NAMESPACE = "aicost"
SECRETS = {"OpenAI": "openai-admin", "Anthropic": "anthropic-admin", "LiteLLM": "litellm-admin"}
"""The examples' Secrets, by the type of the source that they are for."""
SECRET = SECRETS["OpenAI"]
RELEASE = "aicost"
MARK = "aicost.dev/demonstration"
ANY_MARK = "true"
SCHEDULED_WITHIN_S = 60


def install(cluster: Cluster, mark: str = ANY_MARK) -> None:
    """Aicost's chart with its CRDs, without the operator's pod: the operator runs beside the cluster, as this account."""
    _send(cluster, "create", [_namespace(NAMESPACE, mark)])
    values = {
        "replicaCount": 0,
        "persistence": {"enabled": False},
        "credentials": {"secretNames": list(SECRETS.values())},
        "commonLabels": {MARK: mark},
    }
    chart = ROOT / "charts" / "aicost"
    cluster.helm("install", RELEASE, chart, "-n", NAMESPACE, "--values", "-", stdin=json.dumps(values))


def populate(cluster: Cluster, scenario: Scenario, mark: str = ANY_MARK) -> None:
    """Namespaces, nodes and controllers; the cluster's own scheduler places the pods."""
    namespaces = [_namespace(name, mark) for name in scenario.namespaces]
    _send(cluster, "create", [*namespaces, *(_node(node, mark) for node in scenario.nodes)])
    for node in scenario.nodes:
        status = {"status": _node_status(node)}
        cluster.kubectl("patch", "node", node.name, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    cluster.kubectl("apply", "-f", Path(__file__).parent / "cluster.yaml")


def witnessed(cluster: Cluster, scenario: Scenario) -> Scenario:
    """The scenario with the UIDs and names that the cluster gave, once every pod has a node."""
    deadline = time.monotonic() + SCHEDULED_WITHIN_S
    wanted = set(_keys(scenario).values())
    while True:
        live = pods(cluster, scenario)
        if len(live) == len(wanted):
            break
        if time.monotonic() > deadline:
            raise NotReadyError(f"after {SCHEDULED_WITHIN_S} s only these pods have a node: {sorted(live)}")
        time.sleep(0.2)
    nodes = {node["metadata"]["name"]: Identity(node["metadata"]["uid"]) for node in objects(cluster, "nodes")}
    return bound(scenario, {key: identity(pod) for key, pod in live.items()}, nodes)


def pods(cluster: Cluster, scenario: Scenario) -> dict[str, Mapping[str, Any]]:
    """The scenario's pods that the cluster has and that have a node, by key, as objects of the API."""
    keys = _keys(scenario)
    found = [pod for namespace in scenario.namespaces for pod in objects(cluster, "pods", "-n", namespace)]
    return {keys[key]: pod for pod in found if (key := _key(pod)) in keys and pod["spec"].get("nodeName")}


def _keys(scenario: Scenario) -> Mapping[tuple[str, str], str]:
    """The keys of pods that are not gone, by namespace and app."""
    return {(pod.namespace, pod.labels["app"]): pod.key for pod in scenario.pods if pod.gone is None}


def declare(cluster: Cluster, providers: Providers, mark: str = ANY_MARK) -> None:
    """The example resources, with the emulators' addresses in the place of the providers', and their credentials."""
    resources = examples()
    for resource in resources:
        resource["metadata"]["labels"] = {MARK: mark}
        if resource["kind"] == "UsageSource" and (reached := providers.reached.get(resource["spec"]["type"])):
            resource["spec"]["url"] = reached.url
    _send(cluster, "apply", [*(_secret(type_, of) for type_, of in providers.reached.items()), *resources])


def _secret(type_: str, reached: Reached) -> Mapping[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRETS[type_], "namespace": NAMESPACE},
        "type": "aicost.dev/credential",
        "stringData": {"host": reached.host, "token": reached.credential},
    }


def examples() -> list[dict[str, Any]]:
    """The example resources, as their files have them."""
    files = sorted((ROOT / "examples").glob("*.yaml"))
    return [resource for file in files for resource in yaml.safe_load_all(file.read_text())]


def _send(cluster: Cluster, verb: Literal["create", "apply"], items: Sequence[Mapping[str, Any]]) -> None:
    """`create` refuses what is there already: nothing of somebody else's is taken over."""
    cluster.kubectl(verb, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}))


def _namespace(name: str, mark: str) -> Mapping[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {MARK: mark}}}


def _node(node: Node, mark: str) -> Mapping[str, Any]:
    labels = {**node.labels, MARK: mark, "kubernetes.io/hostname": node.name}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": [{"key": MARK, "effect": "NoSchedule"}]},
    }


def _node_status(node: Node) -> Mapping[str, Any]:
    resources = {name: str(amount) for name, amount in node.capacity.items()} | {"pods": "110"}
    ready = {"type": "Ready", "status": "True", "reason": "Demonstration"}
    return {"capacity": resources, "allocatable": resources, "conditions": [ready]}


def _key(pod: Mapping[str, Any]) -> tuple[str, str]:
    meta = pod["metadata"]
    return meta["namespace"], meta.get("labels", {}).get("app", "")


def identity(pod: Mapping[str, Any]) -> Identity:
    """What a pod of the API and its controllers are called."""
    meta = pod["metadata"]
    owner = meta["ownerReferences"][0]
    chain = [Owner(owner["kind"], owner["name"])]
    if owner["kind"] == "ReplicaSet":
        chain.append(Owner("Deployment", owner["name"].rpartition("-")[0]))
    return Identity(meta["uid"], meta["name"], tuple(chain))
