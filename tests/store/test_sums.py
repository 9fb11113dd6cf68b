"""Totals and proofs: exact sums of the latest lines, and no silence about rows that do not add up."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.ledger import IDLE, Component, Entry, Proof, Total
from aicost.core.reasons import GapReason
from aicost.core.window import HOUR, Period
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.store.conftest import Emptied
from tests.store.drawn import entries
from tests.store.stored import opened, rows
from tests.support.builders import T0, a_line, an_entry, between, owned_by, usd
from tests.support.strategies import by_key

MONTH = Period("2026-11")


def summed(latest: list[Entry], *, by_subject: bool) -> set[tuple[object, ...]]:
    """The same totals, added up in Python."""
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for origin, line in ((entry.origin, line) for entry in latest for line in entry.lines):
        currency = origin.amount.currency if origin.amount else ""
        kind = line.owner, origin.component, origin.pool, origin.certainty, currency, origin.gap
        into = sums[(*kind, line.subject if by_subject else "")]
        into[0] += line.amount.nanos if line.amount else 0
        into[1] += line.quantity
    return {(*kind, *pair) for kind, pair in sums.items()}


def flat(total: Total) -> tuple[object, ...]:
    """A total as `summed` writes it."""
    kind = total.owner, total.component, total.pool, total.certainty, total.currency, total.gap, total.subject
    return *kind, total.nanos, total.quantity


@given(st.lists(st.lists(entries(), max_size=5), max_size=3), st.booleans())
def test_totals_are_the_sums_of_the_latest_lines(
    emptied: Emptied, commits: list[list[Entry]], by_subject: bool
) -> None:
    """Totals equal a plain sum over the latest entries, whatever was superseded on the way, and come in one order."""
    ledger = emptied()
    for portion in commits:
        ledger.commit(Commit(tuple(portion)), T0)
    totals = ledger.totals(MONTH.window, by_subject=by_subject)
    latest = list(by_key([entry for portion in commits for entry in portion]).values())
    assert {flat(total) for total in totals} == summed(latest, by_subject=by_subject)
    assert len(totals) == len({flat(total)[:7] for total in totals})


@given(st.lists(entries(), max_size=6))
def test_totals_of_parts_of_a_window_sum_to_the_whole(emptied: Emptied, drawn: list[Entry]) -> None:
    """Additivity: hours summed are the month."""
    ledger = emptied()
    ledger.commit(Commit(tuple(drawn)), T0)
    parts = [total for hour in range(4) for total in ledger.totals(between(hour * HOUR, (hour + 1) * HOUR))]
    whole = ledger.totals(MONTH.window)
    assert sum(total.nanos for total in parts) == sum(total.nanos for total in whole)
    assert sum(total.quantity for total in parts) == sum(total.quantity for total in whole)


def test_superseded_lines_stop_counting(ledger: SqlLedger) -> None:
    """A new account of an origin moves its cost from one owner to the other, and the sum stays."""
    ledger.commit(Commit((an_entry(lines=(a_line(IDLE, usd(4), 3600),)),)), T0)
    ledger.commit(Commit((an_entry(lines=(a_line(owned_by(), usd(4), 3600),)),)), T0)
    (total,) = ledger.totals(MONTH.window)
    assert (total.owner, total.nanos) == (owned_by(), 4 * 10**9)


def test_lines_without_a_price_are_apart(ledger: SqlLedger) -> None:
    """Missing is not zero: what has no price is its own total, with its reason, its quantity and no currency."""
    unpriced = an_entry("unpriced", lines=(a_line(IDLE, None, 60),), gap=GapReason.NO_PRICE)
    ledger.commit(Commit((unpriced, an_entry("priced", lines=(a_line(IDLE, usd(1), 3600),)))), T0)
    found = [(total.currency, total.gap, total.nanos, total.quantity) for total in ledger.totals(MONTH.window)]
    assert found == [("", GapReason.NO_PRICE, 0, 60), ("USD", None, 10**9, 3600)]


def test_sum_beyond_64_bits_is_exact(ledger: SqlLedger) -> None:
    """A month in a currency of small units passes 9.2e9 of them: totals and proofs hold every nano-unit of it."""
    odd = 2**63 - 25
    lines = (a_line(IDLE, usd(0, odd), 2**62 + 1), a_line(owned_by(), usd(0, 7), 0))
    ledger.commit(Commit(tuple(an_entry(str(n), lines=lines) for n in range(5))), T0)
    idle, mine = sorted(ledger.totals(MONTH.window), key=lambda total: total.owner == owned_by())
    assert (idle.nanos, idle.quantity, mine.nanos) == (5 * odd, 5 * (2**62 + 1), 35)
    assert ledger.proofs(MONTH) == (Proof(MONTH, Component.GPU, "USD", 5, 5 * (odd + 7), 5 * (odd + 7), 0),)


def test_lines_that_pass_64_bits_on_the_way_to_their_origin_are_proved(ledger: SqlLedger) -> None:
    """Large amounts and their credits sum to a small origin: nothing is broken."""
    lines = tuple(a_line(IDLE, usd(0, nanos)) for nanos in (2**62, 2**62, 2**62, -(2**62), -(2**62), -(2**62) + 1))
    ledger.commit(Commit((an_entry(lines=lines),)), T0)
    assert ledger.proofs(MONTH) == (Proof(MONTH, Component.GPU, "USD", 1, 1, 1, 0),)


def test_proof_counts_what_is_stored(ledger: SqlLedger) -> None:
    """A month's origins and lines are summed apart, by component and currency, and differ by nothing."""
    priced = an_entry("priced", lines=(a_line(IDLE, usd(1), 1800), a_line(owned_by(), usd(3), 1800)))
    unpriced = an_entry("unpriced", lines=(a_line(IDLE, None, 60),), gap=GapReason.NO_PRICE)
    empty = an_entry("empty")
    ledger.commit(Commit((priced, unpriced, empty)), T0)
    assert ledger.proofs(MONTH) == (
        Proof(MONTH, Component.GPU, "", entries=1, origins=0, lines=0, broken=0),
        Proof(MONTH, Component.GPU, "USD", entries=2, origins=4 * 10**9, lines=4 * 10**9, broken=0),
    )
    assert ledger.proofs(MONTH.previous) == ()


