"""Who is scaled by an autoscaler: one list of HorizontalPodAutoscalers now and then. KEDA and KServe make such, too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aicost.cluster.backoff import Backoff
from aicost.cluster.connection import Connection
from aicost.cluster.lists import pages
from aicost.cluster.requests import AUTOSCALERS
from aicost.core.identity import ObjectRef
from aicost.core.recommendations.live import Scaler
from aicost.ports import Forbidden, Malformed, Unavailable

logger = logging.getLogger(__name__)
_OF_KEDA = "scaledobject.keda.sh/name"
_LONGEST_WAIT = 30.0


class Autoscalers:
    """Lists them every `every` seconds while `run` runs. `scalers` is None until they were listed once."""

    def __init__(self, connection: Connection, *, every: float = 300, retry: float = 1) -> None:
        self._connection = connection
        self._every = every
        self._backoff = Backoff(retry, max(retry, min(every, _LONGEST_WAIT)))
        self.scalers: tuple[Scaler, ...] | None = None

    async def run(self) -> None:
        """List until cancelled; what was listed stands until it is listed again."""
        while True:
            try:
                await self.relist()
            except (Unavailable, Malformed) as problem:
                delay = self._backoff.next()
                logger.warning("autoscalers were not listed, again in %.1f s: %s", delay, problem)
            except Forbidden as problem:
                delay = self._every
                logger.warning("who is scaled by an autoscaler is not known: %s", problem)
            else:
                delay = self._every
                self._backoff.reset()
            await asyncio.sleep(delay)

    async def relist(self) -> None:
        """List them now. Raises Unavailable, Forbidden or Malformed; then what was known stands."""
        found: list[Scaler] = []
        async for page in pages(self._connection, AUTOSCALERS):
            try:
                found += map(scaler, page.items)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise Malformed(f"a list of autoscalers cannot be read: {error!r}") from error
        self.scalers = tuple(sorted(found))


def scaler(item: Mapping[str, Any]) -> Scaler:
    """A HorizontalPodAutoscaler as JSON; raises KeyError, TypeError, ValueError or AttributeError if malformed."""
    metadata, spec = item["metadata"], item["spec"]
    target = spec["scaleTargetRef"]
    group, _, _ = (target.get("apiVersion") or "").rpartition("/")
    of_keda = (metadata.get("labels") or {}).get(_OF_KEDA)
    return Scaler(
        namespace=metadata["namespace"],
        target=ObjectRef(group, target["kind"], target["name"]),
        least=int(spec.get("minReplicas", 1)),
        most=int(spec["maxReplicas"]),
        by=f"ScaledObject {of_keda}" if of_keda else f"HorizontalPodAutoscaler {metadata['name']}",
    )
