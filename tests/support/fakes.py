"""The outside world as ports see it, in a test's hands: one fake per port, except the ledger, which is the real one.

Each fake does what its port's documentation says and no more; `failure` makes it raise, `asked` tells what it was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from aicost.api.declared import Translated, translate
from aicost.core.bills import BillDay
from aicost.core.coverage import Coverage, within
from aicost.core.declarations import Source
from aicost.core.gaps import Gap
from aicost.core.holdings import Devices, clipped
from aicost.core.hosts import HostHour
from aicost.core.loads import Loads
from aicost.core.placements import Placement
from aicost.core.seniority import Remembered
from aicost.core.usage import CallerUse, CardUse, PodTokens, UsageRow
from aicost.core.window import DAY, Instant, Window, rfc3339
from aicost.ports import Account, BillReading, Malformed, ResourceRef


@dataclass
class ManualClock:
    """Stands still until it is told to go on."""

    at: Instant

    def now(self) -> Instant:
        return self.at

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.at = Instant(self.at + seconds)


@dataclass
class FakeHistory:
    """Recorded series of who held what, over the time that they cover."""

    told: Devices = field(default_factory=Devices)
    covers: Coverage = ()
    failure: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    async def devices(self, over: Window) -> Account | None:
        self.asked.append(over)
        if self.failure:
            raise self.failure
        covered = within(self.covers, over)
        return Account(clipped(self.told, over), covered) if covered else None


@dataclass
class FakeUtilisation:
    """Recorded series of how busy cards were."""

    seen: tuple[CardUse, ...] = ()
    failure: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    async def card_use(self, over: Window) -> tuple[CardUse, ...]:
        self.asked.append(over)
        if self.failure:
            raise self.failure
        return tuple(use for use in self.seen if use.hour.start in over)


@dataclass
class FakeLoads:
    """Recorded series of how hard cards and model servers worked."""

    seen: Loads = field(default_factory=Loads)
    failure: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    async def loads(self, over: Window) -> Loads:
        self.asked.append(over)
        if self.failure:
            raise self.failure
        cards = tuple(load for load in self.seen.cards if load.hour.start in over)
        return Loads(cards, tuple(load for load in self.seen.servers if load.hour.start in over))


@dataclass
class FakePlacements:
    """Recorded series of where MIG instances lie, by the hour."""

    seen: tuple[Placement, ...] = ()
    failure: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    async def placements(self, over: Window) -> tuple[Placement, ...]:
        self.asked.append(over)
        if self.failure:
            raise self.failure
        return tuple(each for each in self.seen if each.window.start in over)


@dataclass
class FakeHosts:
    """Recorded series of what nodes had of CPU and memory, and who took of it."""

    seen: tuple[HostHour, ...] = ()
    failure: Exception | None = None
    asked: list[tuple[frozenset[str], Window]] = field(default_factory=list)

    async def host_hours(self, nodes: Collection[str], over: Window) -> tuple[HostHour, ...]:
        self.asked.append((frozenset(nodes), over))
        if self.failure:
            raise self.failure
        return tuple(hour for hour in self.seen if hour.node in nodes and hour.over.start in over)


@dataclass
class FakeMeter:
    """Recorded counters of model servers."""

    seen: tuple[PodTokens, ...] = ()
    failure: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    async def pod_tokens(self, over: Window) -> tuple[PodTokens, ...]:
        self.asked.append(over)
        if self.failure:
            raise self.failure
        return tuple(tokens for tokens in self.seen if tokens.hour.start in over)


@dataclass
class FakeCallerMeter:
    """Recorded series of who called model servers; those of a source that is `spoilt` cannot be understood."""

    seen: tuple[CallerUse, ...] = ()
    spoilt: str = ""
    failure: Exception | None = None
    asked: list[tuple[tuple[str, ...], Window]] = field(default_factory=list)

    async def caller_use(self, sources: Sequence[Source], over: Window) -> tuple[CallerUse, ...]:
        names = tuple(source.name for source in sources)
        self.asked.append((names, over))
        if self.failure:
            raise self.failure
        if self.spoilt in names:
            raise Malformed(f"a series of {self.spoilt} counts more than can be")
        return tuple(use for use in self.seen if use.source in names and use.hour.start in over)


@dataclass
class FakeBillReader:
    """A provider: what it says of each day; `answering` cleared makes it slow until it is set again.

    Where it does not count usage, only its bill can be read; it may count that of days without a bill, too.
    """

    days: tuple[BillDay, ...] = ()
    usage: tuple[UsageRow, ...] = ()
    gaps: tuple[Gap, ...] = ()
    failure: Exception | None = None
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    counts_usage: bool = True
    names: Mapping[tuple[str, str], str] | None = None
    counts_every_day: bool = False
    asked: list[tuple[Source, Window]] = field(default_factory=list)
    accounts: Mapping[str, str] = field(default_factory=dict)
    """By what each source's account is recognised."""

    def __post_init__(self) -> None:
        self.answering.set()

    async def read(self, source: Source, over: Window) -> BillReading:
        self.asked.append((source, over))
        await self.answering.wait()
        if self.failure:
            raise self.failure
        days = tuple(day for day in self.days if day.source == source.name and day.day.start in over)
        usage = tuple(row for row in self.usage if row.source == source.name and row.day.start in over)
        accounts = frozenset({self.accounts[source.name]}) if source.name in self.accounts else frozenset[str]()
        if not self.counts_usage:
            return BillReading(days, gaps=self.gaps, names=self.names, accounts=accounts)
        counted = tuple(over.pieces(DAY)) if self.counts_every_day else tuple(day.day for day in days)
        return BillReading(days, usage, self.gaps, counted, names=self.names, accounts=accounts)


