"""What the operator must be allowed to do, and asking the API server whether we are (SelfSubjectAccessReview)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from aicost.cli.doctor.facts import Right
from aicost.cluster.connection import Connection
from aicost.cluster.kinds import KINDS
from aicost.cluster.owners import BETWEEN
from aicost.cluster.requests import (
    AUTOSCALERS,
    EVENTS,
    LEASES,
    NODES,
    PODS,
    RESOURCE_CLAIMS,
    RESOURCE_SLICES,
    SECRETS,
    Request,
    Resource,
)
from aicost.cluster.reserved import CREATION
from aicost.cluster.shapes import LISTED

_GROUP = "authorization.k8s.io"
_REVIEWS = Resource(_GROUP, "v1", "selfsubjectaccessreviews")
LEASE = "aicost"


def needed(namespace: str, secrets_from: str, secrets: Iterable[str]) -> Iterator[tuple[Request, bool]]:
    """Every right that the operator uses, and whether doctor needs it too; the chart's roles grant exactly these."""
    for kind in KINDS.values():
        yield Request("list", kind), True
        yield Request("watch", kind), False
        yield Request("patch", kind, subresource="status"), False
    yield CREATION, False
    for resource in (NODES, PODS):
        yield Request("list", resource), True
        yield Request("watch", resource), False
    for resource in (RESOURCE_CLAIMS, RESOURCE_SLICES):
        yield Request("list", resource), resource is RESOURCE_SLICES
        yield Request("watch", resource), False
    for resource in BETWEEN.values():
        yield Request("get", resource), False
    for resource in sorted(LISTED - set(BETWEEN.values()), key=str):
        yield Request("get", resource), False
    yield Request("list", AUTOSCALERS), False
    yield Request("create", EVENTS), False
    yield Request("create", LEASES, namespace), False
    yield Request("get", LEASES, namespace, LEASE), False
    yield Request("update", LEASES, namespace, LEASE), False
    for name in sorted(set(secrets)):
        yield Request("get", SECRETS, secrets_from, name), True


async def reviewed(connection: Connection, rights: Iterable[tuple[Request, bool]]) -> tuple[Right, ...]:
    """The rights with the API server's answers. Raises Unavailable, Forbidden or Malformed."""
    return tuple(await asyncio.gather(*(_review(connection, request, doctor) for request, doctor in rights)))


async def _review(connection: Connection, right: Request, doctor: bool) -> Right:
    attributes = {
        "verb": right.verb,
        "group": right.resource.group,
        "version": right.resource.version,
        "resource": right.resource.plural,
        "subresource": right.subresource,
        "namespace": right.namespace,
        "name": right.name,
    }
    review = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await connection.send(Request("create", _REVIEWS), review)
    return Right(right, answer["status"]["allowed"] is True, doctor)
