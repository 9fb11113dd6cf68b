"""What reports drill into: the largest lines with their origins, sums of all of them, and an origin by its id."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.drill import Part, Whose, origin_id
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import IDLE, Entry
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Period
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.store.conftest import Emptied
from tests.store.drawn import NAME, entries
from tests.support.builders import T0, a_line, an_entry, at, between, owned_by, usd
from tests.support.strategies import by_key

MONTH = Period("2026-11").window
CHAT = WorkloadRef("support", "chat")
WHOSE = st.builds(Whose, NAME) | st.builds(lambda space, name: Whose(workload=WorkloadRef(space, name)), NAME, NAME)


def size(part: Part) -> tuple[int, int]:
    return -abs(part.line.amount.nanos if part.line.amount else 0), -abs(part.line.quantity)


@given(st.lists(st.lists(entries(), max_size=4), max_size=3), WHOSE, st.integers(1, 9))
def test_parts_are_the_largest_of_the_latest_lines(
    emptied: Emptied, commits: list[list[Entry]], whose: Whose, most: int
) -> None:
    """Just the lines of the one who is asked for, the largest first, out of a true count; sums are those of all."""
    ledger = emptied()
    for portion in commits:
        ledger.commit(Commit(tuple(portion)), T0)
    latest = by_key([entry for portion in commits for entry in portion]).values()
    every = [Part(entry.origin, line) for entry in latest for line in entry.lines]
    mine = [
        p
        for p in every
        if p.line.owner.unit == whose.unit or (whose.workload and p.line.owner.workload == whose.workload)
    ]
    filled = [p for p in mine if p.line.quantity or (p.line.amount and p.line.amount.nanos)]
    found = ledger.drilled(MONTH, whose, most)
    assert found.count == len(filled)
    assert [size(part) for part in found.parts] == sorted(map(size, filled))[:most]
    assert all(part in filled for part in found.parts)
    priced = sum(total.nanos for total in found.totals if total.gap is None)
    assert priced == sum(part.line.amount.nanos for part in filled if part.line.amount)


@given(st.lists(entries(), max_size=4))
def test_every_origin_is_found_by_its_id(emptied: Emptied, drawn: list[Entry]) -> None:
    """As it stands now, whatever it was before."""
    ledger = emptied()
    ledger.commit(Commit(tuple(drawn)), T0)
    for entry in by_key(drawn).values():
        assert ledger.origin(MONTH, origin_id(entry.origin.key)) == entry


def test_only_the_window_is_looked_into(ledger: SqlLedger) -> None:
    """An origin of another time is not there, nor are its lines."""
    entry = an_entry("card", lines=(a_line(owned_by(), usd(4), 3600),))
    ledger.commit(Commit((entry,)), T0)
    later = between(HOUR, 2 * HOUR)
    assert ledger.origin(later, origin_id(("card",))) is None
    assert ledger.drilled(later, Whose(workload=CHAT), 9).count == 0


def test_what_has_no_price_stands_last_and_is_there(ledger: SqlLedger) -> None:
    """Missing is not zero: such a line is told by its quantity, after every line with an amount."""
    cheap = an_entry("cheap", lines=(a_line(owned_by(), usd(0, 1), 1),))
    unpriced = an_entry("unpriced", lines=(a_line(owned_by(), None, 3600),), gap=GapReason.NO_PRICE)
    ledger.commit(Commit((unpriced, cheap)), T0)
    parts = ledger.drilled(MONTH, Whose(workload=CHAT), 9).parts
    assert [part.origin.key for part in parts] == [("cheap",), ("unpriced",)]
    assert parts[1].line.amount is None


def test_parts_are_told_as_they_were(ledger: SqlLedger) -> None:
    """As of an instant: what counted then, also of an origin by its id."""
    before = an_entry("card", lines=(a_line(owned_by(), usd(4), 3600),))
    after = an_entry("card", lines=(a_line(IDLE, usd(4), 3600),))
    ledger.commit(Commit((before,)), at(0))
    ledger.commit(Commit((after,)), at(5))
    assert [ledger.drilled(MONTH, Whose(workload=CHAT), 9, at(second)).count for second in (-1, 4, 5)] == [0, 1, 0]
    assert ledger.origin(MONTH, origin_id(("card",)), at(4)) == before
