"""Act on statuses: say what every resource should show, write what is due, and tell people of transitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aicost.api.declared import Invalid
from aicost.api.publish.prices import prices_status
from aicost.api.publish.sources import source_status
from aicost.api.publish.units import unit_status
from aicost.api.publish.workloads import invalid_status, workload_status
from aicost.core.rollup import UnitStatement, pool_statements, source_statements, unit_statements
from aicost.core.statement import Facts, workload_statements
from aicost.core.window import Instant
from aicost.ports import Announcer, DeclarationStore, Reserver, ResourceRef, StatusWriter
from aicost.reconcile.discipline import due, transitions

Status: TypeAlias = Mapping[str, Any]
BOOK = ResourceRef("PriceBook", "", "default")


@dataclass(slots=True)
class Publication:
    """Writes statuses by the write discipline: `interval` seconds between writes that only change numbers."""

    store: DeclarationStore
    writer: StatusWriter
    announcer: Announcer
    interval: int
    started: Instant
    reserver: Reserver
    _written: dict[ResourceRef, Instant] = field(default_factory=dict)

    async def publish(self, facts: Facts, invalid: tuple[Invalid, ...], now: Instant) -> int:
        """Write every status that is due, of the reserved unit too; returns how many were written."""
        await self.reserver.ensure()
        wanted = [
            (ref, status) for ref, status in self._statuses(facts, invalid, now) if self._is_due(ref, status, now)
        ]
        shown = {ref: self._shown(ref) for ref, _ in wanted}
        written = await self.writer.write(wanted)
        for ref, status in wanted:
            if shown[ref] != self._shown(ref):
                self._written[ref] = now
                await self._announce(ref, shown[ref], status)
        return written

    def _statuses(
        self, facts: Facts, invalid: tuple[Invalid, ...], now: Instant
    ) -> Iterator[tuple[ResourceRef, Status]]:
        for workload in workload_statements(facts):
            ref = ResourceRef("AIWorkload", workload.workload.ref.namespace, workload.workload.ref.name)
            yield ref, workload_status(workload, facts, self._conditions(ref), now)
        for unit in unit_statements(facts):
            ref = ResourceRef("BusinessUnit", "", unit.name)
            yield ref, unit_status(unit, facts, self._conditions(ref), self._generation(ref, unit), now)
        for source in source_statements(facts):
            ref = ResourceRef("UsageSource", "", source.source.name)
            yield ref, source_status(source, facts, self._conditions(ref), now)
        if facts.declared.prices:
            yield BOOK, prices_status(pool_statements(facts), facts, self._conditions(BOOK), now)
        for unusable in invalid:
            ref = ResourceRef(unusable.kind, unusable.namespace, unusable.name)
            yield ref, invalid_status(unusable, self._conditions(ref), now)

    def _is_due(self, ref: ResourceRef, status: Status, now: Instant) -> bool:
        if self.store.resource(ref) is None:
            return False
        return due(self._shown(ref), status, self._written.get(ref, self.started), now, self.interval)

    async def _announce(self, ref: ResourceRef, before: Status | None, after: Status) -> None:
        for reason, message, is_bad in transitions(before, after):
            await self.announcer.announce(ref, reason, message, warning=is_bad)

    def _shown(self, ref: ResourceRef) -> Status | None:
        resource = self.store.resource(ref)
        return (resource.get("status") or None) if resource else None

    def _conditions(self, ref: ResourceRef) -> list[Mapping[str, Any]]:
        return list((self._shown(ref) or {}).get("conditions", ()))

    def _generation(self, ref: ResourceRef, statement: UnitStatement) -> int:
        """The generation that was evaluated; `unallocated` has no spec that could be."""
        if statement.unit:
            return statement.unit.generation
        resource = self.store.resource(ref) or {}
        return int(resource.get("metadata", {}).get("generation", 0))
