"""What is gone is known by file: neither what others tell nor what is charged beside it takes its place."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from aicost.core.billed_files import Charge, Told, ToldDay, gathered
from aicost.core.declarations import MONTH_TO_DATE, PARTS
from aicost.core.window import DAY
from aicost.sources.tokens.focus.gone import Missing, There, missed
from aicost.sources.tokens.focus.tellers import Tellers
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_gone import BEGIN, X, on, read, told

LATER = {"BillingPeriodStart": "2026-12-01T00:00:00Z"}


def of_payer(payer: str, cost: str, day: int = 0) -> Mapping[str, str]:
    """Rows of two payers add up, whatever else is the same."""
    return on(day, cost, BillingAccountId=payer)


@pytest.mark.parametrize(
    ("payer", "cost", "is_missed"),
    [
        *(("b", "1", True), ("b", "-1", True), ("b", "4.99", True), ("b", "5", False), ("b", "12", False)),
        *(("c", "1", True), ("c", "12", True)),
    ],
)
async def test_a_late_charge_is_compared_with_what_is_gone(
    folder: Path, ledger: SqlLedger, payer: str, cost: str, is_missed: bool
) -> None:
    """Not with what another file tells of the same: of 100 and 10 a late 1 made 101, and 9 were lost without a gap."""
    write_csv(folder / "a.csv", [of_payer("a", "100")])
    gone = write_csv(folder / "b.csv", [of_payer("b", "10")])
    assert sum(told(await read(folder, ledger))[0].values()) == 110 * 10**9
    gone.unlink()
    late = write_csv(folder / "c.csv", [of_payer(payer, cost)])
    reading = await read(folder, ledger)
    assert await read(folder, ledger) == reading
    assert set(told(reading)) == (set() if is_missed else {0})
    if is_missed:
        assert f"no file tells of what {gone} told of it, though one did: is b.csv missing?" in reading.gaps[0].message
        assert "focusFile.exports: MonthToDate says that the last one counts" in reading.gaps[0].message
        write_csv(gone, [of_payer("b", "10")])
        write_csv(late, [of_payer("c", cost)])
        wanted = (110 + Decimal(cost)).scaleb(9)
        assert sum(told(await read(folder, ledger))[0].values()) == wanted


async def test_what_is_restated_beside_it_does_not_hide_what_is_gone(folder: Path, ledger: SqlLedger) -> None:
    """A file that is there tells less, or more, of another payer: whose invoice is another's says nothing of it."""
    write_csv(folder / "a.csv", [of_payer("a", "100")])
    gone = write_csv(folder / "b.csv", [of_payer("b", "10")])
    await read(folder, ledger)
    gone.unlink()
    for cost in ("90", "106", "120", "104"):
        write_csv(folder / "a.csv", [of_payer("a", cost)])
        assert told(await read(folder, ledger)) == {}
    write_csv(gone, [of_payer("b", "10")])
    assert sum(told(await read(folder, ledger))[0].values()) == 114 * 10**9


async def test_a_correction_of_the_next_month_does_not_take_the_place_of_this_one(
    folder: Path, ledger: SqlLedger
) -> None:
    """Though the last of months so far says what is charged: of its own month."""
    gone = write_csv(folder / "nov.csv", [on(day, "10") for day in range(4)])
    assert set(told(await read(folder, ledger, MONTH_TO_DATE))) == {0, 1, 2, 3}
    gone.unlink()
    write_csv(folder / "dec.csv", [on(3, "-1", **LATER), *(on(day, "10", **LATER) for day in range(4, 6))])
    reading = await read(folder, ledger, MONTH_TO_DATE)
    assert set(told(reading)) == {4, 5}
    assert [gap.since for gap in reading.gaps if "is nov.csv missing?" in gap.message] == [BEGIN + 3 * DAY]


async def test_a_charge_in_another_currency_says_nothing(folder: Path, ledger: SqlLedger) -> None:
    """Of the same service and account: dollars that are gone are no euros."""
    gone = write_csv(folder / "a.csv", [on(0, "10"), on(0, "1", ServiceName="Fees")])
    await read(folder, ledger)
    gone.unlink()
    write_csv(folder / "euros.csv", [on(0, "10", BillingCurrency="EUR"), on(0, "1", ServiceName="Fees")])
    reading = await read(folder, ledger)
    assert told(reading) == {}
    assert "is a.csv missing?" in reading.gaps[0].message


async def test_a_part_under_another_name_is_not_gone(folder: Path, ledger: SqlLedger) -> None:
    """Whatever else is restated meanwhile, and of whatever time its copy is."""
    for number in range(2):
        write_csv(folder / f"part-{number}.csv", [on(0, f"{number + 1}")])
    await read(folder, ledger, PARTS)
    (folder / "part-0.csv").rename(folder / "moved.csv")
    write_csv(folder / "part-1.csv", [on(0, "40")])
    assert sum(told(await read(folder, ledger, PARTS))[0].values()) == 41 * 10**9


def test_an_earlier_file_does_not_count_again_beside_a_late_charge() -> None:
    """The later one that had replaced it is gone: nobody wrote that it is right now."""
    before = ToldDay(BEGIN, {"a": "s", "b": "s"}, (Told(X, {"b": Decimal(10)}),))
    now = ToldDay(BEGIN, {"a": "s", "c": "s"}, (Told(X, {"a": Decimal(9), "c": Decimal(3)}),))
    there = There({"a": "s", "c": "s"}, lambda *_: ("a", "c"), "", (before,), lambda _: now.shares)
    assert missed(before, now, there) == Missing(X, frozenset({"b"}))