@pytest.mark.parametrize(
    ("tampering", "difference", "broken"),
    [
        ("UPDATE line SET nanos = nanos - 1 WHERE entry_id = 1 AND position = 0", 1, 1),
        ("UPDATE line SET nanos = CASE entry_id WHEN 1 THEN nanos - 1 ELSE nanos + 1 END WHERE position = 0", 0, 2),
        ("UPDATE line SET quantity = quantity + 1 WHERE entry_id = 2 AND position = 0", 0, 1),
        ("DELETE FROM line WHERE entry_id = 1", 4 * 10**9, 1),
        ("UPDATE line SET nanos = 9223372036854775807 WHERE entry_id = 1 AND position = 0", 10**9 - 2**63 + 1, 1),
        ("UPDATE entry SET amount = NULL, currency = NULL, gap = 'NoPrice' WHERE id = 1", 0, 1),
    ],
)
def test_proof_finds_rows_that_do_not_add_up(url: str, tampering: str, difference: int, broken: int) -> None:
    """A line changed behind the ledger's back shows, also where two changes cancel or only a quantity moved."""
    lines = (a_line(IDLE, usd(1), 1800), a_line(owned_by(), usd(3), 1800))
    with opened(url) as ledger:
        ledger.commit(Commit((an_entry("one", lines=lines), an_entry("two", lines=lines))), T0)
    rows(url, tampering)
    with opened(url) as ledger:
        proofs = ledger.proofs(MONTH)
    assert proofs[-1].difference == difference
    assert sum(proof.broken for proof in proofs) == broken
