"""Wiring: the only module that picks concrete adapters. Everything is built here once, and closed in reverse order."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aicost.api.declared import translate
from aicost.cluster import access
from aicost.cluster.connection import Connection
from aicost.cluster.credentials import SecretCredentials
from aicost.cluster.events import EventAnnouncer
from aicost.cluster.inventory import LiveInventory
from aicost.cluster.lease import Leadership
from aicost.cluster.listwatch import Pace
from aicost.cluster.relist import Relister
from aicost.cluster.reserved import ReservedUnit
from aicost.cluster.resources import ResourceStore
from aicost.cluster.status import Limits, StatusPatcher
from aicost.core.declarations import REFINE
from aicost.core.window import Instant, floor, instant
from aicost.ports import BillReader, Clock, FilesTold, Ledger, Tenure
from aicost.reconcile.advice import AdviceDesk
from aicost.reconcile.advisers import advisers
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.callers import CallerRecord
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.engine import Engine
from aicost.reconcile.evaluation import Evaluation, restored_done
from aicost.reconcile.hosts import HostRecord
from aicost.reconcile.months import Months
from aicost.reconcile.owners import DeclarationRecord
from aicost.reconcile.pacing import Pacing
from aicost.reconcile.publication import Publication
from aicost.reconcile.recorder import Feeds, Recorder
from aicost.reconcile.remembered import Remembered
from aicost.settings import Settings
from aicost.sources.callers import CallerSeries
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.dcgm_placements import DcgmPlacements
from aicost.sources.hosts import HostSeries
from aicost.sources.kube_state_metrics import KubeStateMetrics
from aicost.sources.load_series import LoadSeries
from aicost.sources.model_catalogue import ModelCatalogue
from aicost.sources.model_servers import ModelServers
from aicost.sources.prometheus import Prometheus
from aicost.sources.token_prices import GenaiPrices
from aicost.sources.tokens import READERS
from aicost.sources.tokens.client import Access as ProviderAccess
from aicost.sources.tokens.gateways import GatewayUsage
from aicost.sources.urls import UrlPolicy
from aicost.store.ledger import open_ledger


class SystemClock:
    """The wall clock."""

    def now(self) -> Instant:
        """The current instant."""
        return Instant(int(time.time()))


@dataclass(frozen=True, slots=True)
class PinnedClock:
    """Stands still: for demonstrations and tests."""

    at: Instant

    def now(self) -> Instant:
        """Always the same."""
        return self.at


def clock_of(settings: Settings) -> Clock:
    """The clock that the settings ask for."""
    return PinnedClock(instant(settings.now)) if settings.now else SystemClock()


@dataclass(slots=True)
class App:
    """The running operator's parts, as its shells (handlers, web, cli) need them."""

    settings: Settings
    clock: Clock
    store: ResourceStore
    inventory: LiveInventory
    ledger: Ledger
    engine: Engine
    leadership: Leadership
    writer: StatusPatcher
    announcer: EventAnnouncer


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Connection]:
    """The connection to the API server."""
    async with Connection(access.load(settings.kubeconfig)) as connection:
        yield connection


def prometheus_of(settings: Settings) -> Prometheus | None:
    """Prometheus, where the settings name one."""
    if not settings.prometheus_url:
        return None
    return Prometheus(settings.prometheus_url, deadline=settings.prometheus_timeout)


def feeds_of(settings: Settings) -> Feeds:
    """Everything that is read from Prometheus."""
    prometheus = prometheus_of(settings)
    if prometheus is None:
        return Feeds()
    return Feeds(
        histories=(
            KubeStateMetrics(prometheus, settings.sample_interval, settings.kube_state_metrics_matchers),
            DcgmHistory(prometheus, settings.sample_interval, settings.dcgm_matchers),
        ),
        utilisation=Dcgm(prometheus, settings.dcgm_matchers),
        meter=ModelServers(prometheus),
        callers=CallerSeries(prometheus),
        hosts=HostSeries(
            prometheus, settings.sample_interval, settings.kube_state_metrics_matchers, settings.cadvisor_matchers
        ),
        loads=LoadSeries(prometheus, settings.dcgm_matchers),
        placements=DcgmPlacements(prometheus, settings.dcgm_matchers),
    )


