"""Owner chains up to what a team deploys: pod, ReplicaSet, Deployment, InferenceService; pod, Job, JobSet, TrainJob.

Only metadata are asked for, of the kinds that usually have a controller themselves; other controllers end a chain.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping

from aicost.cluster.connection import METADATA_ONLY, Connection
from aicost.cluster.failures import NotFoundError
from aicost.cluster.pods import OwnerReference, controller_of
from aicost.cluster.requests import (
    DEPLOYMENTS,
    JOB_SETS,
    JOBS,
    KNATIVE_CONFIGURATIONS,
    KNATIVE_REVISIONS,
    KNATIVE_SERVICES,
    LEADER_WORKER_SETS,
    PODS,
    RAY_CLUSTERS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Request,
    Resource,
)
from aicost.core.identity import ObjectRef
from aicost.ports import Forbidden, Malformed

logger = logging.getLogger(__name__)
BETWEEN: Mapping[tuple[str, str], Resource] = {
    ("apps", "ReplicaSet"): REPLICA_SETS,
    ("batch", "Job"): JOBS,
    ("", "Pod"): PODS,
    ("apps", "Deployment"): DEPLOYMENTS,
    ("apps", "StatefulSet"): STATEFUL_SETS,
    ("jobset.x-k8s.io", "JobSet"): JOB_SETS,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): LEADER_WORKER_SETS,
    ("ray.io", "RayCluster"): RAY_CLUSTERS,
    ("serving.knative.dev", "Revision"): KNATIVE_REVISIONS,
    ("serving.knative.dev", "Configuration"): KNATIVE_CONFIGURATIONS,
    ("serving.knative.dev", "Service"): KNATIVE_SERVICES,
}
"""Controllers that may have a controller themselves, and which the operator may read.

A LeaderWorkerSet has its workers' StatefulSets owned by the leader's pod; KServe owns Deployments, LeaderWorkerSets or a
service of Knative; Kubeflow's TrainJob owns a JobSet, a RayService its clusters.
"""
_ALWAYS_READ = (REPLICA_SETS, JOBS)
"""Without these nobody would know of a Deployment or a CronJob; the others end a chain where they may not be read."""


class Owners:
    """Answers chains with one metadata-only request per owner; an owner's controller never changes, so it is kept.

    A name alone proves nothing: an owner that was created again under its name has another UID and ends the chain.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._refused: set[Resource] = set()
        self._parents: dict[str, asyncio.Task[OwnerReference | None]] = {}

    @staticmethod
    def may_go_on(controller: OwnerReference) -> bool:
        """Whether the chain may be longer than this controller."""
        return (controller.ref.group, controller.ref.kind) in BETWEEN

    async def chain(self, namespace: str, controller: OwnerReference | None) -> tuple[ObjectRef, ...]:
        """The controllers above an object whose direct controller this is, nearest first.

        Raises:
            Unavailable, Forbidden, Malformed: an owner could not be read.
        """
        chain: list[ObjectRef] = []
        while controller is not None:
            chain.append(controller.ref)
            controller = await self._parent(namespace, controller)
        return tuple(chain)

    def forget(self, kept: frozenset[str]) -> None:
        """Drop what is known of owners other than these UIDs, and those above them."""
        chains = {uid for first in kept for uid in self._upwards(first)}
        for uid in self._parents.keys() - chains:
            self._parents.pop(uid).cancel()

    def _upwards(self, uid: str) -> Iterator[str]:
        """An owner and what is known to be above it."""
        while reading := self._parents.get(uid):
            yield uid
            known = reading.done() and not reading.cancelled() and reading.exception() is None
            if not known or (parent := reading.result()) is None:
                return
            uid = parent.uid

    async def _parent(self, namespace: str, owner: OwnerReference) -> OwnerReference | None:
        resource = BETWEEN.get((owner.ref.group, owner.ref.kind))
        if resource is None:
            return None
        if owner.uid not in self._parents:
            request = Request("get", resource, namespace, owner.ref.name)
            self._parents[owner.uid] = asyncio.create_task(self._read(request, owner))
        try:
            return await asyncio.shield(self._parents[owner.uid])
        except Exception:
            self._parents.pop(owner.uid, None)
            raise

    async def _read(self, request: Request, owner: OwnerReference) -> OwnerReference | None:
        try:
            metadata = (await self._connection.send(request, accept=METADATA_ONLY)).get("metadata") or {}
            return controller_of(metadata) if metadata.get("uid") == owner.uid else None
        except NotFoundError:
            return None
        except Forbidden as problem:
            if request.resource in _ALWAYS_READ:
                raise
            self._refuse(request.resource, problem)
            return None
        except (KeyError, TypeError, AttributeError) as error:
            raise Malformed(f"{request} answered metadata that cannot be read: {error!r}") from error

    def _refuse(self, resource: Resource, problem: Forbidden) -> None:
        """Said once of each kind: roles of an earlier chart do not have it, and all else goes on."""
        if resource not in self._refused:
            self._refused.add(resource)
            logger.warning("what controls %s is not known, and advice names these: %s", resource.plural, problem)
