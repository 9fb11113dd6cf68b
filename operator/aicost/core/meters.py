"""Which UsageSources of role Meter divide a model server's cost, and which are refused: whatever the order of resources.

Only what a server incurred itself is passed on, in one pass. So a circle of servers that call each other would still be
a finite sum, but nobody could read it: each meter on a circle is refused (accounting rule 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, Source
from aicost.core.identity import WorkloadRef
from aicost.core.reasons import ConditionReason

Callers = Mapping[WorkloadRef, frozenset[WorkloadRef]]
"""Who may carry cost of each server, the server itself left out."""


@dataclass(frozen=True, slots=True)
class RefusedMeter:
    """A meter that divides nothing, and why."""

    source: str
    reason: ConditionReason
    message: str


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters that divide cost, by name, and those that do not."""

    accepted: tuple[Source, ...] = ()
    refused: tuple[RefusedMeter, ...] = ()


def meters(declared: Declarations, claims: Claims) -> Meters:
    """Judge all sources that are meters: of one server the first by name counts, and none on a circle does."""
    refused: list[RefusedMeter] = []
    servers: dict[WorkloadRef, Source] = {}
    workloads = {workload.ref for workload in declared.workloads}
    for source in sorted((each for each in declared.sources if each.meter), key=lambda each: each.name):
        server = server_of(source)
        if server not in workloads:
            message = f"there is no AIWorkload {server}, whose cost spec.costOf would divide"
            refused.append(RefusedMeter(source.name, ConditionReason.SERVER_NOT_FOUND, message))
        elif server in servers:
            message = f"UsageSource {servers[server].name} divides the cost of AIWorkload {server} already"
            refused.append(RefusedMeter(source.name, ConditionReason.SERVER_METERED_TWICE, message))
        else:
            servers[server] = source
    callers = {server: claims.claimants(source.name) - {server} for server, source in servers.items()}
    calling = circles(callers)
    for server, circle in calling.items():
        path = " -> ".join(map(str, circle))
        message = f"its server would carry a part of what its own callers cost: {path}"
        refused.append(RefusedMeter(servers[server].name, ConditionReason.RECHARGE_CYCLE, message))
    accepted = tuple(source for server, source in servers.items() if server not in calling)
    return Meters(accepted, tuple(sorted(refused, key=lambda each: each.source)))


def circles(callers: Callers) -> Mapping[WorkloadRef, tuple[WorkloadRef, ...]]:
    """The servers that carry a part of what their own callers cost, each with the shortest way back to it."""
    return {server: circle for server in callers if (circle := _circle(server, callers))}


def server_of(source: Source) -> WorkloadRef:
    """Whose cost a meter divides. Raises ValueError for a source that is none."""
    if source.meter is None:
        raise ValueError(f"UsageSource {source.name} meters no server")
    return source.meter.server


def _circle(server: WorkloadRef, callers: Callers) -> tuple[WorkloadRef, ...]:
    """The shortest way from a server over callers back to it, both ends told; empty where there is none."""
    ways: list[tuple[WorkloadRef, ...]] = [(server,)]
    seen: set[WorkloadRef] = set()
    for way in ways:
        for caller in _next(way[-1], callers):
            if caller == server:
                return (*way, server)
            if caller not in seen:
                seen.add(caller)
                ways.append((*way, caller))
    return ()


def _next(server: WorkloadRef, callers: Callers) -> Iterable[WorkloadRef]:
    return sorted(callers.get(server, ()))
