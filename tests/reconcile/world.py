"""A small world around one real Evaluation: two nodes' worth of cards, three workloads, a bill, and a ledger.

Time moves only when a test says so; `restart` makes a new process over the same ledger and the same cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicost.core.bills import BillDay, BillRow
from aicost.core.holdings import FOREVER, CardGroup, Holding
from aicost.core.usage import CardUse
from aicost.core.window import DAY, HOUR, Instant, Period, Window, floor
from aicost.ports import Commit, ResourceRef
from aicost.reconcile.advice import AdviceDesk
from aicost.reconcile.advisers import Adviser, advisers
from aicost.reconcile.bills import BillDesk
from aicost.reconcile.callers import CallerRecord
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.evaluation import Evaluation, restored_done
from aicost.reconcile.hosts import HostRecord
from aicost.reconcile.months import Months
from aicost.reconcile.owners import DeclarationRecord
from aicost.reconcile.pacing import Pacing
from aicost.reconcile.publication import Publication
from aicost.reconcile.recorder import Feeds, Recorder
from aicost.reconcile.remembered import Remembered
from aicost.sources.model_catalogue import shipped
from aicost.sources.token_prices import GenaiPrices
from aicost.store import SqlLedger
from tests.store.stored import emptied
from tests.support.builders import a_bill, a_group, a_holding, a_pod, a_row, at, usd
from tests.support.fakes import (
    FakeAnnouncer,
    FakeBillReader,
    FakeCallerMeter,
    FakeHistory,
    FakeHosts,
    FakeLoads,
    FakeMeter,
    FakeReserver,
    FakeStatusWriter,
    FakeStore,
    FakeUtilisation,
    ManualClock,
)
from tests.support.live import FakeInventory

PACING = Pacing(data_step=300, lateness=900, bill_settles_after=72)
LIST = GenaiPrices()
"""The real list: it knows no model of this world, but those that a test takes from it."""
CLOSE_DAY = 5
ADVICE_DAYS = 7
STATUS_INTERVAL = 900
BILL_POLL = 3600
CYCLE = 60
NOON = DAY + DAY // 2

CHAT = ResourceRef("AIWorkload", "support", "chat")
RANK = ResourceRef("AIWorkload", "search", "rank")
CARE = ResourceRef("BusinessUnit", "", "care")
FIND = ResourceRef("BusinessUnit", "", "find")
UNALLOCATED = ResourceRef("BusinessUnit", "", "unallocated")
OPENAI = ResourceRef("UsageSource", "", "openai")
BOOK = ResourceRef("PriceBook", "", "default")

CHAT_SPEC = {
    "businessUnit": "care",
    "pods": {"selector": {"matchLabels": {"app": "chat"}}},
    "usage": [{"name": "openai", "source": "openai", "match": {"project": "p"}}],
    "budget": {"amount": "100"},
}
RANK_SPEC = {"businessUnit": "find", "pods": {"selector": {"matchLabels": {"app": "rank"}}}}


def a_book_of(per_hour: str) -> dict[str, Any]:
    """A price book's spec: one price for the cards of this world."""
    rates = [{"from": "2026-01-01", "perHour": per_hour}]
    return {"currency": "USD", "gpus": [{"model": "H100-80GB", "includesHost": True, "rates": rates}]}


def node(cards: int = 8, since: int = -60 * DAY) -> CardGroup:
    """A node's cards, there since two months."""
    return a_group(cards, Window(at(since), FOREVER), created=at(since))


def running(name: str, namespace: str, app: str, *, since: int = 0, count: int = 2) -> Holding:
    """A pod that runs and goes on."""
    return a_holding(a_pod(name, namespace, app=app), Window(at(since), FOREVER), count=count)


def bill_of(day: int, *rows: BillRow) -> BillDay:
    """A day's bill: 14 dollars of the granted project and 2 of another, unless rows are given."""
    return a_bill(*(rows or (a_row(usd(14), project="p"), a_row(usd(2), project="q"))), day=day)


class CountingLedger(SqlLedger):
    """The real ledger; `new` tells how many entries each commit added, `failure` makes commits fail."""

    def __init__(self, of: SqlLedger) -> None:
        super().__init__(of._engine, of._term)  # noqa: SLF001 # the same database, looked at
        self.new: list[int] = []
        self.failure: Exception | None = None

    def commit(self, addition: Commit, at: Instant) -> int:
        if self.failure:
            raise self.failure
        self.new.append(super().commit(addition, at))
        return self.new[-1]