@pytest.mark.parametrize(("costs", "is_missed"), [((4, 4, 2), False), ((1, 1, 1), True)])
def test_parts_of_another_run_stand_together_for_those_of_the_one_that_is_gone(
    costs: tuple[int, int, int], is_missed: bool
) -> None:
    """However many there are of either: what each tells is another part of the same charges."""
    shares = (
        {f"{run}/part-{n}.csv": Decimal(of) for n, of in enumerate(told)} for run, told in (("1", (5, 5)), ("2", costs))
    )
    gone, there = shares
    before = ToldDay(BEGIN, dict.fromkeys(gone, "s"), (Told(X, gone),))
    now = ToldDay(BEGIN, dict.fromkeys(there, "s"), (Told(X, there),))
    known = There(now.files, lambda *_: there, "", (before,), lambda _: now.shares)
    assert missed(before, now, known) == (Missing(X, frozenset(gone)) if is_missed else None)


async def test_what_was_told_before_invoices_were_known_is_on_any(folder: Path, ledger: SqlLedger) -> None:
    """A ledger of an earlier version names none: it is compared as it was, and each day is known by invoice once it is told."""
    gone = write_csv(folder / "a.csv", [on(0, "10", **LATER), on(0, "1", **LATER)])
    await read(folder, ledger)
    account = f'["{folder}/*.csv", []]'
    (day,) = ledger.files_told(account)
    (charge,) = day.shares
    assert charge == Charge("Amazon Bedrock", "4711", "", "USD", "", LATER["BillingPeriodStart"])
    ledger.tell_files(account, [ToldDay.of(BEGIN, day.files, gathered(day.shares, lambda of: of.anywhere))], BEGIN)
    assert sum(told(await read(folder, ledger))[0].values()) == 11 * 10**9
    assert ledger.files_told(account) == (day,)
    ledger.tell_files(account, [ToldDay.of(BEGIN, day.files, gathered(day.shares, lambda of: of.anywhere))], BEGIN)
    gone.unlink()
    write_csv(folder / "b.csv", [on(0, "1", **LATER)])
    assert told(await read(folder, ledger)) == {}
    write_csv(folder / "b.csv", [on(0, "8", **LATER)])
    assert sum(told(await read(folder, ledger))[0].values()) == 8 * 10**9


async def test_an_invoice_is_the_same_in_whatever_way_its_month_is_written(folder: Path, ledger: SqlLedger) -> None:
    """Formats write times otherwise; where it is no time, it is what is written."""
    for written in ("2026-12-01T00:00:00Z", "2026-12-01 00:00:00+00", "2026-12-01"):
        write_csv(folder / "a.csv", [on(0, "10", BillingPeriodStart=written)])
        assert set(told(await read(folder, ledger))) == {0}
    write_csv(folder / "a.csv", [on(0, "10", BillingPeriodStart="December")])
    assert told(await read(folder, ledger)) == {}


def test_who_tells_of_a_charge_is_known_by_invoice() -> None:
    """And on whichever, where none is named; what is summed over them is not zero."""
    tellers = Tellers()
    for payer, cost in (("p", "1"), ("q", "-1")):
        tellers.tell(BEGIN, X._replace(payer=payer), (("x", "1", payer, ""), "a"), f"{payer}.csv", Decimal(cost))
        tellers.tell(BEGIN, X._replace(payer=payer), (("x", "1", payer, ""), "a"), "both.csv", Decimal(cost))
    assert tellers.of(X._replace(payer="p"), BEGIN) == {"p.csv", "both.csv"}
    assert tellers.of(X._replace(payer="p", period="2026-11"), BEGIN) == {"p.csv", "both.csv"}
    assert tellers.of(X._replace(period="2026-11"), BEGIN) == tellers.of(X, BEGIN) == {"p.csv", "q.csv", "both.csv"}
    shares = tellers.shares(BEGIN, {(("x", "1", payer, ""), "a") for payer in "pq"})
    assert gathered(shares, lambda of: of.anywhere) == {X: {"p.csv": 1, "q.csv": -1}}


def test_who_tells_of_a_charge_is_known_by_currency() -> None:
    """And shares only of what counts; a row of no cost is told, and no share."""
    tellers, euros = Tellers(), X._replace(currency="EUR")
    bill = ("x", "1", "", "")
    for charge, account, cost in ((X, "a", "1"), (X, "a", "2"), (X, "b", "4"), (euros, "b", "0"), (euros, "c", "8")):
        tellers.tell(BEGIN, charge, (bill, account), f"{account}.csv", Decimal(cost))
    assert [tellers.of(each, BEGIN) for each in (X, euros)] == [{"a.csv", "b.csv"}, {"b.csv", "c.csv"}]
    assert tellers.on(BEGIN) == {"a.csv", "b.csv", "c.csv"}
    assert tellers.shares(BEGIN, {(bill, "a"), (bill, "b")}) == {X: {"a.csv": 3, "b.csv": 4}}
    assert tellers.shares(BEGIN, {(("x", "1", "other", ""), "a")}) == {}


def test_a_thousand_parts_are_compared_in_little_time() -> None:
    """Of a run that is gone, with those of the next one: each charge is looked at once, not once for each two files."""

    def run(name: str) -> ToldDay:
        parts = [f"{name}/part-{number:05}.csv" for number in range(1000)]
        told = tuple(Told(Charge("x", f"{n}", "", "USD"), {part: Decimal(n + 1)}) for n, part in enumerate(parts))
        return ToldDay(BEGIN, dict.fromkeys(parts, "s"), told)

    before, now = run("1"), run("2")
    tellers = {told.charge: told.files for told in now.charges[1:]}
    there = There(now.files, lambda charge, _: tellers.get(charge, ()), "", (before,), lambda _: now.shares)
    began = time.process_time()
    assert missed(before, ToldDay(BEGIN, now.files, now.charges[1:]), there) is None
    assert time.process_time() - began < 1
