"""The record of devices: watch, history and what was stored before are one account, without loss or doubling."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.coverage import missing
from aicost.core.holdings import Devices, clipped
from aicost.core.window import HOUR, Window
from tests.reconcile.records import (
    HOUR_ONE,
    NODE,
    a_record,
    held,
    restarted,
    running,
    tell,
    watch,
)
from tests.support.builders import a_holding, a_pod, between
from tests.support.strategies import SPAN, WHOLE, Cluster, clusters


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
