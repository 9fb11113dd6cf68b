"""Two months' turn in a cluster, told in steps, and the operator that lives through each of them until all is quiet.

What the API server holds lies in a file, as in etcd; all else outside of the operator follows from the time. It stands
still within a step, so that an operator that was killed and started again has the same time to write.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aicost.core.closing import Closing
from aicost.core.holdings import FOREVER, Holding
from aicost.core.holes import Holes
from aicost.core.hosts import CORE, GIB, Amounts, HostHour, Taker
from aicost.core.issued import Issued
from aicost.core.usage import PodTokens, Tokens, UsageRow
from aicost.core.window import DAY, HOUR, Instant, Period, Window, day_of, hour_of
from aicost.ports import Account, Commit, ResourceRef, Unavailable
from aicost.reconcile.bills import BillDesk
from aicost.store import SqlLedger, open_ledger
from e2e.tests.store.gate import Gate
from tests.reconcile.world import BILL_POLL, RANK, CountingLedger, World, a_book_of, bill_of, node
from tests.support.builders import a_bill, a_holding, a_pod, a_row, at, between, dims, usd
from tests.support.fakes import FakeAnnouncer, FakeHistory, FakeStore
from tests.support.hosting import CAPACITY, NOTHING

LEDGER = "ledger.db"
BACKUP = ".backup"
RESOURCES = "resources"
_BEGIN, _NOW = -2 * DAY, DAY
_AWAY, _BACK, _CLOSED = _NOW + 5 * HOUR, _NOW + 9 * HOUR, 4 * DAY
_UNTOLD, _TOLD = _NOW + 3 * HOUR, _BACK
"""An hour of which series tell of no CPU and memory until then."""
_TELLS = 1
"""So many chunks a history tells in a pass: what was told is committed before the next."""
_MODEL = "gpt-6-sol"
"""What is used of it today is estimated by its list price, until tomorrow's bill takes the estimate's place."""

_PODS = (
    a_holding(a_pod("chat-0", app="chat"), between(_BEGIN, _NOW + HOUR // 2), count=2),
    a_holding(a_pod("chat-1", app="chat"), Window(at(_NOW + HOUR // 4), FOREVER), count=2),
    a_holding(a_pod("rank-0", "search", app="rank"), Window(at(_BEGIN), FOREVER)),
    a_holding(a_pod("eval-0", "search", app="eval"), between(_AWAY + HOUR, _BACK - HOUR), count=4),
)


def _declare(world: World) -> None:
    world.declare()
    secret = {"name": "router", "key": "token"}
    world.store.apply("UsageSource", "router", {"type": "OpenRouter", "secretRef": secret})


def _nothing(_world: World) -> None:
    pass


def _edit(world: World) -> None:
    """From now on CPU and memory cost something beside the cards, also of the time before."""
    book = a_book_of("3.5")
    cards = [{**entry, "includesHost": False} for entry in book["gpus"]]
    rates = [{"from": "2026-01-01", "cpuCoreHour": "0.1", "memoryGiBHour": "0.01"}]
    world.store.apply("PriceBook", "default", {**book, "gpus": cards, "compute": rates})


def _claim(world: World) -> None:
    pods = {"selector": {"matchLabels": {"app": "eval"}}}
    world.store.apply("AIWorkload", "eval", {"businessUnit": "find", "pods": pods}, namespace="search")


def _lose(world: World) -> None:
    world.inventory.watching = False
    world.history.failure = world.took.failure = Unavailable("Prometheus is down")


def _restate(world: World) -> None:
    restated = bill_of(-1, a_row(usd(26, 340_000_000), project="p"), a_row(usd(2), project="q"))
    world.bills.days = tuple(restated if day.day == restated.day else day for day in world.bills.days)


def _remove(world: World) -> None:
    _restate(world)
    if world.store.resource(RANK):
        world.store.delete(RANK)


@dataclass(frozen=True, slots=True)
class Step:
    """Seconds since T0, and what happens then in the cluster."""

    at: int
    happens: Callable[[World], None]


STEPS = (
    Step(_NOW, _declare),
    Step(_NOW + HOUR, _nothing),
    Step(_NOW + 2 * HOUR, _edit),
    Step(_AWAY, _claim),
    Step(_BACK - 2 * HOUR, _lose),
    Step(_BACK, _nothing),
    Step(_CLOSED, _nothing),
    Step(_CLOSED + HOUR, _restate),
    Step(_CLOSED + 2 * HOUR, _remove),
)


class _Tired(FakeHistory):
    """A history that tells a few chunks at a time."""

    told_now = 0

    async def devices(self, over: Window) -> Account | None:
        account = await super().devices(over)
        self.told_now += account is not None
        if self.told_now > _TELLS:
            raise Unavailable("Prometheus is busy")
        return account


@dataclass
class _Etcd(FakeStore):
    """Resources that lie in a file; what the operator writes passes the gate."""

    gate: Gate = field(kw_only=True)
    path: Path = field(kw_only=True)

    def show(self, ref: ResourceRef, status: Any) -> None:
        with self.gate.write(f"status of {ref.kind} {ref.name}"):
            super().show(ref, status)
            self.keep()

    def apply(self, kind: str, name: str, spec: Any, *, namespace: str = "") -> ResourceRef:
        if kind != "BusinessUnit" or name != "unallocated":
            return super().apply(kind, name, spec, namespace=namespace)
        with self.gate.write("the reserved unit"):
            ref = super().apply(kind, name, spec)
            self.keep()
            return ref

    def keep(self) -> None:
        """Write the file anew, all of it or nothing."""
        new = self.path.with_suffix(".new")
        new.write_bytes(pickle.dumps(self._bodies))
        new.replace(self.path)

    def read(self) -> None:
        """What was kept, if anything was."""
        if self.path.exists():
            self._bodies = pickle.loads(self.path.read_bytes())  # noqa: S301 # written above


class _Announcer(FakeAnnouncer):
    """Events that pass the gate; losing one is no error."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    async def announce(self, about: ResourceRef, reason: str, message: str, *, warning: bool) -> None:
        with self._gate.write(f"Event {reason}"):
            await super().announce(about, reason, message, warning=warning)


