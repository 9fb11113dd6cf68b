"""The record of devices: watch, history and what was stored before are one account, without loss or doubling."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.coverage import missing
from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding, clipped
from aicost.core.window import HOUR, Instant, Window
from aicost.ports import Commit
from aicost.reconcile.devices import DeviceRecord
from aicost.store import SqlLedger
from tests.store.stored import emptied
from tests.support.builders import a_group, a_holding, a_pod, at, between
from tests.support.strategies import SPAN, WHOLE, Cluster, clusters

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


def test_the_watch_tells_of_the_time_that_it_saw() -> None:
    """A pod that runs is known since it was bound, and coverage goes from the watch's begin as far as it was complete."""
    record = a_record()
    watch(record, running(), since=600, until=600)
    assert not record.covered
    watch(record, running(), since=600, until=900)
    watch(record, running(), since=600, until=1200)
    assert record.covered == (between(600, 1200),)
    assert held(record) == {"chat-0": HOUR_ONE}
    assert record.known(between(0, 1000))[1] == (between(600, 1000),)


def test_the_history_is_asked_for_what_the_watch_cannot_know() -> None:
    """Before the watch began, and not covered already; nothing of the watch's own time."""
    record = a_record()
    assert record.needs(HOUR_ONE) == (HOUR_ONE,)
    watch(record, since=1800, until=2100)
    assert record.needs(HOUR_ONE) == (between(0, 1800),)
    tell(record, over=between(600, 1200))
    assert list(record.needs(HOUR_ONE)) == [between(0, 600), between(1200, 1800)]
    assert record.needs(between(1800, HOUR)) == ()


def test_watch_and_history_are_one_account() -> None:
    """A pod that both tell of has one holding, from where the history knows it to where the watch saw it end."""
    record = a_record()
    watch(record, running(since=300), since=1800, until=2100)
    tell(record, running(since=300), over=between(0, 1800))
    ended = a_holding(a_pod("chat-0"), between(300, 3000))
    watch(record, ended, since=1800, until=3300)
    watch(record, since=1800, until=3600)
    assert held(record) == {"chat-0": between(300, 3000)}
    assert record.covered == (HOUR_ONE,)
    assert [group.window for group in record.known(HOUR_ONE)[0].groups] == [HOUR_ONE]


def test_a_pod_bound_just_before_the_watch_needs_no_scrape() -> None:
    """It holds since it was bound, though the history of that time, whose last scrape was earlier, does not know it."""
    record = a_record()
    watch(record, running(since=580), since=600, until=1200)
    tell(record, over=between(0, 600))
    assert held(record) == {"chat-0": between(580, HOUR)}


def test_cards_outlast_a_history_that_falls_silent_before_the_watch() -> None:
    """As before an outage of Prometheus: the node is still there, so its cards cost without a hole, whatever its labels."""
    record = a_record()
    watch(record, since=600, until=1200)
    told = replace(NODE, window=between(0, 540), labels=frozenset({("as_recorded", "x")}))
    record.recorded(Devices((told,)), between(0, 600))
    groups = record.known(HOUR_ONE)[0].groups
    assert [group.window for group in groups] == [between(0, 540), between(540, HOUR)]


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


def away(*still: Holding) -> DeviceRecord:
    """A record that saw chat-0 until 1200 and came back at 1800."""
    before = a_record()
    watch(before, running(), since=0, until=0)
    watch(before, running(), since=0, until=1200)
    after = restarted(before)
    watch(after, *still, since=1800, until=1800)
    watch(after, *still, since=1800, until=2400)
    return after


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


def labelled(since: int, until: int, pool: str) -> CardGroup:
    return a_group(8, between(since, until), pool=pool)


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


def test_only_what_changed_is_saved() -> None:
    """A record that learnt nothing new has no device to store; what was saved is not stored again."""
    record = a_record()
    watch(record, running(), since=0, until=0)
    watch(record, running(), since=0, until=600)
    assert record.unsaved()[0].holdings
    record.saved()
    watch(record, running(), since=0, until=1200)
    assert record.unsaved()[0] == Devices()
    watch(record, running(), running("chat-1", since=1300), since=0, until=1800)
    assert [holding.pod.name for holding in record.unsaved()[0].holdings] == ["chat-1"]


def test_what_comes_during_a_save_is_saved_the_next_time() -> None:
    """`saved` confirms what `unsaved` gave, not what was learnt after it."""
    record = a_record()
    watch(record, running(), since=0, until=0)
    watch(record, running(), since=0, until=600)
    record.unsaved()
    watch(record, running(), running("chat-1", since=700), since=0, until=1200)
    record.saved()
    assert [holding.pod.name for holding in record.unsaved()[0].holdings] == ["chat-1"]


def test_the_revision_grows_when_the_past_changes_and_only_then() -> None:
    """Time that goes on is no change of the past; a history's account and a vanished pod are."""
    record = a_record()
    watch(record, running(), since=1800, until=1800)
    watch(record, running(), since=1800, until=2400)
    quiet = record.revision
    watch(record, running(), since=1800, until=3000)
    assert record.revision == quiet
    tell(record, running(), over=between(0, 1800))
    assert record.revision > quiet


@st.composite
def histories(draw: st.DrawFn) -> tuple[Cluster, list[Window], list[Window]]:
    """A cluster's past in chunks, and the same chunks in another order, some of them told twice."""
    edges = sorted({0, SPAN, *draw(st.lists(st.integers(1, SPAN - 1), max_size=4))})
    chunks = [between(start, end) for start, end in pairwise(edges)]
    again = draw(st.lists(st.sampled_from(chunks), max_size=2))
    return draw(clusters()), chunks, draw(st.permutations([*chunks, *again]))


@given(histories())
def test_the_order_of_chunks_does_not_matter(drawn: tuple[Cluster, list[Window], list[Window]]) -> None:
    """Whatever order a history's chunks come in, and however often, the record knows the same: what really was."""
    cluster, chunks, shuffled = drawn
    in_turn, otherwise = a_record(), a_record()
    for record, order in ((in_turn, chunks), (otherwise, shuffled)):
        for chunk in order:
            record.recorded(clipped(cluster.devices, chunk), chunk)
    assert otherwise.known(WHOLE) == in_turn.known(WHOLE)
    assert sorted(map(str, in_turn.known(WHOLE)[0].holdings)) == sorted(map(str, cluster.devices.holdings))


@given(st.lists(st.sampled_from(["watch", "lose", "tell", "bridge", "restart"]), max_size=12), st.data())
def test_coverage_only_grows(steps: list[str], data: st.DataObject) -> None:
    """Nothing that happens makes the record forget a time that it accounts for."""
    record, now = a_record(), 0
    since: int | None = None
    for step in steps:
        before = record.covered
        if step == "watch":
            since, now = (now if since is None else since), now + 300
            watch(record, running(), since=since, until=now)
        elif step == "lose":
            since, now = None, now + 600
            record.unwatched()
        elif step == "restart":
            since, now, record = None, now + 600, restarted(record)
        else:
            start = data.draw(st.integers(0, 3000))
            over = between(start, start + data.draw(st.integers(1, 3000)))
            record.bridged(over) if step == "bridge" else tell(record, running(), over=over)
        assert all(missing(known, record.covered) == () for known in before)
