"""What the record of devices concludes about the time that nobody watched: a restart, a lost watch, a pod or node gone meanwhile."""

from __future__ import annotations

import json

from aicost.core.holdings import Devices
from tests.reconcile.records import (
    HOUR_ONE,
    a_record,
    away,
    held,
    labelled,
    restarted,
    running,
    tell,
    watch,
)
from tests.support.builders import a_group, a_holding, a_pod, at, between


def test_a_restart_loses_nothing() -> None:
    """A new process that reads what was saved knows the same, covers the same and asks for the hole only."""
    before = a_record()
    watch(before, running(), since=0, until=0)
    watch(before, running(), since=0, until=1200)
    after = restarted(before)
    assert after.known(between(0, 1200)) == before.known(between(0, 1200))
    watch(after, running(), since=1800, until=1800)
    watch(after, running(), since=1800, until=2400)
    assert after.needs(HOUR_ONE) == (between(1200, 1800),)
    assert list(after.covered) == [between(0, 1200), between(1800, 2400)]
    tell(after, running(), over=between(1200, 1800))
    assert after.covered == (between(0, 2400),)
    assert held(after, between(0, 2400)) == {"chat-0": between(0, 2400)}


def test_a_pod_that_vanished_meanwhile_is_assumed_to_have_held_until_it_is_missed() -> None:
    """Nobody saw its end: until the history tells, it lies between the last sight and the first list without it."""
    record = away()
    assert held(record) == {"chat-0": between(0, 1800)}
    (holding,) = record.known(HOUR_ONE)[0].holdings
    assert holding.assumed_from == at(1200)


def test_a_pod_that_vanished_meanwhile_ends_where_the_history_says() -> None:
    """An end that recorded series show stands against the assumed one."""
    record = away()
    tell(record, a_holding(a_pod("chat-0"), between(0, 1500)), over=between(1200, 1800))
    assert held(record) == {"chat-0": between(0, 1500)}


def test_a_pod_of_which_the_history_is_silent_had_ended_before() -> None:
    """A history that covers the time and does not know the pod says that it was gone."""
    record = away()
    tell(record, over=between(1200, 1800))
    assert held(record) == {"chat-0": between(0, 1200)}


def test_a_pod_that_vanished_meanwhile_gives_way_to_its_successor() -> None:
    """An assumed end is cut where another pod held the card already."""
    whole = running("train-0", count=8)
    before = a_record()
    watch(before, whole, since=0, until=0)
    watch(before, whole, since=0, until=1200)
    after = restarted(before)
    successor = running("train-1", since=1500, count=8)
    watch(after, successor, since=1800, until=1800)
    watch(after, successor, since=1800, until=2400)
    after.bridged(between(1200, 1800))
    assert held(after, between(0, 2400)) == {"train-0": between(0, 1500), "train-1": between(1500, 2400)}


def test_a_node_that_vanished_meanwhile_ends_when_it_is_missed() -> None:
    """Cards of a node that is gone cost until the first list without it, unless the history tells otherwise."""
    before = a_record()
    watch(before, since=0, until=0)
    watch(before, since=0, until=1200)
    after = restarted(before)
    after.watched(Devices(), at(1800), at(1800))
    assert [group.window for group in after.known(HOUR_ONE)[0].groups] == [between(0, 1800)]


def test_a_node_that_vanished_meanwhile_ends_in_the_chunk_that_tells_it() -> None:
    """The history is read in chunks: one that tells of the end stands against later ones, which know the node no more."""
    before = a_record()
    watch(before, since=0, until=0)
    watch(before, since=0, until=1200)
    after = restarted(before)
    after.watched(Devices(), at(3600), at(3600))
    after.recorded(Devices((a_group(8, between(1200, 1500)),)), between(1200, 2400))
    after.recorded(Devices(), between(2400, 3600))
    assert [group.window for group in after.known(HOUR_ONE)[0].groups] == [between(0, 1500)]


def test_a_node_that_vanished_meanwhile_is_remembered_over_restarts() -> None:
    """The history may tell when it ended only to the next process."""
    before = a_record()
    watch(before, since=0, until=0)
    watch(before, since=0, until=1200)
    missed = restarted(before)
    missed.watched(Devices(), at(1800), at(1800))
    after = restarted(missed)
    after.watched(Devices(), at(2400), at(2400))
    after.recorded(Devices((a_group(8, between(1200, 1500)),)), between(1200, 2400))
    assert [group.window for group in after.known(HOUR_ONE)[0].groups] == [between(0, 1500)]
    assert json.loads(restarted(after).unsaved()[1]["devices.missed"]) == []


def test_a_node_that_goes_in_the_second_in_which_it_was_listed_ends() -> None:
    """The first list had it, so that nobody misses it: only the watch tells that it is gone."""
    record = a_record()
    watch(record, since=0, until=300)
    record.unwatched()
    watch(record, since=600, until=600)
    record.watched(Devices((a_group(8, between(0, 600)),)), at(600), at(1200))
    record.bridged(between(300, 600))
    assert [group.window for group in record.known(HOUR_ONE)[0].groups] == [between(0, 600)]


def test_other_labels_of_a_node_leave_its_past_alone() -> None:
    """The watch knows the first labels that it saw since the node's creation: what a history told of stands."""
    record = a_record()
    early = Devices((labelled(0, 1200, "care"), labelled(1200, 1800, "spot")))
    record.recorded(early, between(0, 1800))
    record.watched(Devices((labelled(0, 2400, "spot"),)), at(1800), at(2400))
    record.watched(Devices((labelled(0, 2700, "spot"), labelled(2700, 3600, "rank"))), at(3600), at(3600))
    assert record.known(HOUR_ONE)[0].groups == (
        labelled(0, 1200, "care"),
        labelled(1200, 2700, "spot"),
        labelled(2700, 3600, "rank"),
    )


def test_a_watch_that_comes_back_keeps_the_labels_that_it_knew() -> None:
    """Also where nothing of the time since it came back is evaluated yet."""
    record = a_record()
    live = Devices((labelled(0, 1200, "care"), labelled(1200, 2400, "spot")))
    record.watched(live, at(0), at(2400))
    record.unwatched()
    record.watched(live, at(2450), at(2400))
    assert record.known(between(0, 2400))[0].groups == live.groups


def test_a_lost_watch_makes_a_hole_that_the_history_fills() -> None:
    """What happened while the watch was lost is neither covered nor guessed; a pod of that time is found."""
    record = a_record()
    watch(record, since=0, until=0)
    watch(record, since=0, until=600)
    record.unwatched()
    assert record.needs(between(0, 1200)) == (between(600, 1200),)
    watch(record, since=1200, until=1200)
    watch(record, since=1200, until=1800)
    assert record.needs(between(0, 1800)) == (between(600, 1200),)
    tell(record, a_holding(a_pod("brief"), between(700, 800)), over=between(600, 1200))
    assert held(record) == {"brief": between(700, 800)}
    assert record.covered == (between(0, 1800),)


def test_a_hole_that_no_history_knows_is_bridged() -> None:
    """Who held before the hole and after it held through it; the hole counts as covered."""
    record = away(running())
    record.bridged(between(1200, 1800))
    assert record.covered == (between(0, 2400),)
    assert held(record, between(0, 2400)) == {"chat-0": between(0, 2400)}
