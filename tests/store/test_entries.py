"""Entries in the ledger: committed once, kept for ever, the latest of each key read back as it was."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.holdings import Devices
from aicost.core.ledger import IDLE, Component, Entry, Line, withdrawn
from aicost.core.window import HOUR, Period
from aicost.ports import Commit, Malformed
from aicost.store import SqlLedger
from tests.store.conftest import Emptied
from tests.store.drawn import entries
from tests.store.stored import opened, rows
from tests.support.builders import T0, a_holding, a_line, an_entry, at, between, owned_by, usd
from tests.support.strategies import by_key

MONTH = Period("2026-11")
A = an_entry("card", lines=(a_line(owned_by(), usd(1), 3600),))
B = an_entry("card", lines=(a_line(IDLE, usd(1), 3600),))


def test_history_grows_by_every_change_even_back_to_what_was(url: str) -> None:
    """A, then B, then A again leave three rows, each of which names the one before it, and A is the latest."""
    with opened(url) as ledger:
        assert [ledger.commit(Commit((entry,)), at(n)) for n, entry in enumerate((A, B, A))] == [1, 1, 1]
        assert ledger.entries(MONTH.window) == (A,)
    history = rows(url, "SELECT id, previous_id, content, chain, recorded_at FROM entry ORDER BY id")
    assert [row[:2] for row in history] == [(1, None), (2, 1), (3, 2)]
    assert history[0][2] == history[2][2]
    assert len({row[3] for row in history}) == 3
    assert [row[4] for row in history] == [at(0), at(1), at(2)]
    assert rows(url, "SELECT count(*) FROM line") == [(3,)]


def test_equal_entry_is_not_stored_again(ledger: SqlLedger) -> None:
    """Committing what is already the latest changes nothing, within a commit and over commits."""
    assert ledger.commit(Commit((A, A)), T0) == 1
    assert ledger.commit(Commit((A,)), T0) == 0


def test_more_entries_than_a_batch_holds(ledger: SqlLedger) -> None:
    """A commit of thousands of entries is stored whole, and a key that comes again late in it wins."""
    many = tuple(an_entry("card", f"{n:04}", lines=A.lines) for n in range(2500))
    again = an_entry("card", "0000", lines=B.lines)
    assert ledger.commit(Commit((*many, again)), T0) == 2501
    assert ledger.entries(MONTH.window) == (again, *many[1:])


@given(st.lists(st.lists(entries(), max_size=4), max_size=4))
def test_latest_entries_come_back_as_they_were_committed(emptied: Emptied, commits: list[list[Entry]]) -> None:
    """Whatever was committed in whatever portions, the latest entry of each key is read back equal, by key."""
    ledger = emptied()
    for number, portion in enumerate(commits):
        ledger.commit(Commit(tuple(portion)), at(number))
    latest = by_key([entry for portion in commits for entry in portion])
    assert ledger.entries(MONTH.window) == tuple(latest[key] for key in sorted(latest))


@given(st.lists(entries(), unique_by=lambda entry: entry.origin.key), st.randoms(use_true_random=False))
def test_order_of_commits_leaves_no_trace_in_the_digest(emptied: Emptied, drawn: list[Entry], random: Random) -> None:
    """The same entries committed at once, or one by one in another order and twice, have the same digest."""
    at_once = emptied()
    at_once.commit(Commit(tuple(drawn)), T0)
    digest = at_once.digest(MONTH)
    one_by_one = emptied()
    for entry in random.sample(drawn * 2, len(drawn) * 2):
        one_by_one.commit(Commit((entry,)), T0)
    assert one_by_one.digest(MONTH) == digest


def test_digest_tells_ledgers_apart(ledger: SqlLedger) -> None:
    """Another owner for the same amount is another digest; another month's is untouched."""
    ledger.commit(Commit((A,)), T0)
    before, other_month = ledger.digest(MONTH), ledger.digest(MONTH.previous)
    ledger.commit(Commit((B,)), T0)
    assert ledger.digest(MONTH) != before
    assert ledger.digest(MONTH.previous) == other_month


def test_what_was_withdrawn_leaves_no_trace_in_the_digest(ledger: SqlLedger) -> None:
    """A ledger that had an entry and withdrew it has the digest of one that never had it."""
    before = ledger.digest(MONTH)
    ledger.commit(Commit((A,)), T0)
    ledger.commit(Commit(withdrawn((A,), ())), T0)
    assert ledger.digest(MONTH) == before


def test_entries_of_a_component_in_a_half_open_window(ledger: SqlLedger) -> None:
    """An entry belongs to the window in which its origin begins, and only the component asked for is read."""
    ledger.commit(Commit((A,)), T0)
    assert ledger.entries(between(0, 1)) == (A,)
    assert ledger.entries(between(1, HOUR)) == ()
    assert ledger.entries(between(-1, 0)) == ()
    assert ledger.entries(MONTH.window, Component.GPU) == (A,)
    assert ledger.entries(MONTH.window, Component.TOKENS) == ()


def test_nothing_of_a_commit_stays_when_a_part_of_it_fails(ledger: SqlLedger) -> None:
    """What fits no row takes the whole commit with it: here a device count, which is stored after the entries."""
    many = Devices(holdings=(a_holding(count=2**63),))
    with pytest.raises(Malformed, match="a number is beyond 64 bits; nothing was stored"):
        ledger.commit(Commit((A,), devices=many, marks={"through": "x"}), T0)
    assert ledger.entries(MONTH.window) == ()
    assert ledger.marks() == {}


@pytest.mark.parametrize(
    "lines",
    [
        (a_line(IDLE, usd(0), 2**63),),
        (a_line(IDLE, usd(0, 2**63), 60),),
        (a_line(IDLE, usd(0, 2**64), 0), a_line(owned_by(), usd(0, -(2**64)), 0)),
    ],
)
def test_entry_that_cannot_be_stored_is_named(ledger: SqlLedger, lines: tuple[Line, ...]) -> None:
    """Whoever reads the refusal learns which origin it is, what it says, and that nothing was stored."""
    huge = an_entry("gpu", "node-a", lines=lines)
    with pytest.raises(Malformed, match=r"entry gpu/node-a cannot be stored: .*beyond 64 bits.*; nothing was stored"):
        ledger.commit(Commit((A, huge)), T0)
    assert ledger.entries(MONTH.window) == ()


def test_largest_entry_is_stored(ledger: SqlLedger) -> None:
    """Up to the last nano-unit that 63 bits and a sign hold."""
    largest = an_entry(lines=(a_line(IDLE, usd(0, 2**63 - 1), 2**63 - 1),))
    ledger.commit(Commit((largest,)), T0)
    assert ledger.entries(MONTH.window) == (largest,)
