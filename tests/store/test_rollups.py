"""Roll-ups: sums of days that are those of the lines, whatever was committed, moved, closed or stored before there were any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, Entry, Total
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Period, Window
from aicost.ports import Commit
from aicost.store import SqlLedger
from aicost.store.engine import engine, make_room
from aicost.store.revisions import configuration
from tests.store.conftest import Emptied
from tests.store.drawn import entries
from tests.store.stored import opened, rows
from tests.support.builders import T0, a_line, an_entry, at, between, owned_by, usd

MONTH = Period("2026-11").window


def on(day: int, entry: Entry) -> Entry:
    """The entry as it is, begun so many days later."""
    window = entry.origin.window
    return Entry(
        replace(entry.origin, window=Window(at(window.start - T0 + day * DAY), at(window.end - T0 + day * DAY))),
        entry.lines,
    )


def in_days() -> st.SearchStrategy[Entry]:
    return st.builds(on, st.integers(0, 2), entries())


def together(totals: Iterable[Total]) -> dict[Total, tuple[int, int]]:
    sums: dict[Total, list[int]] = defaultdict(lambda: [0, 0])
    for total in totals:
        of = sums[replace(total, nanos=0, quantity=0, subject="")]
        of[0] += total.nanos
        of[1] += total.quantity
    return {of: (nanos, quantity) for of, (nanos, quantity) in sums.items()}


@given(st.lists(st.tuples(st.lists(in_days(), max_size=3), st.lists(in_days(), max_size=2)), max_size=4), st.booleans())
def test_totals_are_those_of_the_lines(
    emptied: Emptied, commits: list[tuple[list[Entry], list[Entry]]], close: bool
) -> None:
    """Of a day, and of all days; settled or still open, superseded or moved to another day, and after a close."""
    ledger = emptied()
    for settled, still_open in commits:
        ledger.commit(Commit(tuple(settled), tuple(still_open)), T0)
    if close:
        ledger.close_month(Period("2026-11"), T0, "jane", ())
    for over in (MONTH, between(0, DAY), between(DAY, 3 * DAY)):
        assert together(ledger.totals(over)) == together(ledger.totals(over, by_subject=True))
    assert ledger.verify().broken == ()


def test_what_has_no_amount_is_summed_by_what_it_counts(ledger: SqlLedger) -> None:
    """Images and seconds of one owner are two sums, of lines as of days; what has an amount is one, whatever it counts."""
    for key, unit, gap in (
        ("a", "images", True),
        ("b", "images", True),
        ("c", "seconds", True),
        ("d", "tokens", False),
    ):
        line = a_line(owned_by(), None if gap else usd(4), 3)
        entry = an_entry(key, lines=(line,), gap=GapReason.NO_USAGE_PRICE if gap else None)
        ledger.commit(Commit((Entry(replace(entry.origin, unit=unit), entry.lines),)), T0)
    for by_subject in (True, False):
        told = {(total.unit, total.quantity) for total in ledger.totals(MONTH, by_subject=by_subject)}
        assert told == {("images", 6), ("seconds", 3), ("", 3)}


@pytest.mark.parametrize("draft", [False, True])
def test_an_entry_that_moves_to_another_day_leaves_nothing_behind(ledger: SqlLedger, draft: bool) -> None:
    """Settled or a draft: both days are summed anew."""
    entry = an_entry("card", lines=(a_line(owned_by(), usd(4), 3600),))
    for moved in (entry, on(1, entry)):
        ledger.commit(Commit(drafts=(moved,)) if draft else Commit((moved,)), T0)
    assert ledger.totals(between(0, DAY)) == ()
    assert [total.nanos for total in ledger.totals(between(DAY, 2 * DAY))] == [usd(4).nanos]


def test_parts_of_days_are_summed_from_lines(ledger: SqlLedger) -> None:
    """An hour is none of the sums that are kept."""
    card = an_entry("card", lines=(a_line(IDLE, usd(4), 3600),))
    ledger.commit(
        Commit((card, replace(card, origin=replace(card.origin, key=("b",), window=between(HOUR, 9000))))), T0
    )
    assert [total.nanos for total in ledger.totals(between(HOUR, DAY))] == [usd(4).nanos]
    assert [total.nanos for total in ledger.totals(between(0, DAY))] == [usd(8).nanos]


def test_nothing_is_written_where_nothing_changed(sqlite_url: str) -> None:
    """Equal entries and equal drafts leave the sums alone: a row that may not be deleted is not missed."""
    settled = an_entry("card", lines=(a_line(owned_by(), usd(4), 3600),))
    draft = an_entry("open", lines=(a_line(IDLE, usd(1), 60),))
    with opened(sqlite_url) as ledger:
        ledger.commit(Commit((settled,), (draft,)), T0)
    rows(sqlite_url, "CREATE TRIGGER kept BEFORE DELETE ON rollup BEGIN SELECT RAISE(ABORT, 'touched'); END")
    with opened(sqlite_url) as ledger:
        ledger.commit(Commit((settled,), (draft,)), T0)
        with pytest.raises(Exception, match="touched"):
            ledger.commit(Commit((settled,)), T0)


BEFORE = """INSERT INTO entry VALUES ({id}, '["{id}"]', '{id}', '{id}', NULL, {since}, {since} + 60, '2026-11', 'gpu', 'H100-80GB',
    'rated', {amount}, {currency}, 60, 'card-microseconds', '', {gap}, 0)"""
LINES = """INSERT INTO line VALUES ({id}, 0, 'workload', 'care', 'support', 'chat', 'a', {nanos}, 20),
    ({id}, 1, 'idle', 'unallocated', NULL, NULL, 'b', {nanos}, 40)"""


def test_a_ledger_of_a_version_before_gets_its_sums_when_it_is_opened(url: str) -> None:
    """Made of what counts there: drafts and lines without a price too, credits with their sign."""
    at_0007 = engine(url)
    with at_0007.begin() as connection:
        make_room(connection)
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
    at_0007.dispose()
    priced, unpriced = ("-3000000007 * 2", "'USD'", "NULL"), ("NULL", "NULL", "'NoPrice'")
    for number, since, (amount, currency, gap) in ((1, T0, priced), (2, T0 + DAY, unpriced), (-1, T0 + HOUR, priced)):
        rows(url, BEFORE.format(id=number, since=since, amount=amount, currency=currency, gap=gap))
        rows(url, LINES.format(id=number, nanos="-3000000007" if gap == "NULL" else "NULL"))
        rows(url, f"""INSERT INTO head VALUES ('["{number}"]', {number}, {since})""")  # noqa: S608 # numbers of our own
    with opened(url) as ledger:
        assert together(ledger.totals(MONTH)) == together(ledger.totals(MONTH, by_subject=True))
        assert [(t.nanos, t.quantity) for t in ledger.totals(between(0, DAY))] == [(-6000000014, 80), (-6000000014, 40)]
    assert rows(url, "SELECT count(*) FROM rollup") == [(4,)]
