"""Leader election on a Lease: one replica works, the others wait. Real time only, and expiry by a monotonic clock.

Own code because the `kubernetes` package's (37.0) measures expiry by the wall clock, ends on connection errors, waits
for ever on a silent server, and neither releases the Lease nor counts transitions.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aicost.cluster.connection import Connection
from aicost.cluster.failures import ConflictError, NotFoundError
from aicost.cluster.requests import LEASES, Request
from aicost.ports import Forbidden, Malformed, Tenure, Unavailable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LeasePace:
    """Seconds: others may take over after `duration` without a renewal, the holder gives up after `deadline` already.

    `retry` lies between two attempts, of the holder and of those who wait; `reminder` between two warnings of one reason.
    """

    duration: int = 15
    deadline: float = 10
    retry: float = 2
    reminder: float = 60

    def __post_init__(self) -> None:
        if not 0 < self.retry < self.deadline < self.duration:
            raise ValueError(f"a Lease needs retry < deadline < duration: {self}")


class Leadership:
    """One contender. `acquire`, then `keep` until it returns (lost), and `release` at the end.

    `epoch` is the Lease's leaseTransitions under this holder: it grows with every change of the holder, as long as
    nobody deletes the Lease.
    """

    def __init__(
        self, connection: Connection, namespace: str, name: str, identity: str, pace: LeasePace | None = None
    ) -> None:
        self._connection = connection
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._pace = pace or LeasePace()
        self._lease: Mapping[str, Any] = {}
        self._seen_version = ""
        self._seen_at = 0.0
        self._renewed_at = 0.0
        self._silent_until: dict[str, float] = {}
        self.epoch: int | None = None

    @property
    def tenure(self) -> Tenure:
        """This leadership as the ledger's fence tells it from others; of no Lease where none was acquired."""
        uid = (self._lease.get("metadata") or {}).get("uid", "")
        return Tenure(uid, self.epoch or 0, self._identity)

    async def acquire(self) -> int:
        """Wait until the Lease is ours; returns the epoch."""
        while True:
            if await self._attempt(self._take, self._pace.deadline) and self.epoch is not None:
                logger.info("%s holds the Lease %s, epoch %d", self._identity, self._name, self.epoch)
                return self.epoch
            await asyncio.sleep(_spread(self._pace.retry))

    async def keep(self) -> None:
        """Renew; returns when the Lease is lost: whoever it was for must stop at once."""
        while self.epoch is not None:
            await asyncio.sleep(min(_spread(self._pace.retry), self._left()))
            await self._attempt(self._renew, self._left())
            if self._left() <= 0:
                logger.error("the Lease could not be renewed for %g s: it is given up", self._pace.deadline)
                self.epoch = None

    async def release(self) -> None:
        """Give it back, so that the next need not wait; best effort."""
        if self.epoch is not None:
            self.epoch = None
            await self._attempt(lambda: self._put("", leaseDurationSeconds=1), self._pace.deadline)

    def _left(self) -> float:
        return max(0.0, self._renewed_at + self._pace.deadline - _now())

    async def _attempt(self, step: Callable[[], Awaitable[bool]], seconds: float) -> bool:
        """One step, bounded in time; a failure is for the next attempt."""
        try:
            async with asyncio.timeout(seconds):
                return await step()
        except (Unavailable, Forbidden, Malformed, TimeoutError) as problem:
            self._say(problem)
            return False

    def _say(self, problem: Exception) -> None:
        """It is tried again every few seconds, and each reason said once a minute."""
        said = str(problem) or "no answer in time"
        if isinstance(problem, ConflictError) or _now() < self._silent_until.get(said, 0.0):
            return
        logger.warning("Lease %s/%s: %s", self._namespace, self._name, said)
        self._silent_until = {reason: until for reason, until in self._silent_until.items() if until > _now()} | {
            said: _now() + self._pace.reminder
        }

    async def _take(self) -> bool:
        try:
            await self._look()
        except NotFoundError:
            self._lease = {}
        spec = self._lease.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        expires_at = self._seen_at + (spec.get("leaseDurationSeconds") or self._pace.duration)
        if holder not in ("", self._identity) and _now() < expires_at:
            return False
        changed = bool(self._lease) and holder != self._identity
        epoch = int(spec.get("leaseTransitions") or 0) + changed
        timing = {"acquireTime": _timestamp(), "leaseDurationSeconds": self._pace.duration}
        await self._put(self._identity, leaseTransitions=epoch, **timing)
        self.epoch = epoch
        return True

    async def _renew(self) -> bool:
        try:
            return await self._put(self._identity)
        except (ConflictError, NotFoundError) as problem:
            await self._look()
            if (self._lease.get("spec") or {}).get("holderIdentity") != self._identity:
                logger.warning("the Lease is held by somebody else now: %s", problem)
                self.epoch = None
            return False

    async def _look(self) -> None:
        """Read the Lease; it counts as alive from when a change of it was first seen, whatever its clock says."""
        self._lease = await self._connection.send(Request("get", LEASES, self._namespace, self._name))
        version = self._lease["metadata"]["resourceVersion"]
        if version != self._seen_version:
            self._seen_version, self._seen_at = version, _now()

    async def _put(self, holder: str, **changes: Any) -> bool:
        """Create or replace it as of the version last read; ConflictError if somebody else was faster."""
        began = _now()
        spec = {**(self._lease.get("spec") or {}), "holderIdentity": holder, "renewTime": _timestamp(), **changes}
        kind = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        if self._lease:
            request = Request("update", LEASES, self._namespace, self._name)
            body = {**kind, "metadata": self._lease["metadata"], "spec": spec}
        else:
            request = Request("create", LEASES, self._namespace)
            body = {**kind, "metadata": {"name": self._name, "namespace": self._namespace}, "spec": spec}
        self._lease = await self._connection.send(request, body)
        self._renewed_at = began
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _spread(seconds: float) -> float:
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 # spreads load


def _timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
