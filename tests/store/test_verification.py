"""Proving a ledger from its rows: what was recorded is found whole, and any row that was changed is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.holes import Holes
from aicost.core.issued import Issued, UnitCharge
from aicost.core.ledger import IDLE, Entry
from aicost.core.window import Period
from aicost.ports import Commit, Malformed
from aicost.store.encoding import canonical, chain
from aicost.store.verification import BATCH
from tests.store.drawn import entries
from tests.store.stored import emptied, opened, rows
from tests.support.builders import T0, a_line, an_entry, at, between, owned_by, usd

MONTH = Period("2026-11")
A = an_entry("card", lines=(a_line(owned_by(), usd(1), 3600), a_line(IDLE, usd(3), 60)))
B = an_entry("card", lines=(a_line(IDLE, usd(1), 3600),))
C = an_entry("other", lines=(a_line(IDLE, usd(1), 3600),))
ISSUED = Issued("USD", units=(UnitCharge("care", "USD", 7, 7),), spreads=())
HOLES = Holes((between(1, 5),))
DRAFT = an_entry("open", lines=(a_line(IDLE, usd(1), 60),))


@given(st.lists(st.tuples(st.lists(entries(), max_size=3), st.lists(entries(), max_size=2)), max_size=3))
def test_what_the_ledger_wrote_is_proved(commits: list[tuple[list[Entry], list[Entry]]]) -> None:
    """Any history with any drafts verifies, as a whole and by month."""
    ledger = emptied()
    for number, (settled, still_open) in enumerate(commits):
        ledger.commit(Commit(tuple(settled), tuple(still_open)), at(number))
    before = ledger.verify(MONTH)
    ledger.close_month(MONTH, at(99), "jane", ("x",))
    after = ledger.verify()
    assert before.broken == after.broken == ()
    assert before.entries == after.entries >= len(ledger.entries(MONTH.window))


@pytest.mark.parametrize(
    ("tampering", "key", "what"),
    [
        ("UPDATE line SET nanos = nanos - 1 WHERE entry_id = 1 AND position = 0", '["card"]', "do not sum to it"),
        ("UPDATE line SET owner_kind = 'unclaimed' WHERE entry_id = 2", '["card"]', "do not say what was recorded"),
        ("UPDATE line SET subject = 'x' WHERE entry_id = 4", '["open"]', "do not say what was recorded"),
        ("DELETE FROM line WHERE entry_id = 3", '["other"]', "do not sum to it"),
        ("UPDATE entry SET description = 'x' WHERE id = 1", '["card"]', "do not say what was recorded"),
        ("UPDATE entry SET recorded_at = recorded_at - 1 WHERE id = 2", '["card"]', "its place in history"),
        ("UPDATE entry SET previous_id = NULL WHERE id = 2", '["card"]', "its place in history"),
        ("UPDATE entry SET previous_id = 3 WHERE id = 2", '["card"]', "is another key's"),
        ("UPDATE head SET entry_id = 1 WHERE key = '[\"card\"]'", '["card"]', "not the one that counts"),
        ("UPDATE head SET window_start = window_start + 1 WHERE entry_id = 3", '["other"]', "is not this key's"),
        ("DELETE FROM head WHERE entry_id = 3", '["other"]', "not the one that counts"),
        ("UPDATE closing SET issued = replace(issued, '7', '8')", "closing 2026-11", "does not say what was recorded"),
        ("UPDATE closing SET issued = NULL", "closing 2026-11", "does not say what was recorded"),
        ("UPDATE closing SET holes = replace(holes, '1', '2')", "closing 2026-11", "does not say what was recorded"),
        ("UPDATE closing SET holes = NULL", "closing 2026-11", "does not say what was recorded"),
        ("UPDATE closing SET closed_by = 'joe'", "closing 2026-11", "does not say what was recorded"),
        ("UPDATE rollup SET nanos_left = nanos_left + 1", "roll-up 2026-11-01", "are not those of its lines"),
        ("UPDATE rollup SET day = day + 86400", "roll-up 2026-11-02", "are not those of its lines"),
        ("DELETE FROM rollup WHERE owner_kind = 'idle'", "roll-up 2026-11-01", "are not those of its lines"),
        ("UPDATE closing SET spreads = 'x'", "closing 2026-11", "cannot be read"),
        ("UPDATE closing SET remaining = '{'", "closing 2026-11", "does not say what was recorded"),
        ("UPDATE closing SET period = '2026-1x'", "closing 2026-1x", "cannot be read"),
        ("UPDATE closing SET holes = spreads, spreads = holes", "closing 2026-11", "does not say what was recorded"),
        ("DELETE FROM closing", "closing 2026-11", "it is gone"),
        ("UPDATE closing SET digest = 'x'", "closing 2026-11", "does not hold what it held"),
    ],
)
def test_a_row_that_was_changed_is_named(url: str, tampering: str, key: str, what: str) -> None:
    """Of entries, lines, heads, closings and sums, superseded ones too: by its key, and with what is wrong."""
    with opened(url) as ledger:
        ledger.commit(Commit((A,)), at(0))
        ledger.commit(Commit((B, C)), at(1))
        ledger.commit(Commit((DRAFT,)), at(2))
        ledger.close_month(MONTH, at(3), "jane", (), issued=ISSUED, holes=HOLES)
        assert ledger.verify().broken == ()
    rows(url, tampering)
    with opened(url) as ledger:
        found = ledger.verify()
    assert [each for each in found.broken if each.key == key and what in each.what], found


def test_a_closing_that_does_not_name_what_it_says_is_proved(url: str) -> None:
    """As versions before this one made them: what was kept, in its order; and the newest was not remembered."""
    with opened(url) as ledger:
        ledger.commit(Commit((A,)), at(0))
        ledger.close_month(MONTH, at(3), "jane", ("x",), ("acct",), ISSUED, HOLES)
    names = "period, closed_at, closed_by, digest, remaining, accounts, issued, holes, spreads"
    (said,) = rows(url, f"SELECT {names} FROM closing")  # noqa: S608 # names of our own
    rows(url, f"UPDATE closing SET chain = '{chain('', canonical(list(said)))}'")  # noqa: S608 # a digest
    rows(url, "DELETE FROM mark WHERE name = 'closing.last'")
    with opened(url) as ledger:
        assert ledger.verify().broken == ()
        ledger.close_month(Period("2026-12"), at(4), "jane", ())
        assert ledger.verify().broken == ()


def test_a_closing_that_cannot_be_read_says_so(url: str) -> None:
    """Whoever asks which months are closed is told which one is broken, and what to do."""
    with opened(url) as ledger:
        ledger.close_month(MONTH, at(3), "jane", ())
    rows(url, "UPDATE closing SET accounts = '[['")
    with opened(url) as ledger, pytest.raises(Malformed, match=r"closing of 2026-11 cannot be read.*restore a back-up"):
        ledger.closings()


@pytest.mark.parametrize(("gone", "key", "what"), [(1, "", "1 entries are gone"), (3, '["other"]', "is missing")])
def test_an_entry_that_is_gone_is_named(sqlite_url: str, gone: int, key: str, what: str) -> None:
    """Where its file lets it go: PostgreSQL's foreign keys do not."""
    with opened(sqlite_url) as ledger:
        ledger.commit(Commit((A,)), at(0))
        ledger.commit(Commit((B, C)), at(1))
    rows(sqlite_url, f"DELETE FROM entry WHERE id = {gone}")  # noqa: S608 # a number of our own
    with opened(sqlite_url) as ledger:
        found = ledger.verify()
    assert [each for each in found.broken if each.key == key and what in each.what], found


