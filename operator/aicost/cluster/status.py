"""Writes status: only what differs from what the resource shows, a few at a time, at a bounded rate.

The caller says each cycle what every status should be, so nothing is queued: what a cycle does not get done, because
the rate is used up or the server refuses, is simply still different in the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aicost.cluster.bucket import Bucket
from aicost.cluster.connection import Connection
from aicost.cluster.failures import NotFoundError, ThrottledError
from aicost.cluster.kinds import request
from aicost.cluster.kinds import shown as named
from aicost.cluster.mergepatch import merge_patch
from aicost.cluster.resources import ResourceStore
from aicost.ports import Forbidden, Malformed, ResourceRef, Unavailable

logger = logging.getLogger(__name__)
Status: TypeAlias = Mapping[str, Any]
_TRANSITIONS = ("observedGeneration", "conditions")


@dataclass(frozen=True, slots=True)
class Limits:
    """`in_flight` requests at once, `per_second` on average, `seconds` for one call of `write`, `tries` when throttled."""

    in_flight: int = 8
    per_second: float = 20
    seconds: float = 30
    tries: int = 3


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was wanted, and what the server made of it."""

    wanted: Status
    shown: Status
    at: float


class _LeftError(Unavailable):
    """Not tried in this cycle."""


class StatusPatcher:
    """Implements ports.StatusWriter on the store's last seen statuses; `written` and `failed` count for metrics."""

    def __init__(self, connection: Connection, store: ResourceStore, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._connection = connection
        self._store = store
        self._bucket = Bucket(self._limits.per_second, max(1.0, self._limits.in_flight))
        self._answers: dict[ResourceRef, _Answer] = {}
        self.written = 0
        self.failed = 0

    async def write(self, statuses: Sequence[tuple[ResourceRef, Status]]) -> int:
        wanted = dict(statuses)
        before, problems = self.written, _Problems()
        waiting = iter(sorted((ref for ref in wanted if self._differs(ref, wanted[ref])), key=self._urgency(wanted)))
        deadline = _now() + self._limits.seconds

        async def work() -> None:
            for ref in waiting:
                try:
                    await self._patch(ref, wanted[ref], deadline)
                except (Unavailable, Forbidden, Malformed) as problem:
                    self.failed += not isinstance(problem, _LeftError)
                    problems.add(ref, problem)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._limits.in_flight):
                tasks.create_task(work())
        problems.report()
        self._answers = {ref: answer for ref, answer in self._answers.items() if ref in wanted}
        return self.written - before

    def _shown(self, ref: ResourceRef) -> Status | None:
        body = self._store.resource(ref)
        return None if body is None else body.get("status") or {}

    def _differs(self, ref: ResourceRef, wanted: Status) -> bool:
        shown, answer = self._shown(ref), self._answers.get(ref)
        if shown is None or not merge_patch(shown, wanted):
            return False
        return answer is None or answer.wanted != wanted or answer.shown != shown

    def _urgency(self, wanted: Mapping[ResourceRef, Status]) -> Callable[[ResourceRef], tuple[bool, float]]:
        """Transitions and new specs first; then whoever waited longest."""

        def key(ref: ResourceRef) -> tuple[bool, float]:
            shown, answer = self._shown(ref) or {}, self._answers.get(ref)
            numbers_only = all(shown.get(part) == wanted[ref].get(part) for part in _TRANSITIONS)
            return numbers_only, answer.at if answer else 0.0

        return key

    async def _patch(self, ref: ResourceRef, wanted: Status, deadline: float) -> None:
        for attempt in range(1, self._limits.tries + 1):
            if not await self._bucket.take(deadline):
                raise _LeftError("left for the next cycle: the rate allows no more in this one")
            difference = merge_patch(self._shown(ref) or {}, wanted)
            try:
                body = await self._connection.send(request("patch", ref, "status"), {"status": difference})
            except NotFoundError:
                return  # deleted meanwhile: nothing to tell anybody
            except ThrottledError as problem:
                self._bucket.pause(problem.seconds)
                if attempt == self._limits.tries:
                    raise
            else:
                self._take(ref, wanted, body)
                return

    def _take(self, ref: ResourceRef, wanted: Status, body: Mapping[str, Any]) -> None:
        self._store.observe("MODIFIED", body)
        self.written += 1
        shown = body.get("status") or {}
        self._answers[ref] = _Answer(wanted, shown, _now())
        if lost := merge_patch(shown, wanted):
            logger.warning(
                "%s: the API server did not keep %s of the status: is its CRD older?", named(ref), sorted(lost)
            )


class _Problems:
    """What went wrong in one call: one line per kind of problem, not one per object."""

    def __init__(self) -> None:
        self._seen: dict[tuple[type[Exception], str], list[Exception]] = {}

    def add(self, ref: ResourceRef, problem: Exception) -> None:
        self._seen.setdefault((type(problem), ref.kind), []).append(problem)

    def report(self) -> None:
        for (_, kind), problems in self._seen.items():
            logger.warning("%d %s statuses were not written, the first: %s", len(problems), kind, problems[0])


def _now() -> float:
    return asyncio.get_running_loop().time()