class _Ledger(CountingLedger):
    """The real ledger behind the gate."""

    def __init__(self, of: SqlLedger, gate: Gate) -> None:
        super().__init__(of)
        self._gate = gate

    def commit(self, addition: Commit, at: Instant) -> int:
        with self._gate.write("commit"):
            return super().commit(addition, at)

    def close_month(
        self,
        period: Period,
        at: Instant,
        by: str,
        left: tuple[str, ...],
        accounts: tuple[str, ...] = (),
        issued: Issued | None = None,
        holes: Holes | None = None,
    ) -> Closing:
        with self._gate.write("close"):
            return super().close_month(period, at, by, left, accounts, issued, holes)

    def back_up(self, period: Period, keep: int, *, again: bool = True) -> Path | None:
        with self._gate.write("back-up"):
            return super().back_up(period, keep, again=again)


def live_through(folder: Path, gate: Gate, first: int, last: int) -> None:
    """Start an operator on what the folder holds, at the first step, and end it when the last step's news are written."""
    asyncio.run(_live_through(folder, gate, STEPS[first : last + 1]))


async def _live_through(folder: Path, gate: Gate, steps: tuple[Step, ...]) -> None:
    with gate.write("opening"):
        ledger = open_ledger(f"sqlite:///{folder / LEDGER}", "eu-1")
    world = World(steps[0].at, ledger, backups=1)
    world.ledger, world.history = _Ledger(ledger, gate), _Tired()
    world.store = _Etcd(world.clock, gate=gate, path=folder / RESOURCES)
    world.store.read()
    world.writer.store = world.reserver.store = world.store
    world.announcer, world.reserver.allowed = _Announcer(gate), True
    world.restart()
    readers = {("OpenAI", "Bill"): world.bills, ("OpenRouter", "Bill"): world.bills}
    world.evaluation.desk = world.desk = BillDesk(readers, world.clock, poll=BILL_POLL, days=35, learnt=lambda: None)
    for step in steps:
        world.clock.at = at(step.at)
        _outside(world, since=at(steps[0].at))
        step.happens(world)
        world.store.keep()
        await _until_quiet(world)
    ledger.close()


def _outside(world: World, since: Instant) -> None:
    """What is there, and what is recorded, at this time; the watch knows of what ended since it began."""
    now = world.clock.now()
    there = tuple(_seen(pod, now) for pod in _PODS if pod.window.end > since and pod.window.start <= now)
    world.inventory.watching, world.inventory.groups, world.inventory.holdings = True, (node(),), there
    world.history.failure, world.history.covers = None, (Window(at(_BEGIN), FOREVER),)
    world.history.told = type(world.history.told)((node(),), _PODS)
    world.took.failure, world.took.seen = None, tuple(_hosts(now))
    over = range(_BEGIN // DAY, (now - at(0)) // DAY)
    world.bills.days = (*map(bill_of, over), *(a_bill(a_row(usd(3)), source="router", day=day) for day in over))
    world.bills.usage = tuple(
        UsageRow("openai", day_of(at(day * DAY)), dims(project="p", model=_MODEL), Tokens(1_000_000, 0, 0, 10, 1))
        for day in (*over, over.stop)
    )
    world.bills.counts_every_day = True
    world.meter.seen = tuple(
        PodTokens("search", "rank-0", "llama", hour_of(at(hour)), Tokens(100, 0, 0, 10, 1))
        for hour in range(_BEGIN, now - at(0), 6 * HOUR)
    )
    world.observe_use("rank-0", "search", range(_BEGIN // HOUR, (now - at(0)) // HOUR, 6))


def _hosts(now: Instant) -> Iterator[HostHour]:
    """What the node had in each hour that is over, and who took of it."""
    for since in range(_BEGIN, now - at(0), HOUR):
        over = between(since, since + HOUR)
        takers = (Taker(pod.pod, pod.window, Amounts(pod.count * CORE, pod.count * GIB), NOTHING) for pod in _PODS)
        if since != _UNTOLD or now >= at(_TOLD):
            there = tuple(taker for taker in takers if taker.there.meets(over))
            yield HostHour(node().node.name, over, CAPACITY, there)


def _seen(pod: Holding, now: Instant) -> Holding:
    return pod if pod.window.end <= now else pod.lasting(Window(pod.window.start, FOREVER), None)


async def _until_quiet(world: World) -> None:
    """As many cycles as something is learnt, stored or written in."""
    before = -1
    while True:
        if isinstance(world.history, _Tired):
            world.history.told_now = 0
        written = await world.cycle()
        if not written and not world.ledger.new[-1] and world.record.revision == before:
            return
        before = world.record.revision
