"""A record of devices and what tells it: the watch, the history, a restart. For the tests of that record only."""

from __future__ import annotations

from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding, clipped
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Commit
from aicost.reconcile.devices import DeviceRecord
from aicost.store import SqlLedger
from tests.store.stored import emptied
from tests.support.builders import a_group, a_holding, a_pod, at, between

NODE = a_group(8, Window(at(0), FOREVER))
HOUR_ONE = between(0, HOUR)


def running(name: str = "chat-0", since: int = 0, count: int = 1) -> Holding:
    return a_holding(a_pod(name), Window(at(since), FOREVER), count=count)


def live(*holdings: Holding, until: int) -> Devices:
    """What the inventory says up to an instant."""
    return clipped(Devices((NODE,), holdings), Window(Instant(0), at(until)))


def watch(record: DeviceRecord, *holdings: Holding, since: int, until: int) -> None:
    record.watched(live(*holdings, until=until), at(since), at(until))


def tell(record: DeviceRecord, *holdings: Holding, over: Window) -> None:
    record.recorded(clipped(Devices((NODE,), holdings), over), over)


def a_record() -> DeviceRecord:
    return DeviceRecord(Devices(), {})


def save(record: DeviceRecord, ledger: SqlLedger) -> None:
    devices, marks = record.unsaved()
    ledger.commit(Commit(devices=devices, marks=marks), at(0))
    record.saved()


def restarted(record: DeviceRecord) -> DeviceRecord:
    """What a new process finds of it in the ledger."""
    ledger = emptied()
    save(record, ledger)
    return DeviceRecord(ledger.devices(Window(at(0), at(FOREVER - at(0)))), ledger.marks())


def held(record: DeviceRecord, over: Window = HOUR_ONE) -> dict[str, Window]:
    """Who held a card when, as the record knows it."""
    return {holding.pod.name: holding.window for holding in record.known(over)[0].holdings}


def away(*still: Holding) -> DeviceRecord:
    """A record that saw chat-0 until 1200 and came back at 1800."""
    before = a_record()
    watch(before, running(), since=0, until=0)
    watch(before, running(), since=0, until=1200)
    after = restarted(before)
    watch(after, *still, since=1800, until=1800)
    watch(after, *still, since=1800, until=2400)
    return after


def labelled(since: int, until: int, pool: str) -> CardGroup:
    return a_group(8, between(since, until), pool=pool)
