"""Asks the Kubernetes API, as whoever the kubeconfig or the pod says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicost.api.declared import translate
from aicost.cli.doctor.facts import ClusterFacts, Declared, Reader, Unknown
from aicost.cli.doctor.gathering.attempts import attempted
from aicost.cli.doctor.gathering.rights import needed, reviewed
from aicost.cli.doctor.labels import selected_by
from aicost.cluster.connection import Connection
from aicost.cluster.failures import NotFoundError
from aicost.cluster.kinds import GROUP, KINDS, VERSION
from aicost.cluster.lists import pages
from aicost.cluster.nodes import SeenNode, seen_node
from aicost.cluster.requests import NODES, PODS, RESOURCE_SLICES, Request, Resource
from aicost.cluster.slices import Published, Slices
from aicost.core.window import Instant
from aicost.ports import Forbidden
from aicost.settings import Settings

_WHO = Resource("authentication.k8s.io", "v1", "selfsubjectreviews")


@dataclass(frozen=True, slots=True)
class _Published(Request):
    """The page on which the API server publishes the schemas of a group: unlike the CRDs, everybody may read it."""

    @property
    def path(self) -> str:
        return f"/openapi/v3{self.resource.root}"


async def cluster_facts(connection: Connection, server: str, settings: Settings) -> ClusterFacts:
    """Everything that the API tells; the API server is named by `server`."""
    declared, reader, schemas, nodes = await asyncio.gather(
        _declared(connection),
        attempted(_reader(connection, server, settings.namespace)),
        attempted(_schemas(connection)),
        attempted(_nodes(connection)),
    )
    sources = declared.translated.declared.sources
    secrets = (source.secret[0] for source in sources if source.secret)
    rights, carried = await asyncio.gather(
        attempted(reviewed(connection, needed(settings.namespace, settings.secrets_from, secrets))),
        attempted(_carried(connection, selected_by(declared.translated.declared))),
    )
    return ClusterFacts(reader, schemas, rights, declared, nodes, carried)


def unreachable(why: Unknown) -> ClusterFacts:
    """The facts of a cluster that cannot even be asked."""
    declared = Declared({}, translate({}), dict.fromkeys(KINDS, why))
    return ClusterFacts(why, why, why, declared, why, why)


async def _reader(connection: Connection, server: str, namespace: str) -> Reader:
    review = {"apiVersion": f"{_WHO.group}/{_WHO.version}", "kind": "SelfSubjectReview"}
    answer = await connection.send(Request("create", _WHO), review)
    name = str(answer["status"]["userInfo"]["username"])
    return Reader(server, name, name.startswith(f"system:serviceaccount:{namespace}:"))


async def _schemas(connection: Connection) -> Mapping[str, Mapping[str, Any]]:
    """The published schemas of our kinds; empty where the group is not served."""
    try:
        answer = await connection.send(_Published("get", Resource(GROUP, VERSION, "")))
    except NotFoundError:
        return {}
    published = answer["components"]["schemas"]
    prefix = ".".join([*reversed(GROUP.split(".")), VERSION])
    return {kind: published[f"{prefix}.{kind}"] for kind in KINDS if f"{prefix}.{kind}" in published}


async def _declared(connection: Connection) -> Declared:
    lists = await asyncio.gather(*(attempted(_items(connection, resource)) for resource in KINDS.values()))
    by_kind = dict(zip(KINDS, lists, strict=True))
    unknown = {kind: found for kind, found in by_kind.items() if isinstance(found, Unknown)}
    known = {kind: found for kind, found in by_kind.items() if not isinstance(found, Unknown)}
    bodies = {
        kind: [{"kind": kind, "apiVersion": f"{GROUP}/{VERSION}", **item} for item in known[kind]] for kind in known
    }
    names = {kind: frozenset(item["metadata"]["name"] for item in found) for kind, found in known.items()}
    return Declared(names, translate(bodies), unknown)


async def _items(connection: Connection, resource: Resource) -> list[Mapping[str, Any]]:
    return [item async for page in pages(connection, resource) for item in page.items]


async def _nodes(connection: Connection) -> tuple[SeenNode, ...]:
    items, devices = await asyncio.gather(_items(connection, NODES), _claimable(connection))
    nodes = (seen_node(item) for item in items)
    return tuple(replace(node, cards=node.cards_with(devices.get(node.ref.name, ()))) for node in nodes)


async def _claimable(connection: Connection) -> Published:
    """Devices for claims; none where the server knows no claims, or lets us not see: that is told among the rights."""
    slices = Slices()
    try:
        items = await _items(connection, RESOURCE_SLICES)
    except (NotFoundError, Forbidden):
        return {}
    slices.on_list([seen for item in items if (seen := slices.project(item))], Instant(0), None)
    return slices.by_node


async def _carried(connection: Connection, keys: frozenset[str]) -> frozenset[str]:
    """The keys that some live pod carries: one question each, answered with one pod at most."""
    there = await asyncio.gather(*(_any_pod(connection, key) for key in keys))
    return frozenset(key for key, found in zip(keys, there, strict=True) if found)


async def _any_pod(connection: Connection, key: str) -> bool:
    answer = await connection.send(Request("list", PODS, params={"labelSelector": key, "limit": "1"}))
    return bool(answer.get("items"))