def bill_readers(
    settings: Settings, connection: Connection, files_told: FilesTold | None = None
) -> Mapping[tuple[str, str], BillReader]:
    """A reader for every type of source that this version reads; `files_told` is where they remember what files told."""
    reach = ProviderAccess(
        SecretCredentials(connection, settings.secrets_from),
        UrlPolicy(allowed_hosts=settings.allowed_hosts),
        bill_files=settings.bill_files,
        files_told=files_told,
    )
    gateways = GatewayUsage(prometheus_of(settings), clock_of(settings))
    return {**{read: reader(reach) for read, reader in READERS.items()}, ("Prometheus", REFINE): gateways}


def leadership_of(settings: Settings, connection: Connection) -> Leadership:
    """This process as a contender for the Lease `aicost`."""
    return Leadership(connection, settings.namespace, "aicost", f"{socket.gethostname()}_{os.getpid()}")


@asynccontextmanager
async def assembled(
    settings: Settings, connection: Connection, leadership: Leadership, tenure: Tenure
) -> AsyncIterator[App]:
    """The operator with its watches running; entered only by the replica that leads, since it opens the ledger.

    `tenure` is the leadership as it began: one that was lost since opens no ledger that its successor has opened.
    """
    clock = clock_of(settings)
    ledger = await asyncio.to_thread(open_ledger, settings.ledger_url, settings.cluster, tenure)
    try:
        marks = await asyncio.to_thread(ledger.marks)
        owners = DeclarationRecord.restored(await asyncio.to_thread(ledger.changes), marks)
        store = ResourceStore(lambda bodies: translate(bodies, owners.claims, clock.now()))
        inventory = LiveInventory(connection, clock, Pace(relist=settings.resync))
        writer = StatusPatcher(connection, store, Limits(per_second=settings.writes_per_second))
        announcer = EventAnnouncer(connection, store, socket.gethostname())
        relister = Relister(connection, store, clock, every=settings.resync)
        reserved = ReservedUnit(connection, store)
        publication = Publication(store, writer, announcer, settings.status_interval, clock.now(), reserved)
        changed = store.changes()
        ground = _Ground(settings, connection, clock, ledger, marks, owners, store, inventory, publication, changed)
        engine = Engine(await _evaluation(ground), settings.cycle, changed)
        async with _running(inventory.run(), relister.run(), announcer.run()):
            yield App(settings, clock, store, inventory, ledger, engine, leadership, writer, announcer)
    finally:
        await asyncio.to_thread(ledger.close)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What an evaluation stands on."""

    settings: Settings
    connection: Connection
    clock: Clock
    ledger: Ledger
    marks: Mapping[str, str]
    owners: DeclarationRecord
    store: ResourceStore
    inventory: LiveInventory
    publication: Publication
    changed: asyncio.Event


async def _evaluation(on: _Ground) -> Evaluation:
    """The evaluation as the ledger left it: with all that it remembers of the months that are open."""
    settings, clock, ledger, marks = on.settings, on.clock, on.ledger, on.marks
    done, learnt = restored_done(marks), on.changed.set
    months = Months(ledger, settings.close_day, settings.backups)
    await asyncio.to_thread(months.restore)
    over = months.open(floor(clock.now(), settings.data_step), done)
    record = DeviceRecord(await asyncio.to_thread(ledger.devices, months.remembered(over.end, done)), marks)
    called = await asyncio.to_thread(ledger.caller_use, over)
    feeds, listed = feeds_of(settings), GenaiPrices()
    known_models = ModelCatalogue(settings.model_catalogue).known
    return Evaluation(
        clock=clock,
        store=on.store,
        inventory=on.inventory,
        record=record,
        recorder=Recorder(feeds, record, marks, learnt),
        desk=_desk(on),
        callers=CallerRecord(feeds.callers, called, marks, learnt),
        hosts=HostRecord(feeds.hosts, marks, learnt),
        ledger=ledger,
        publication=on.publication,
        pacing=Pacing(settings.data_step, settings.lateness, settings.bill_settles_after),
        owners=on.owners,
        months=months,
        listed=listed,
        advice=AdviceDesk(ledger, listed, settings.advice_days, advisers(known_models)),
        done=done,
        remembered=Remembered.of(marks),
    )


def _desk(on: _Ground) -> BillDesk:
    readers = bill_readers(on.settings, on.connection, on.ledger)
    return BillDesk(readers, on.clock, poll=on.settings.bill_poll, days=on.settings.bill_days, learnt=on.changed.set)


@asynccontextmanager
async def _running(*loops: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """The loops run while inside; one that fails ends all and the inside. What fails first is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop) for loop in loops]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from several
