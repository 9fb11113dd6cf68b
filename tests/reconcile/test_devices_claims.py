"""The record of devices that claims hand out: watched they are exact, and unwatched they are a gap, never idle."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.cards import UNTOLD
from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding, clipped
from aicost.core.window import HOUR, Window
from aicost.reconcile.devices import DeviceRecord
from tests.reconcile.records import HOUR_ONE, NODE, a_record, restarted, running
from tests.support.builders import at, between

CLAIMABLE = replace(NODE, claimable=True)


def claimed(name: str = "chat-0", since: int = 0) -> Holding:
    return replace(running(name, since), claim="claim-1")


def watch(record: DeviceRecord, *holdings: Holding, since: int, until: int) -> None:
    live = clipped(Devices((CLAIMABLE,), holdings), Window(at(-HOUR), at(until)))
    record.watched(live, at(since), at(until))


def shapes(record: DeviceRecord) -> list[tuple[str, int, Window]]:
    return [(group.sharing, group.cards, group.window) for group in record.known(HOUR_ONE)[0].groups]


def keys(record: DeviceRecord) -> list[tuple[str, str, Window]]:
    return [(held.pod.name, held.claim, held.window) for held in record.known(HOUR_ONE)[0].holdings]


def test_before_claims_were_watched_nobody_knows_who_held_the_cards() -> None:
    """The node was there and its cards cost, but a history tells of no claim: what it calls idle is not."""
    record = a_record()
    watch(record, claimed(since=600), since=1800, until=2400)
    record.recorded(Devices((replace(NODE, window=between(0, 1800)),)), between(0, 1800))
    assert shapes(record) == [(UNTOLD, 8, between(0, 1800)), ("", 8, between(1800, HOUR))]
    assert keys(record) == [("chat-0", "claim-1", between(600, HOUR))]


def test_the_very_second_since_which_claims_are_watched_is_counted_once() -> None:
    """An account that ends there has nothing that is told, and one second more has one."""
    record = a_record()
    watch(record, claimed(since=600), since=1800, until=1800)
    record.recorded(Devices((replace(NODE, window=between(0, 1800)),)), between(0, 1800))
    for end, told in ((1800, []), (1801, [between(1800, 1801)])):
        groups = record.known(between(0, end))[0].groups
        assert [group.window for group in groups] == [between(0, 1800), *told]


def test_a_watch_that_knew_claims_is_remembered() -> None:
    """After a restart, also one of hours, the time before it is known as it was told."""
    record = a_record()
    watch(record, claimed(), since=0, until=0)
    watch(record, claimed(), since=0, until=1200)
    again = restarted(record)
    watch(again, claimed(), since=1800, until=1800)
    watch(again, claimed(), since=1800, until=2400)
    again.recorded(Devices((replace(NODE, cards=2, slots=(), window=between(1200, 1800)),)), between(1200, 1800))
    assert shapes(again) == [("", 8, HOUR_ONE)]
    assert keys(again) == [("chat-0", "claim-1", HOUR_ONE)]


def test_a_history_ends_no_claim() -> None:
    """A pod that went while nobody watched is assumed to have held its claim: the history knows of no claim at all."""
    record = a_record()
    watch(record, claimed(), since=0, until=0)
    watch(record, claimed(), since=0, until=1200)
    again = restarted(record)
    watch(again, since=1800, until=1800)
    watch(again, since=1800, until=2400)
    again.recorded(Devices((replace(NODE, window=between(1200, 1800)),)), between(1200, 1800))
    assert keys(again) == [("chat-0", "claim-1", between(0, 1800))]


def test_a_pod_that_ended_unwatched_tells_when_though_its_claim_is_gone() -> None:
    """A claim is deleted with its pod: what the record knows of it ends when the pod, which is there still, ended."""
    record = a_record()
    watch(record, claimed(), since=0, until=0)
    watch(record, claimed(), since=0, until=1200)
    again = restarted(record)
    live = replace(
        clipped(Devices((CLAIMABLE,)), Window(at(-HOUR), at(1800))), ended=(("uid-support-chat-0", at(1500)),)
    )
    again.watched(live, at(1800), at(1800))
    assert keys(again) == [("chat-0", "claim-1", between(0, 1500))]
    assert again.known(HOUR_ONE)[0].holdings[0].assumed_from is None


def test_an_extended_resource_that_was_told_of_first_is_held_once() -> None:
    """Its history knows what the pod asked for, the watch by which claim it has it; a restart finds one holding."""
    record = a_record()
    record.recorded(Devices((replace(NODE, window=between(0, 1200)),), (running(),)), between(0, 1200))
    asked = restarted(record)
    watch(asked, claimed(since=0), since=1200, until=1200)
    watch(asked, claimed(since=0), since=1200, until=2400)
    for known in (asked, restarted(asked)):
        assert keys(known) == [("chat-0", "claim-1", HOUR_ONE)]


def test_nodes_without_claims_are_told_as_ever() -> None:
    """A node whose cards a device plugin offers is known from its history, though claims were watched only later."""
    record, other = a_record(), replace(NODE, node=replace(NODE.node, name="node-b"))
    plain: tuple[CardGroup, ...] = (replace(other, window=Window(at(0), FOREVER)),)
    record.watched(clipped(Devices((CLAIMABLE, *plain)), Window(at(-HOUR), at(1800))), at(1800), at(1800))
    record.recorded(Devices(clipped(Devices(plain), between(0, 1800)).groups), between(0, 1800))
    known = record.known(HOUR_ONE)[0].groups
    assert {group.sharing for group in known if group.node.name == "node-b"} == {""}
