"""Owner chains: pod, ReplicaSet, Deployment; pod, Job, CronJob; other controllers as the pod names them."""

from __future__ import annotations

import asyncio

from aicost.cluster.connection import METADATA_ONLY, Connection
from aicost.cluster.failures import NotFoundError
from aicost.cluster.pods import OwnerReference, controller_of
from aicost.cluster.requests import JOBS, REPLICA_SETS, Request, Resource
from aicost.core.identity import ObjectRef
from aicost.ports import Malformed

_BETWEEN: dict[tuple[str, str], Resource] = {("apps", "ReplicaSet"): REPLICA_SETS, ("batch", "Job"): JOBS}
"""Controllers that usually have a controller themselves, and which the operator may read."""


class Owners:
    """Answers chains with one metadata-only request per owner; an owner's controller never changes, so it is kept.

    A name alone proves nothing: an owner that was created again under its name has another UID and ends the chain.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._parents: dict[str, asyncio.Task[OwnerReference | None]] = {}

    @staticmethod
    def may_go_on(controller: OwnerReference) -> bool:
        """Whether the chain may be longer than this controller."""
        return (controller.ref.group, controller.ref.kind) in _BETWEEN

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
        """Drop what is known of owners other than these UIDs."""
        for uid in self._parents.keys() - kept:
            self._parents.pop(uid).cancel()

    async def _parent(self, namespace: str, owner: OwnerReference) -> OwnerReference | None:
        resource = _BETWEEN.get((owner.ref.group, owner.ref.kind))
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
        except (KeyError, TypeError, AttributeError) as error:
            raise Malformed(f"{request} answered metadata that cannot be read: {error!r}") from error
