"""CPU and memory over whole evaluations: charged once they are told of, never lower for what is missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from aicost.core.holdings import FOREVER
from aicost.core.hosts import CORE, UNSEEN, HostHour, Measured
from aicost.core.ledger import Component
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Window
from aicost.ports import Unavailable
from aicost.reconcile.hosts import HostRecord
from tests.reconcile.world import BOOK, CHAT, PACING, RANK, World, a_book_of, node, running
from tests.support.builders import at, between
from tests.support.fakes import FakeHosts
from tests.support.hosting import NOTHING, a_host_book, a_taker, an_hour

NOW = 6 * HOUR + 1800
HOURS = range(-1, 6)
"""The hours before `NOW` that are over for long enough, one of October among them."""
COMPUTE = [{"from": "2026-01-01", "cpuCoreHour": "0.1", "memoryGiBHour": "0.01"}]


def a_host_spec(**more: Any) -> dict[str, Any]:
    """The world's price book, whose cards leave their host out."""
    spec = {**a_book_of("4"), "compute": COMPUTE, **more}
    spec["gpus"][0]["includesHost"] = False
    return spec


def told(used: Measured = UNSEEN) -> tuple[HostHour, ...]:
    """Chat requests two cores of eight, and rank one; GiB eight each."""
    takers = a_taker("chat-0", 2, used=used), a_taker("rank-0", 1, namespace="search", used=used)
    return tuple(an_hour(*takers, since=hour) for hour in HOURS)


async def a_world(*hours: HostHour) -> World:
    """Half past six on the first day, evaluated twice: what was read is decided."""
    world = World(NOW)
    world.declare()
    world.store.apply("PriceBook", "default", a_host_spec())
    world.inventory.groups = (node(),)
    world.inventory.holdings = (running("chat-0", "support", "chat"), running("rank-0", "search", "rank", count=1))
    world.history.told = world.inventory.devices(FOREVER)
    world.history.covers = (Window(at(-DAY), FOREVER),)
    world.took.seen = hours
    world.observe_use("chat-0", "support", range(6), busy_ppm=0)
    await world.cycles(2, seconds=0)
    return world


def hosts_of(world: World, ref: Any = CHAT) -> Decimal:
    """What a workload shows of its hosts' cost."""
    return Decimal(world.store.status(ref)["cost"]["incurred"]["compute"])


def reasons_of(world: World) -> set[str]:
    """Why chat's status says that something is missing."""
    return {gap["reason"] for gap in world.store.status(CHAT).get("gaps", ())}


async def test_pods_pay_their_part_of_the_host_and_all_of_it_is_charged() -> None:
    """Six hours at 0.20 and 0.08 for chat; the node costs 0.80 and 0.64 an hour, and the ledger has it all."""
    world = await a_world(*told(NOTHING))
    assert hosts_of(world) == Decimal("1.68")
    assert hosts_of(world, RANK) == Decimal("1.08")
    totals = world.ledger.totals(between(0, DAY))
    assert sum(total.nanos for total in totals if total.component is Component.COMPUTE) == 6 * 1_440_000_000
    assert [(item["name"], item.get("price")) for item in world.store.status(BOOK)["priced"]] == [
        ("CPU", "0.10"),
        ("memory", "0.01"),
        ("H100-80GB", "4.00"),
    ]
    assert reasons_of(world) == set()


async def test_each_hour_is_asked_once_and_kept_over_a_restart() -> None:
    """Day by day, of the nodes with cards; a new process tells the same without Prometheus."""
    world = await a_world(*told())
    asked = [over for _, over in world.took.asked]
    assert asked[-1] == between(0, 6 * HOUR)
    assert {nodes for nodes, _ in world.took.asked} == {frozenset({"node-a"})}
    digest = world.digest()
    world.restart()
    world.took.failure = Unavailable("gone")
    await world.cycles(2, seconds=0)
    assert [over for _, over in world.took.asked] == asked
    assert (world.digest(), hosts_of(world)) == (digest, Decimal("1.68"))


async def test_what_is_not_told_is_a_gap_and_lowers_nothing() -> None:
    """While the series cannot be had, and after; once they are back the hours are filled in."""
    world = await a_world(*told()[:3])
    before = hosts_of(world)
    assert before == Decimal("0.56")
    gaps = {gap.reason: gap.quantity for gap in world.evaluation.facts.gaps} if world.evaluation.facts else {}
    assert gaps[GapReason.NO_HOST_HISTORY] == "3.00 node hours"
    world.took.failure = Unavailable("gone")
    await world.cycles(2, seconds=HOUR)
    assert hosts_of(world) == before
    world.took.failure, world.took.seen = None, tuple(an_hour(a_taker("chat-0", 2), since=h) for h in range(6, 8))
    await world.cycles(2, seconds=0)
    assert hosts_of(world) == before + Decimal("0.56")


