"""Drafts: hours still open, which every commit replaces and no history remembers."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, Entry
from aicost.core.window import HOUR, Period
from aicost.ports import Commit
from tests.store.conftest import Emptied
from tests.store.drawn import entries
from tests.store.stored import opened, rows
from tests.support.builders import T0, a_line, an_entry, at, between, owned_by, usd
from tests.support.strategies import by_key

MONTH = Period("2026-11")
OPEN = an_entry("open", lines=(a_line(IDLE, usd(1), 60),))
LATER = an_entry("open", lines=(a_line(IDLE, usd(2), 120),))
AFTER = Entry(replace(an_entry("after").origin, window=between(HOUR, 2 * HOUR)), ())
DONE = an_entry("done", lines=(a_line(owned_by(), usd(4), 3600),))


def test_drafts_count_until_the_next_commit_and_leave_no_history(url: str) -> None:
    """Each commit's drafts take the place of those before; without any, they are gone without a trace."""
    with opened(url) as ledger:
        assert ledger.commit(Commit((DONE,), (OPEN,)), T0) == 1
        assert ledger.entries(MONTH.window) == (DONE, OPEN)
        assert ledger.commit(Commit(drafts=(LATER,)), T0) == 0
        assert ledger.entries(MONTH.window) == (DONE, LATER)
        assert sum(proof.origins for proof in ledger.proofs(MONTH)) == 6 * 10**9
        ledger.commit(Commit(), T0)
        assert ledger.entries(MONTH.window) == (DONE,)
    assert rows(url, "SELECT id, previous_id FROM entry") == [(1, None)]
    assert rows(url, "SELECT count(*) FROM line") == rows(url, "SELECT count(*) FROM head") == [(1,)]


def test_draft_that_settles_begins_its_history(url: str) -> None:
    """The entry of a key that was a draft has no predecessor, and the digest does not tell that it was a draft."""
    with opened(url) as ledger:
        ledger.commit(Commit(drafts=(LATER,)), T0)
        as_draft = ledger.digest(MONTH)
        assert ledger.commit(Commit((LATER,)), T0) == 1
        assert ledger.digest(MONTH) == as_draft
    assert rows(url, "SELECT id, previous_id FROM entry") == [(1, None)]


def test_draft_of_a_settled_key_joins_its_history(url: str) -> None:
    """What is settled is never replaced by a draft: the draft becomes the next entry of the key, and stays."""
    with opened(url) as ledger:
        ledger.commit(Commit((OPEN,)), T0)
        assert ledger.commit(Commit(drafts=(LATER,)), T0) == 1
        ledger.commit(Commit(), T0)
        assert ledger.entries(MONTH.window) == (LATER,)
    assert rows(url, "SELECT id, previous_id FROM entry ORDER BY id") == [(1, None), (2, 1)]


def test_unchanged_draft_is_not_written_again(url: str) -> None:
    """Quiet inputs cause no writes: the same drafts keep their rows."""
    with opened(url) as ledger:
        ledger.commit(Commit(drafts=(OPEN,)), T0)
        ledger.commit(Commit(drafts=(OPEN,)), LATER.origin.window.end)
    assert rows(url, "SELECT id, recorded_at FROM entry") == [(-1, T0)]


def test_draft_of_an_hour_that_is_no_longer_open_settles_as_it_is(url: str) -> None:
    """What was charged is never dropped because the hour is out of reach: it becomes its key's first entry."""
    with opened(url) as ledger:
        ledger.commit(Commit(drafts=(OPEN, AFTER)), T0)
        before = ledger.digest(MONTH)
        assert ledger.commit(Commit(drafts=(AFTER,), drafts_since=at(HOUR)), at(60)) == 1
        assert ledger.entries(MONTH.window) == (AFTER, OPEN)
        assert ledger.digest(MONTH) == before
        assert ledger.commit(Commit(drafts_since=at(HOUR)), at(120)) == 0
        assert ledger.entries(MONTH.window) == (OPEN,)
        assert all(proof.difference == proof.broken == 0 for proof in ledger.proofs(MONTH))
    assert rows(url, "SELECT id, previous_id, recorded_at FROM entry") == [(1, None, at(60))]


def test_account_that_is_told_again_wins_over_a_draft_of_before(url: str) -> None:
    """An old draft settles only where nothing is told of its key: neither an entry nor a draft of it is doubled."""
    with opened(url) as ledger:
        ledger.commit(Commit(drafts=(OPEN,)), T0)
        assert ledger.commit(Commit(drafts=(LATER,), drafts_since=at(HOUR)), T0) == 0
        assert ledger.commit(Commit((OPEN,), drafts_since=at(HOUR)), T0) == 1
        assert ledger.entries(MONTH.window) == (OPEN,)
    assert rows(url, "SELECT id, previous_id FROM entry") == [(1, None)]


@given(st.lists(st.tuples(st.lists(entries(), max_size=3), st.lists(entries(), max_size=3)), max_size=4))
def test_ledger_is_its_history_and_the_last_drafts(
    emptied: Emptied, commits: list[tuple[list[Entry], list[Entry]]]
) -> None:
    """After any commits the latest entries are those of a plain account of the rules, and all of them add up."""
    history: dict[tuple[str, ...], Entry] = {}
    drafts: dict[tuple[str, ...], Entry] = {}
    ledger = emptied()
    for settled, still_open in commits:
        ledger.commit(Commit(tuple(settled), tuple(still_open)), T0)
        history |= by_key(settled)
        drafts = by_key(still_open)
        history |= {key: draft for key, draft in drafts.items() if key in history}
    expected = drafts | history
    assert ledger.entries(MONTH.window) == tuple(expected[key] for key in sorted(expected))
    assert all(proof.difference == proof.broken == 0 for proof in ledger.proofs(MONTH))