@dataclass
class FakeStore:
    """The API server's custom resources, as manifests; translated as the operator translates them.

    It tells when each spec was written, unless managedFields are `stripped`.
    """

    clock: ManualClock
    remembered: Callable[[], Remembered] = Remembered
    synced: bool = True
    stripped: bool = False
    _bodies: dict[ResourceRef, dict[str, Any]] = field(default_factory=dict)
    _translated: Translated | None = None

    def apply(self, kind: str, name: str, spec: Mapping[str, Any], *, namespace: str = "") -> ResourceRef:
        """Create a resource, or change its spec: then its generation grows and its status stays."""
        self._translated = None
        ref = ResourceRef(kind, namespace, name)
        before = self._bodies.get(ref, {})
        metadata = before.get("metadata") or {
            "name": name,
            "namespace": namespace,
            "generation": 0,
            "creationTimestamp": rfc3339(self.clock.now()),
        }
        if before.get("spec") != spec:
            metadata = {**metadata, "generation": metadata["generation"] + 1, "managedFields": self._written()}
        body = {"apiVersion": "aicost.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": deepcopy(dict(spec))}
        self._bodies[ref] = body | ({"status": before["status"]} if "status" in before else {})
        return ref

    def _written(self) -> list[dict[str, Any]]:
        if self.stripped:
            return []
        return [{"manager": "kubectl", "time": rfc3339(self.clock.now()), "fieldsV1": {"f:spec": {}}}]

    def delete(self, ref: ResourceRef) -> None:
        """Let it go."""
        self._translated = None
        del self._bodies[ref]

    def forget(self, remembered: Callable[[], Remembered]) -> None:
        """Begin as a new process does: with the claims that were stored, and nothing translated yet."""
        self.remembered, self._translated = remembered, None

    def show(self, ref: ResourceRef, status: Mapping[str, Any]) -> None:
        """Let a resource show a status."""
        self._bodies[ref] = {**self._bodies[ref], "status": deepcopy(dict(status))}

    def declarations(self) -> Translated:
        self._translated = self._translated or self._translate()
        return self._translated

    def _translate(self) -> Translated:
        by_kind: dict[str, list[Mapping[str, Any]]] = {}
        for ref, body in sorted(self._bodies.items(), key=lambda item: (item[0].namespace, item[0].name)):
            by_kind.setdefault(ref.kind, []).append(body)
        return translate(by_kind, self.remembered(), self.clock.now())

    def resource(self, ref: ResourceRef) -> Mapping[str, Any] | None:
        return self._bodies.get(ref)

    def status(self, ref: ResourceRef) -> Mapping[str, Any]:
        """What a resource shows; empty before the first status."""
        shown: Mapping[str, Any] = self._bodies[ref].get("status", {})
        return shown


@dataclass
class FakeStatusWriter:
    """Applies statuses to the store where they differ; what `refuses` names stays as it was, as after a failed write."""

    store: FakeStore
    clock: ManualClock
    refuses: set[ResourceRef] = field(default_factory=set)
    written: list[tuple[Instant, ResourceRef]] = field(default_factory=list)

    async def write(self, statuses: Sequence[tuple[ResourceRef, Mapping[str, Any]]]) -> int:
        applied = list(self._applied(statuses))
        self.written += [(self.clock.now(), ref) for ref in applied]
        return len(applied)

    def _applied(self, statuses: Sequence[tuple[ResourceRef, Mapping[str, Any]]]) -> Iterator[ResourceRef]:
        for ref, status in statuses:
            if ref not in self.refuses and self.store.resource(ref) and self.store.status(ref) != status:
                self.store.show(ref, status)
                yield ref


@dataclass
class FakeAnnouncer:
    """Remembers what people were told."""

    told: list[tuple[ResourceRef, str, str, bool]] = field(default_factory=list)

    async def announce(self, about: ResourceRef, reason: str, message: str, *, warning: bool) -> None:
        self.told.append((about, reason, message, warning))


@dataclass
class FakeReserver:
    """Creates the reserved unit, once it may."""

    store: FakeStore
    allowed: bool = False

    async def ensure(self) -> None:
        if self.allowed and self.store.resource(ResourceRef("BusinessUnit", "", "unallocated")) is None:
            self.store.apply("BusinessUnit", "unallocated", {})
