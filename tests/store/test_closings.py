"""Closed months in the ledger: nothing changes them any more, and what they held is remembered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.holes import Holes
from aicost.core.identity import WorkloadRef, labels
from aicost.core.issued import Issued, UnitCharge, WorkloadCharge
from aicost.core.ledger import IDLE, Component, Entry
from aicost.core.owned import OwnedCards
from aicost.core.prices import DatedRate, ExchangeRate, GpuPrice, MigShare, PriceBook
from aicost.core.training import Moved, Spread
from aicost.core.window import DAY, HOUR, Period
from aicost.ports import Commit, Forbidden
from aicost.store import SqlLedger
from tests.store.drawn import entries
from tests.store.stored import emptied, opened, rows
from tests.support.builders import MODEL, T0, a_line, a_price, an_entry, at, between, owned_by, usd

MONTH = Period("2026-11")
NEXT = Period("2026-12")
A = an_entry("card", lines=(a_line(owned_by(), usd(1), 3600),))
B = an_entry("card", lines=(a_line(IDLE, usd(1), 3600),))
LEFT = ("NoPrice: something", "Unclaimed: else")


def of_december(*key: str) -> Entry:
    return Entry(replace(an_entry(*key).origin, window=between(31 * DAY, 31 * DAY + HOUR)), ())


def test_a_closing_remembers_who_when_and_what(url: str) -> None:
    """Over restarts; its digest is the month's, and stays it."""
    with opened(url) as ledger:
        ledger.commit(Commit((A,)), T0)
        closing = ledger.close_month(MONTH, at(9), "jane", LEFT)
        assert (closing.period, closing.at, closing.by, closing.left) == (MONTH, at(9), "jane", LEFT)
        assert closing.digest == ledger.digest(MONTH)
    with opened(url) as ledger:
        assert ledger.closings() == (closing,)


def test_a_second_close_changes_nothing(ledger: SqlLedger) -> None:
    """Whoever asks again is told of the first, with its digest."""
    ledger.commit(Commit((A,)), T0)
    closing = ledger.close_month(MONTH, at(9), "jane", ())
    assert ledger.close_month(MONTH, at(99), "joe", LEFT) == closing
    assert ledger.closings() == (closing,)


@pytest.mark.parametrize("spreads", [None, (), (("EUR", Spread(WorkloadRef("support", "tune"), "care", -5, 2**62)),)])
def test_a_closing_keeps_what_it_charged(url: str, spreads: tuple[tuple[str, Spread], ...] | None) -> None:
    """Whole, over restarts; beside a month whose closing kept nothing of it, and both verify.

    What nobody kept of trainings is not known, which is not the same as none.
    """
    issued = Issued(
        "USD",
        (ExchangeRate("EUR", T0, 1_250_000_000),),
        (UnitCharge("care", "USD", -5, 2**62), UnitCharge("eu", "EUR", 0, 3)),
        (WorkloadCharge(WorkloadRef("support", "chat"), "USD", 7),),
        spreads,
        (("EUR", Moved("care", 5, -1)), ("EUR", Moved("eu", -5, 1))) if spreads else (),
    )
    with opened(url) as ledger:
        before = ledger.close_month(MONTH, at(9), "jane", ())
        closing = ledger.close_month(NEXT, at(10), "jane", (), issued=issued)
        assert closing.issued == issued
    with opened(url) as ledger:
        assert ledger.closings() == (before, closing)
        assert ledger.verify().broken == ()


def test_a_closing_keeps_its_holes_and_the_prices_of_then(url: str) -> None:
    """Everything that cards cost, over restarts; with and without what it charged, and all verify."""
    asset = OwnedCards("dgx", MODEL, labels({"own": "dgx"}), 8, T0, 48, 2**60, 1, 7, includes_host=False)
    rates = DatedRate(T0, 4), DatedRate(at(DAY), 5)
    price = GpuPrice(MODEL, rates, labels({"zone": "b", "a": "c"}), includes_host=False)
    book = PriceBook("EUR", (price, a_price()), built_in=True, mig=(MigShare(MODEL, "3g.40gb", 5),), owned=(asset,))
    holes = Holes((between(0, 100), between(200, 300)), book)
    with opened(url) as ledger:
        first = ledger.close_month(MONTH, at(9), "jane", (), holes=Holes(holes.parts))
        closing = ledger.close_month(NEXT, at(10), "jane", (), (), Issued("EUR"), holes)
        assert closing.holes == holes
    with opened(url) as ledger:
        assert ledger.closings() == (first, closing)
        assert ledger.verify().broken == ()


