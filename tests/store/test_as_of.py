"""Reading a ledger as of an instant: what a report said then can be read again, whatever was restated since."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, Entry, withdrawn
from aicost.core.window import HOUR, Period
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.store.drawn import entries
from tests.store.stored import emptied
from tests.support.builders import T0, a_line, an_entry, at, between, owned_by, usd

MONTH = Period("2026-11")
A = an_entry("card", lines=(a_line(owned_by(), usd(1), 3600),))
B = an_entry("card", lines=(a_line(IDLE, usd(2), 3600),))


@given(st.lists(st.lists(entries(), max_size=3), min_size=1, max_size=4))
def test_any_earlier_state_is_read_again(commits: list[list[Entry]]) -> None:
    """Totals, entries, proofs and digest as of an instant are those that the ledger gave at that instant."""
    ledger, then = emptied(), []
    for number, portion in enumerate(commits):
        ledger.commit(Commit(tuple(portion)), at(10 * number))
        said = (ledger.totals(MONTH.window, by_subject=True), ledger.entries(MONTH.window), ledger.proofs(MONTH))
        then.append((*said, ledger.digest(MONTH)))
    for number, said_then in enumerate(then):
        instant = at(10 * number + 9)
        said = (
            ledger.totals(MONTH.window, by_subject=True, as_of=instant),
            ledger.entries(MONTH.window, as_of=instant),
            ledger.proofs(MONTH, instant),
        )
        assert (*said, ledger.digest(MONTH, instant)) == said_then
    assert ledger.entries(MONTH.window, as_of=at(-1)) == ()


@pytest.mark.parametrize(("instant", "found"), [(-1, ()), (0, (A,)), (4, (A,)), (5, (B,)), (9, (B,))])
def test_the_latest_at_or_before_the_instant_counts(ledger: SqlLedger, instant: int, found: tuple[Entry, ...]) -> None:
    """To the second; a later one leaves no trace."""
    ledger.commit(Commit((A,)), at(0))
    ledger.commit(Commit((B,)), at(5))
    assert ledger.entries(MONTH.window, as_of=at(instant)) == found


def test_drafts_count_only_now(ledger: SqlLedger) -> None:
    """They leave no history: an hour that was open then is not told."""
    ledger.commit(Commit(drafts=(A,)), T0)
    assert ledger.entries(MONTH.window) == (A,)
    assert ledger.entries(MONTH.window, as_of=at(HOUR)) == ()


def test_what_was_withdrawn_later_was_there(ledger: SqlLedger) -> None:
    """And a window of the month is read as the month is."""
    ledger.commit(Commit((A,)), at(0))
    ledger.commit(Commit(withdrawn((A,), ())), at(5))
    (total,) = ledger.totals(between(0, HOUR), as_of=at(4))
    assert (total.owner, total.nanos) == (owned_by(), usd(1).nanos)
    assert ledger.totals(between(HOUR, 2 * HOUR), as_of=at(4)) == ()
