"""Two clusters' operators on one PostgreSQL: each has a ledger of its own, and neither sees or moves a row of the other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.holdings import FOREVER
from aicost.core.window import Instant, Period, Window
from aicost.ports import CLUSTER, Commit
from aicost.store import SqlLedger, open_ledger
from tests.store.drawn import devices, entries, observed
from tests.store.server import Server
from tests.store.stored import emptied, empty, opened
from tests.support.builders import T0, an_entry

MONTH = Period("2026-11")
ALWAYS = Window(Instant(0), FOREVER)
CLUSTERS = ("eu-1", "us-1")
COMMITS = st.builds(
    Commit,
    st.lists(entries(), max_size=3).map(tuple),
    st.lists(entries(), max_size=2).map(tuple),
    devices(),
    observed(),
    st.dictionaries(st.sampled_from("abc"), st.text("xyz"), max_size=2),
)


@pytest.fixture(scope="module")
def both(server: Server) -> Iterator[tuple[SqlLedger, SqlLedger]]:
    """The ledgers of two clusters in one database, open at the same time."""
    server.run("CREATE DATABASE costs")
    one, other = (open_ledger(server.url(database="costs"), cluster) for cluster in CLUSTERS)
    yield one, other
    one.close()
    other.close()
    server.run("DROP DATABASE costs")


def told(ledger: SqlLedger) -> tuple[object, ...]:
    """All that a ledger tells."""
    return (
        ledger.entries(MONTH.window),
        ledger.totals(MONTH.window, by_subject=True),
        ledger.use(MONTH.window),
        ledger.proofs(MONTH),
        ledger.digest(MONTH),
        ledger.devices(ALWAYS),
        ledger.observed(ALWAYS),
        ledger.marks(),
    )


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 1), COMMITS), max_size=4))
def test_each_ledger_is_as_if_it_were_alone(
    both: tuple[SqlLedger, SqlLedger], commits: list[tuple[int, Commit]]
) -> None:
    """Commits of two operators, in any order: each ledger tells what a file tells that took only its own commits."""
    for ledger in both:
        empty(ledger)
    for of, commit in commits:
        both[of].commit(commit, T0)
    for number, ledger in enumerate(both):
        alone = emptied()
        for of, commit in commits:
            if of == number:
                alone.commit(commit, T0)
        assert told(ledger) == told(alone)


def test_commits_at_the_same_time_do_not_wait_for_each_other(both: tuple[SqlLedger, SqlLedger]) -> None:
    """Two operators that commit the same keys as fast as they can lose nothing and are never refused."""
    for ledger in both:
        empty(ledger)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(commit_often, both)) == [20, 20]
    assert [len(ledger.entries(MONTH.window)) for ledger in both] == [20, 20]


def commit_often(ledger: SqlLedger) -> int:
    """Entries that both have; returns how many were new."""
    return sum(ledger.commit(Commit((an_entry("card", str(n)),)), T0) for n in range(20))


def test_fences_are_apart(server: Server) -> None:
    """An operator that opens its ledger takes none from another cluster's, whatever the epochs of their Leases."""
    with opened(server.url(), "a") as one, opened(server.url(), "b") as other:
        assert [one.commit(Commit((an_entry("card"),)), T0), other.commit(Commit((an_entry("card"),)), T0)] == [1, 1]
        assert [one.marks()[CLUSTER], other.marks()[CLUSTER]] == ["a", "b"]
    server.run("DROP SCHEMA aicost_a, aicost_b CASCADE")