def test_closings_come_oldest_first(ledger: SqlLedger) -> None:
    """In the order of months."""
    closed = [ledger.close_month(period, at(1), "schedule", ()) for period in (MONTH, NEXT)]
    assert list(ledger.closings()) == closed


@given(st.lists(entries(), max_size=4), st.lists(st.lists(entries(), min_size=1, max_size=3), max_size=3))
def test_closed_stays_closed_under_any_later_commit(held: list[Entry], later: list[list[Entry]]) -> None:
    """Whatever is committed afterwards is refused whole or was there already: digest, totals and proofs stay."""
    ledger = emptied()
    ledger.commit(Commit(tuple(held)), T0)
    digest = ledger.close_month(MONTH, at(9), "jane", ()).digest
    totals = ledger.totals(MONTH.window)
    for number, portion in enumerate(later):
        try:
            ledger.commit(Commit(tuple(portion), marks={f"through {number}": "x"}), at(10))
        except Forbidden:
            assert f"through {number}" not in ledger.marks()
        assert (ledger.digest(MONTH), ledger.totals(MONTH.window)) == (digest, totals)
        assert ledger.verify().broken == ()


def test_the_refusal_names_the_key_and_its_month(ledger: SqlLedger) -> None:
    """Of an entry as of a draft; the same entry again, and other months, are welcome."""
    ledger.commit(Commit((A,)), T0)
    ledger.close_month(MONTH, at(9), "jane", ())
    for late in (Commit((B,)), Commit(drafts=(an_entry("new"),))):
        with pytest.raises(Forbidden, match=r"belongs to 2026-11, which is closed: nothing was stored"):
            ledger.commit(late, at(10))
    assert ledger.commit(Commit((A, of_december("card-2"))), at(11)) == 1


def test_drafts_settle_with_their_month(url: str) -> None:
    """What was still open joins history as it is; drafts of the next month stay drafts."""
    with opened(url) as ledger:
        ledger.commit(Commit(drafts=(A, of_december("later"))), T0)
        before = ledger.digest(MONTH)
        assert ledger.close_month(MONTH, at(9), "jane", ()).digest == before
        ledger.commit(Commit(), at(10))
        assert ledger.entries(MONTH.window) == (A,)
        assert ledger.entries(NEXT.window) == ()
        assert ledger.verify().broken == ()
    assert rows(url, "SELECT id, recorded_at FROM entry") == [(1, at(9))]


def test_the_earliest_entry_is_found(ledger: SqlLedger) -> None:
    """At or after an instant, drafts too; none in an empty ledger."""
    assert ledger.earliest(at(-1)) is None
    ledger.commit(Commit((A,), (of_december("later"),)), T0)
    assert ledger.earliest(at(0)) == at(0)
    assert ledger.earliest(at(1)) == at(31 * DAY)


def test_corrections_of_a_month_are_found_wherever_they_are_booked(ledger: SqlLedger) -> None:
    """By the month that they correct; of each the latest."""

    def correction(period: str, nanos: int) -> Entry:
        made = an_entry("correction", period, "2026-12", "USD", "bill", "x", lines=(a_line(IDLE, usd(0, nanos)),))
        window = between(31 * DAY, 32 * DAY)
        return Entry(replace(made.origin, component=Component.CORRECTION, window=window), made.lines)

    ledger.commit(Commit((correction("2026-11", 1), correction("2026-10", 5), A)), T0)
    ledger.commit(Commit((correction("2026-11", 2),)), at(1))
    assert ledger.corrections(MONTH) == (correction("2026-11", 2),)
    assert ledger.corrections(NEXT) == ()


def test_what_only_moves_cost_is_in_the_digest(ledger: SqlLedger) -> None:
    """An entry whose lines sum to nothing is not an empty one."""
    before = ledger.digest(MONTH)
    ledger.commit(Commit((an_entry("moved", lines=(a_line(IDLE, usd(-1)), a_line(owned_by(), usd(1)))),)), T0)
    assert ledger.digest(MONTH) != before