async def test_use_that_nobody_saw_is_told_to_those_whose_pods_it_is() -> None:
    """Of the resource and since the hour of which it is missing: they pay what they requested, and it may be too little."""
    hours = [an_hour(a_taker("chat-0", 2, used=NOTHING), *told(NOTHING)[0].takers[1:], since=hour) for hour in HOURS]
    hours[3] = an_hour(a_taker("chat-0", 2, used=Measured(memory=0)), *hours[3].takers[1:], since=2)
    world = await a_world(*hours)
    (gap,) = world.store.status(CHAT)["gaps"]
    assert (gap["reason"], gap["since"], gap["quantity"]) == ("NoHostUse", "2026-11-01T02:00:00Z", "2.00 core hours")
    assert world.store.status(CHAT)["summary"]["state"] == "Partial"
    assert "NoHostUse" not in {of["reason"] for of in world.store.status(RANK).get("gaps", ())}
    assert hosts_of(world) == Decimal("1.68")


async def test_use_that_nobody_saw_is_told_after_an_edit_too() -> None:
    """Of hours that were read while no price left the host out; and no more once it is included again."""
    world = await a_world(*told())
    for spec, reasons in ((a_book_of("4"), set()), (a_host_spec(), {"NoHostUse"})):
        world.store.apply("PriceBook", "default", spec)
        await world.cycles(2)
        assert reasons_of(world) == reasons


async def test_use_beyond_the_request_is_paid() -> None:
    """Three cores for an hour each, where two were asked for; all of that was used, and of the memory nothing."""
    world = await a_world(*told(Measured(3 * CORE, 0)))
    assert hosts_of(world) == Decimal("2.28")
    assert Decimal(world.store.status(CHAT)["cost"]["used"]) == Decimal("1.80")


async def test_nothing_is_evaluated_where_every_hour_is_settled() -> None:
    """On the hour, without any lateness: no time is open, which is no fault."""
    world = await a_world(*told())
    world.evaluation.pacing = replace(PACING, lateness=0)
    await world.cycle(1800)
    await world.cycles(2, seconds=0)
    assert hosts_of(world) == Decimal("1.68")


async def test_a_price_that_includes_the_host_takes_it_back() -> None:
    """An edit of the book rates the open months anew, both ways, and what was read stays read."""
    world = await a_world(*told())
    asked = len(world.took.asked)
    world.store.apply("PriceBook", "default", a_book_of("4"))
    await world.cycles(2)
    assert hosts_of(world) == 0
    assert reasons_of(world) == set()
    world.store.apply("PriceBook", "default", a_host_spec())
    await world.cycles(2)
    assert (hosts_of(world), len(world.took.asked)) == (Decimal("1.68"), asked)


async def test_hosts_without_a_rate_are_missing_in_the_book() -> None:
    """Their hours are counted, in no total."""
    world = await a_world(*told())
    world.store.apply("PriceBook", "default", a_host_spec(compute=[]))
    await world.cycles(2)
    missing = world.store.status(BOOK)["missing"]
    assert [(item["kind"], item["name"], item["quantity"]) for item in missing] == [
        ("Compute", "CPU", "48.00 core hours"),
        ("Compute", "memory", "384.00 GiB hours"),
    ]
    assert world.store.status(BOOK)["summary"]["state"] == "Missing"
    await world.cycles(2, seconds=450)
    assert hosts_of(world) == 0


async def test_a_book_that_includes_every_host_asks_nothing() -> None:
    """Most do: then Prometheus is not burdened."""
    world = await a_world(*told())
    asked = len(world.took.asked)
    world.store.apply("PriceBook", "default", a_book_of("4"))
    await world.cycles(3, seconds=HOUR)
    assert len(world.took.asked) == asked


async def test_rates_that_price_nothing_are_told() -> None:
    """Until some price leaves the host out: a book that includes every host charges none, whatever its rates."""
    world = await a_world(*told())
    assert "RatesUnused" not in {of["type"] for of in world.store.status(BOOK)["conditions"]}
    world.store.apply("PriceBook", "default", a_book_of("4") | {"compute": COMPUTE})
    await world.cycle()
    unused = world.condition(BOOK, "RatesUnused")
    assert (unused["status"], unused["reason"]) == ("True", "HostsIncluded")
    assert "includesHost: false" in unused["message"]
    world.store.apply("PriceBook", "default", a_book_of("4"))
    await world.cycle()
    assert [of["type"] for of in world.store.status(BOOK)["conditions"]] == ["Ready", "Stalled"]


async def test_without_prometheus_the_gap_says_what_to_set() -> None:
    """Nobody else tells of hosts."""
    world = await a_world()
    record = HostRecord(None, {}, lambda: None)
    await record.catch_up(a_host_book(), world.record, between(0, 6 * HOUR), 0)
    (gap,) = record.gaps(a_host_book())
    assert gap.reason is GapReason.NO_HOST_HISTORY
    assert "AICOST_PROMETHEUS_URL" in gap.message


async def test_a_fault_of_our_own_is_no_end() -> None:
    """It is logged, and tried again."""
    world = await a_world()
    hosts = FakeHosts(told(), failure=RuntimeError("a bug"))
    record = HostRecord(hosts, {}, lambda: None)
    for failure in (hosts.failure, None):
        hosts.failure = failure
        await record.catch_up(a_host_book(), world.record, between(0, 6 * HOUR), 0)
    assert record.revision == 1
