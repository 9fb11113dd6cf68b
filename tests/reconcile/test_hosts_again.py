"""Hours of which not all was told: asked again for a day, never for longer, and what is told then is charged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from aicost.core.window import DAY, HOUR, Window
from aicost.reconcile.devices import DeviceRecord
from aicost.reconcile.hosts import HostRecord
from tests.reconcile.test_hosts import HOURS, NOW, a_world, hosts_of, reasons_of, told
from tests.reconcile.world import World, node, running
from tests.support.builders import at, between
from tests.support.fakes import FakeHosts
from tests.support.hosting import NOTHING, a_host_book, a_taker, an_hour

SIX = between(0, 6 * HOUR)


def windows(world: World) -> list[Window]:
    """What was asked for since the first hour of the month."""
    return [over for _, over in world.took.asked if over.end > at(0)]


async def test_a_node_that_nobody_told_of_is_asked_again_and_charged() -> None:
    """Once an hour; all that is missing of a day in one question, and what is told again changes nothing."""
    whole = told(NOTHING)
    world = await a_world(*whole[:2], *whole[4:])
    assert hosts_of(world) == Decimal("1.12")
    assert windows(world) == [SIX]
    world.took.seen = whole
    await world.cycles(3, seconds=HOUR // 4)
    assert windows(world) == [SIX, between(6 * HOUR, 7 * HOUR)]
    digest = world.digest()
    await world.cycles(1, seconds=HOUR // 4)
    assert windows(world)[2:] == [between(HOUR, 3 * HOUR)]
    assert hosts_of(world) == Decimal("1.68")
    assert digest != world.digest()


async def test_it_is_asked_for_a_day_and_never_again() -> None:
    """A node of which no series ever tells costs a question an hour, also over a restart, and then none."""
    world = await a_world(*told(NOTHING)[:-1])
    last = between(5 * HOUR, 6 * HOUR)
    for hour in range(30):
        await world.cycle(HOUR)
        if hour == 12:
            world.restart()
    asked = [over for over in windows(world) if last.start in over]
    assert len(asked) == 25
    assert world.evaluation.done is not None
    assert world.evaluation.done > last.end


async def test_nothing_is_done_while_it_is_asked_again() -> None:
    """A month is not settled before: once it is closed the hour would be lost."""
    world = await a_world(*told(NOTHING)[:-1])
    assert world.evaluation.done == at(-DAY)
    world.took.seen = tuple(replace(told(NOTHING)[0], over=between(h * HOUR, (h + 1) * HOUR)) for h in range(-24, 8))
    await world.cycle(HOUR)
    assert world.evaluation.done == at(7 * HOUR)


async def test_a_pod_that_nobody_told_of_is_missed_until_somebody_does() -> None:
    """It held cards, so that it took something: nothing that is known, and that is said to whom it belongs."""
    whole = told(NOTHING)
    without = [replace(hour, takers=hour.takers[1:]) for hour in whole]
    world = await a_world(*without)
    assert hosts_of(world) == 0
    assert reasons_of(world) == {"NoHostUse"}
    world.took.seen = whole
    await world.cycles(1, seconds=HOUR)
    assert hosts_of(world) == Decimal("1.68")


def a_record(*known: Window) -> DeviceRecord:
    """A node with a pod, of which somebody told in these windows."""
    record = DeviceRecord(World(NOW).record.known(SIX)[0], {})
    tell(record, *known)
    return record


def tell(record: DeviceRecord, *known: Window) -> None:
    devices = replace(record.known(SIX)[0], groups=(node(),), holdings=(running("chat-0", "support", "chat"),))
    for over in known:
        record.recorded(devices, over)


async def asked(hosts: FakeHosts, record: HostRecord, devices: DeviceRecord, now: int = 6 * HOUR) -> list[Window]:
    """What one pass asks for."""
    before = len(hosts.asked)
    await record.catch_up(a_host_book(), devices, between(0, now), 0)
    return [over for _, over in hosts.asked[before:]]


async def test_half_an_hour_that_is_known_later_is_read_later() -> None:
    """Who held cards in the other half was not asked for: then the whole hour is asked."""
    hosts, devices = FakeHosts(tuple(an_hour(a_taker(), since=hour) for hour in HOURS)), a_record(between(0, 1800))
    record = HostRecord(hosts, {}, lambda: None)
    assert await asked(hosts, record, devices) == [between(0, HOUR)]
    assert await asked(hosts, record, devices) == []
    tell(devices, between(1800, 2 * HOUR))
    assert await asked(hosts, record, devices) == [between(0, 2 * HOUR)]


async def test_scattered_hours_are_one_question_a_day() -> None:
    """However many there are; what comes of it that is no news makes nobody look again."""
    hosts = FakeHosts(tuple(an_hour(a_taker(), since=hour) for hour in (0, 2, 4)))
    devices, record = a_record(SIX), HostRecord(hosts, {}, lambda: None)
    assert await asked(hosts, record, devices) == [SIX]
    revision = record.revision
    assert await asked(hosts, record, devices, 7 * HOUR) == [between(HOUR, 6 * HOUR)]
    assert record.revision == revision
    hosts.seen += (an_hour(a_taker(), since=1),)
    assert await asked(hosts, record, devices, 8 * HOUR) == [between(HOUR, 6 * HOUR)]
    assert (record.revision, record.changed_since(revision)) == (revision + 1, at(HOUR))
    again = HostRecord(hosts, record.unsaved()[1], lambda: None)
    assert await asked(hosts, again, devices, 9 * HOUR) == [between(3 * HOUR, 6 * HOUR)]