class World:
    """The cluster, its feeds and one operator over them: over a ledger of its own in memory, unless one is given."""

    def __init__(self, now: int = NOON, ledger: SqlLedger | None = None, backups: int = 0) -> None:
        self.backups = backups
        self.advisers: tuple[Adviser, ...] = advisers(shipped)
        self.clock = ManualClock(at(now))
        self.inventory = FakeInventory(self.clock)
        self.history, self.use, self.meter = FakeHistory(), FakeUtilisation(), FakeMeter()
        self.bills, self.called, self.took = FakeBillReader(), FakeCallerMeter(), FakeHosts()
        self.loads = FakeLoads()
        self.ledger = CountingLedger(ledger or emptied())
        self.store = FakeStore(self.clock)
        self.writer = FakeStatusWriter(self.store, self.clock)
        self.announcer = FakeAnnouncer()
        self.reserver = FakeReserver(self.store)
        self.restart()

    def restart(self) -> None:
        """A new process: everything that lived in memory is gone."""
        marks = self.ledger.marks()
        owners = DeclarationRecord.restored(self.ledger.changes(), marks)
        self.store.forget(lambda: owners.claims)
        self.months = Months(self.ledger, CLOSE_DAY, self.backups)
        self.months.restore()
        over = self.months.open(floor(self.clock.now(), PACING.data_step), restored_done(marks))
        known = self.months.remembered(floor(self.clock.now(), PACING.data_step), restored_done(marks))
        self.record = DeviceRecord(self.ledger.devices(known), marks)
        feeds = Feeds((self.history,), self.use, self.meter, loads=self.loads)
        self.recorder = Recorder(feeds, self.record, marks, lambda: None)
        self.desk = BillDesk({("OpenAI", "Bill"): self.bills}, self.clock, poll=BILL_POLL, days=35, learnt=lambda: None)
        self.callers = CallerRecord(self.called, self.ledger.caller_use(over), marks, lambda: None)
        self.evaluation = Evaluation(
            clock=self.clock,
            store=self.store,
            inventory=self.inventory,
            record=self.record,
            recorder=self.recorder,
            desk=self.desk,
            callers=self.callers,
            hosts=HostRecord(self.took, marks, lambda: None),
            ledger=self.ledger,
            publication=Publication(
                self.store, self.writer, self.announcer, STATUS_INTERVAL, self.clock.now(), self.reserver
            ),
            pacing=PACING,
            owners=owners,
            months=self.months,
            listed=LIST,
            advice=AdviceDesk(self.ledger, LIST, ADVICE_DAYS, self.advisers),
            done=restored_done(marks),
            remembered=Remembered.of(marks),
        )

    def declare(self, *, per_hour: str = "4") -> None:
        """Two units, two workloads, OpenAI's bill and a price book."""
        self.store.apply("BusinessUnit", "care", {"namespaces": [{"name": "support"}]})
        self.store.apply("BusinessUnit", "find", {"namespaces": [{"name": "search"}]})
        self.store.apply("AIWorkload", "chat", CHAT_SPEC, namespace="support")
        self.store.apply("AIWorkload", "rank", RANK_SPEC, namespace="search")
        grants = [{"dimension": "project", "value": "p", "namespaces": ["support"]}]
        secret = {"name": "openai-admin", "key": "token"}
        self.store.apply("UsageSource", "openai", {"type": "OpenAI", "secretRef": secret, "grants": grants})
        self.store.apply("PriceBook", "default", a_book_of(per_hour))

    def populate(self) -> None:
        """A node of eight cards with two pods on it, known to the watch and to the history alike, and two days' bill."""
        self.inventory.groups = (node(),)
        self.inventory.holdings = (running("chat-0", "support", "chat"), running("rank-0", "search", "rank", count=1))
        self.history.told = self.inventory.devices(FOREVER)
        self.history.covers = (Window(at(0), FOREVER),)
        self.bills.days = (bill_of(0), bill_of(1))

    async def cycle(self, seconds: int = 0) -> int:
        """Let time pass, then do what the engine does in a cycle; how many statuses were written."""
        self.clock.advance(seconds)
        self.evaluation.watch()
        self.evaluation.attend(float(self.clock.now()))
        await self.evaluation.catch_up()
        await self.desk.settle()
        return await self.evaluation.run()

    async def cycles(self, count: int, seconds: int = CYCLE) -> int:
        """Many cycles; how many statuses were written in all of them."""
        return sum([await self.cycle(seconds) for _ in range(count)])

    def charged(self, ref: ResourceRef) -> str:
        """What a workload shows as its exact cost."""
        charged: str = self.store.status(ref)["cost"]["charged"]
        return charged

    def condition(self, ref: ResourceRef, of: str) -> Mapping[str, Any]:
        """A condition that a resource shows."""
        conditions: Iterable[Mapping[str, Any]] = self.store.status(ref)["conditions"]
        return next(condition for condition in conditions if condition["type"] == of)

    def billed(self, month: str = "2026-11") -> int:
        """Everything that the ledger has of a month, in nano-dollars."""
        return sum(total.nanos for total in self.ledger.totals(Period(month).window) if total.gap is None)

    def digest(self, month: str = "2026-11") -> str:
        """The ledger's digest of a month."""
        return self.ledger.digest(Period(month))

    def observe_use(self, pod: str, namespace: str, hours: range, busy_ppm: int = 500_000) -> None:
        """Let recorded series tell how busy a pod's card was in these hours."""
        signal = "DCGM_FI_PROF_SM_ACTIVE"
        self.use.seen += tuple(
            CardUse(namespace, pod, "GPU-1", Window(at(h * HOUR), at((h + 1) * HOUR)), signal, busy_ppm) for h in hours
        )


def instants(of: Iterable[tuple[Instant, ResourceRef]], ref: ResourceRef) -> list[Instant]:
    """When a resource's status was written."""
    return [when for when, written in of if written == ref]
