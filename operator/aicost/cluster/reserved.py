"""Keeps the reserved unit `unallocated` there: it shows what nobody owns, and whoever deletes it gets it back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from aicost.cluster.connection import Connection
from aicost.cluster.failures import ConflictError
from aicost.cluster.kinds import GROUP, KINDS, VERSION
from aicost.cluster.requests import Request
from aicost.cluster.resources import ResourceStore
from aicost.core.identity import UNALLOCATED
from aicost.ports import Forbidden, Malformed, ResourceRef, Unavailable

logger = logging.getLogger(__name__)
KIND = "BusinessUnit"
CREATION = Request("create", KINDS[KIND])
MANIFEST: Mapping[str, Any] = {
    "apiVersion": f"{GROUP}/{VERSION}",
    "kind": KIND,
    "metadata": {"name": UNALLOCATED, "labels": {"app.kubernetes.io/managed-by": "aicost"}},
    "spec": {},
}
"""Labelled as the operator's, so that a GitOps tool neither adopts nor prunes it."""
_REF = ResourceRef(KIND, "", UNALLOCATED)


class ReservedUnit:
    """Implements ports.Reserver: creates it where the store does not have it."""

    def __init__(self, connection: Connection, store: ResourceStore) -> None:
        self._connection = connection
        self._store = store
        self._said = ""

    async def ensure(self) -> None:
        if self._store.resource(_REF) is not None:
            return
        try:
            body = await self._connection.send(CREATION, MANIFEST)
        except ConflictError:
            return  # it is there, and the store will hear of it
        except (Unavailable, Forbidden, Malformed) as problem:
            self._say(str(problem))
        else:
            self._store.observe("ADDED", {"kind": KIND, **body})
            self._said = ""
            logger.info("created the BusinessUnit %s, which was missing", UNALLOCATED)

    def _say(self, problem: str) -> None:
        """It is tried again in every evaluation, and said once."""
        if problem != self._said:
            self._said = problem
            logger.warning("the BusinessUnit %s is missing and was not created: %s", UNALLOCATED, problem)