def test_a_closed_month_that_lost_a_whole_key_is_found(url: str) -> None:
    """Though every chain that is left is whole: the newest key with all its rows."""
    with opened(url) as ledger:
        ledger.commit(Commit((A, C)), at(0))
        ledger.close_month(MONTH, at(3), "jane", ())
    for table, column in (("head", "entry_id"), ("line", "entry_id"), ("entry", "id")):
        rows(url, f"DELETE FROM {table} WHERE {column} = 2")  # noqa: S608 # names of our own
    with opened(url) as ledger:
        assert [each.key for each in ledger.verify().broken] == ["closing 2026-11", "roll-up 2026-11-01"]
        assert [each.key for each in ledger.verify(MONTH).broken] == ["closing 2026-11", "roll-up 2026-11-01"]
        assert ledger.verify(MONTH.previous).broken == ()


def test_more_entries_than_a_portion_holds(url: str) -> None:
    """All are read, and each once."""
    many = tuple(an_entry("card", f"{n:05}", lines=B.lines) for n in range(BATCH + 1))
    with opened(url) as ledger:
        ledger.commit(Commit((*many, an_entry("card", "00000", lines=C.lines[:0]))), T0)
        verified = ledger.verify()
    assert (verified.entries, verified.broken) == (BATCH + 2, ())
