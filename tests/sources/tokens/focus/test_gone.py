"""Which files that are gone are missed, and which were replaced; what was told is remembered over restarts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.billed_files import Charge, Told, ToldDay
from aicost.core.declarations import BILL, MONTH_TO_DATE, PARTS, FocusFiles, Source
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, Instant, Window, instant, rfc3339
from aicost.ports import BillReading, Tenure
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill
from aicost.sources.tokens.focus.gone import Missing, There, missed
from aicost.store import SqlLedger, open_ledger
from tests.sources.tokens.focus.files import a_charge, write_csv
from tests.sources.tokens.focus.test_files import NoSecrets
from tests.store.stored import emptied, opened

BEGIN = instant("2026-11-01T00:00:00Z")
OVER = Window(BEGIN, Instant(BEGIN + 35 * DAY))
AZURE = {"ServiceName": "Azure OpenAI"}
X = Charge("x", "1", "", "USD")


def on(day: int, cost: str, **more: str) -> dict[str, str]:
    """A charge of the day with that number, the first of which is 0."""
    start, end = (rfc3339(Instant(BEGIN + (day + days) * DAY)) for days in (0, 1))
    return a_charge(cost, ChargePeriodStart=start, ChargePeriodEnd=end, **more)


async def read(folder: Path, ledger: SqlLedger, exports: str = "") -> BillReading:
    """By an operator that has just started."""
    source = Source("focus", "FocusFile", BILL, focus=FocusFiles(f"{folder}/*.csv", exports=exports))
    return await FocusBill(Access(NoSecrets(), bill_files=folder, files_told=ledger)).read(source, OVER)


def told(reading: BillReading) -> Mapping[int, Mapping[object, int]]:
    """What each day costs, by its number and whatever costs anything."""
    return {
        (day.day.start - BEGIN) // DAY: {row.dimensions: row.amount.nanos for row in day.rows if row.amount.nanos}
        for day in reading.days
    }


def day_of(amount: str = "1", files: Mapping[str, str] | None = None, by: str = "a-1") -> ToldDay:
    told = (Told(X, {by: Decimal(amount)}),) if amount else ()
    return ToldDay(BEGIN, {**(files or {"a-1": "s"}), **({by: "s"} if amount else {})}, told)


@pytest.mark.parametrize(
    ("now", "stamps", "tellers", "parts", "is_missed"),
    [
        pytest.param(day_of("2"), {"a-1": "t"}, {"a-1"}, False, False, id="restated by its own file"),
        pytest.param(day_of(""), {"a-1": "s"}, set(), False, False, id="told no more by a file that is there"),
        pytest.param(day_of("", {"b": "s"}), {"b": "s"}, set(), False, True, id="gone"),
        pytest.param(day_of("1", by="b"), {"b": "s"}, {"b"}, True, False, id="the same under another name"),
        pytest.param(day_of("2", by="b"), {"b": "s"}, {"b"}, False, False, id="told by a new file"),
        pytest.param(day_of("2", by="b"), {"b": "s"}, {"b"}, True, True, id="a part is told by no other one"),
        pytest.param(day_of("2", by="c"), {"c": "s"}, {"c"}, False, True, id="told by a file that was there before"),
        pytest.param(day_of("", {"b": "s"}), {"b": "s", "a-2": "s"}, set(), False, True, id="one that ends before it"),
    ],
)
def test_what_a_file_told_is_missed(
    now: ToldDay, stamps: Mapping[str, str], tellers: set[str], parts: bool, is_missed: bool
) -> None:
    """Unless another file, written since, says it is otherwise."""
    before = day_of("1", {"a-1": "s", "c": "s"})
    there = There(stamps, lambda *_: tellers, PARTS if parts else "", (before,), lambda _: now.shares)
    assert missed(before, now, there) == (Missing(X, frozenset({"a-1"})) if is_missed else None)


def test_what_was_nothing_returns_only_where_it_is_written() -> None:
    """Of a file that is gone the earlier one counts again: nobody said so."""
    before, now = day_of("", {"a-1": "s", "a-2": "s"}), day_of("1")
    for stamps, lacks in (({"a-1": "s", "a-2": "s"}, False), ({"a-1": "s"}, True), ({"a-1": "t"}, False)):
        found = missed(before, now, There(stamps, lambda *_: {"a-1"}))
        assert found == (Missing(X, frozenset({"a-2"})) if lacks else None)


async def test_a_service_whose_files_are_gone_at_the_start_is_missed(folder: Path, ledger: SqlLedger) -> None:
    """Its days stay as they were told; days behind them are late; what is written in its place is believed."""
    write_csv(folder / "bedrock.csv", [on(day, "10") for day in range(3)])
    azure = write_csv(folder / "azure.csv", [on(day, "20", **AZURE) for day in range(2)])
    assert set(told(await read(folder, ledger))) == {0, 1, 2}
    azure.unlink()
    for _ in range(2):
        reading = await read(folder, ledger)
        assert set(told(reading)) == {2}
        assert [(gap.reason, gap.since) for gap in reading.gaps[:3]] == [
            (GapReason.BILL_UNAVAILABLE, BEGIN),
            (GapReason.BILL_UNAVAILABLE, BEGIN + DAY),
            (GapReason.BILL_LATE, BEGIN + 2 * DAY),
        ]
        assert "no file tells of Azure OpenAI on it, though one did" in reading.gaps[0].message
        assert "charges of Azure OpenAI reach to 2026-11-03T00:00:00Z only" in reading.gaps[2].message
        assert [day.whole for day in reading.days] == [False]
    write_csv(folder / "none.csv", [on(day, "0", **AZURE) for day in range(3)])
    reading = await read(folder, ledger)
    assert [(day.whole, sum(row.amount.nanos for row in day.rows)) for day in reading.days] == [(True, 10**10)] * 3


async def test_a_service_whose_export_goes_on_without_it_is_waited_for_ten_days(
    folder: Path, ledger: SqlLedger
) -> None:
    """Also where each month is a file of its own, and the last one that told of it was taken away."""
    month = write_csv(folder / "bill-10.csv", [on(0, "10"), on(0, "20", **AZURE)])
    write_csv(folder / "fees.csv", [on(0, "1", ServiceName="Fees", ChargeCategory="Purchase")])
    assert set(told(await read(folder, ledger))) == {0}
    month.unlink()
    for last, late in ((9, True), (10, False)):
        write_csv(folder / "bill-11.csv", [on(day, "10") for day in range(1, last + 1)])
        reading = await read(folder, ledger)
        assert [day.whole for day in reading.days] == [not late] * last
        assert [gap.since for gap in reading.gaps if gap.reason is GapReason.BILL_LATE and "Azure" in gap.message] == [
            Instant(BEGIN + day * DAY) for day in range(1, last + 1) if late
        ]


async def test_a_part_that_is_gone_at_the_start_is_missed(folder: Path, ledger: SqlLedger) -> None:
    """Though others' late charges tell of its day; one of the numbered files of an export, too."""
    for number in range(3):
        write_csv(folder / f"part_0_{number:04}.csv", [on(number, "10"), on(0, "1")])
    assert set(told(await read(folder, ledger, PARTS))) == {0, 1, 2}
    (folder / "part_0_0001.csv").unlink()
    reading = await read(folder, ledger, PARTS)
    assert set(told(reading)) == {2}
    assert f"no file tells of what {folder}/part_0_0001.csv told of it" in reading.gaps[0].message


async def test_another_run_of_an_export_says_what_is_charged_no_more(folder: Path, ledger: SqlLedger) -> None:
    """It tells most of what the one told that is gone, and reaches over the day."""
    usage = [on(day, str(10 + day)) for day in range(3)]
    first = write_csv(folder / "run-1.csv", [*usage, on(1, "20", **AZURE)])
    costs = told(await read(folder, ledger))
    first.unlink()
    write_csv(folder / "run-2.csv", usage)
    again = await read(folder, ledger)
    assert set(told(again)) == set(costs)
    assert sum(sum(each.values()) for each in told(again).values()) == 33 * 10**9


@pytest.mark.parametrize(
    ("cost", "rest", "is_missed"),
    [("15", "11", True), ("15", "31", False), ("-15", "-11", True), ("-15", "30.5", True)],
)
async def test_a_part_is_missed_where_another_one_is_rewritten(
    folder: Path, ledger: SqlLedger, cost: str, rest: str, is_missed: bool
) -> None:
    """A new run that is not there whole: only what comes to no less, or a credit to no more, is charged in one part of it."""
    for number in range(2):
        write_csv(folder / f"part_0_{number:04}.csv", [on(day, f"{int(cost) + number}") for day in range(3)])
    assert set(told(await read(folder, ledger))) == {0, 1, 2}
    (folder / "part_0_0001.csv").unlink()
    write_csv(folder / "part_0_0000.csv", [on(day, rest) for day in range(3)])
    reading = await read(folder, ledger)
    assert set(told(reading)) == (set() if is_missed else {0, 1, 2})


async def test_another_part_says_nothing_of_what_a_part_alone_told(folder: Path, ledger: SqlLedger) -> None:
    """Though it tells most of what that told."""
    write_csv(folder / "part_0_0000.csv", [on(day, "10") for day in range(3)])
    gone = write_csv(folder / "part_0_0001.csv", [*(on(day, "20") for day in range(3)), on(1, "5", **AZURE)])
    assert set(told(await read(folder, ledger))) == {0, 1, 2}
    gone.unlink()
    write_csv(folder / "part_0_0000.csv", [on(day, "40") for day in range(3)])
    reading = await read(folder, ledger)
    assert set(told(reading)) == {0, 2}
    assert "no file tells of Azure OpenAI on it, though one did" in reading.gaps[0].message


@pytest.mark.parametrize("exports", ["", MONTH_TO_DATE])
async def test_a_copy_with_other_times_changes_nothing(folder: Path, ledger: SqlLedger, exports: str) -> None:
    """Of two runs that reach as far the second counts, whenever and in whichever order a volume was filled anew."""
    first, second = folder / "run-b.csv", folder / "run-a.csv"
    write_csv(first, [on(day, str(10 + day)) for day in range(4)])
    await read(folder, ledger, exports)
    write_csv(second, [*(on(day, str(10 + day)) for day in range(3)), on(3, "99")])
    restated = await read(folder, ledger, exports)
    assert sum(sum(costs.values()) for costs in told(restated).values()) == 132 * 10**9
    for path, modified in ((second, 1_900_000_000), (first, 1_900_000_001)):
        os.utime(path, (modified, modified))
    assert await read(folder, ledger, exports) == restated
    second.unlink()
    missing = await read(folder, ledger, exports)
    assert (set(told(missing)), missing.gaps[0].since) == ({0, 1, 2}, BEGIN + 3 * DAY)


async def test_what_is_remembered_is_of_the_same_files(folder: Path, ledger: SqlLedger) -> None:
    """Whatever the source is called; other services are another bill, and what is older than the window is forgotten."""
    write_csv(folder / "bedrock.csv", [on(0, "10")])
    await read(folder, ledger)
    account = f'["{folder}/*.csv", []]'
    assert [day.day for day in ledger.files_told(account)] == [BEGIN]
    assert ledger.files_told(f'["{folder}/*.csv", ["Amazon Bedrock"]]') == ()
    ledger.tell_files("another", (), Instant(BEGIN + 1))
    assert ledger.files_told(account) == ()


async def test_nothing_is_told_that_cannot_be_remembered(folder: Path) -> None:
    """Else a restart would forget a file whose charges the ledger has."""
    write_csv(folder / "bedrock.csv", [on(0, "10")])
    url = f"sqlite:///{folder}/ledger.db"
    first = open_ledger(url)
    first.close()
    with opened(url, tenure=Tenure("lease", 2, "pod-b")):
        pass
    reading = await read(folder, first)
    first.close()
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {GapReason.BILL_UNAVAILABLE})
    assert "what files tell cannot be remembered" in reading.gaps[0].message


charges = st.tuples(
    st.integers(0, 3), st.sampled_from(("1", "2", "30", "-4", "0")), st.sampled_from(("Bedrock", "Azure", "Tax"))
)
bills = st.dictionaries(
    st.sampled_from(("run-1.csv", "run-2.csv", "part_0_0001.csv", "part_0_0002.csv", "azure.csv")),
    st.lists(charges, min_size=1, max_size=5),
    min_size=2,
)


@settings(max_examples=40)
@given(bills, st.data(), st.sampled_from(("", PARTS, MONTH_TO_DATE)))
async def test_no_file_that_is_gone_changes_a_day_that_is_told(
    files: Mapping[str, Sequence[tuple[int, str, str]]], data: st.DataObject, exports: str
) -> None:
    """Whichever they are, and whatever the operator forgot: a day is told as before, or it is a gap, or nothing is said."""
    gone = data.draw(st.sets(st.sampled_from(sorted(files)), min_size=1, max_size=len(files) - 1))
    ledger = emptied()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, rows in files.items():
            of = [on(d, c, ServiceName=s, ChargeCategory="Tax" if s == "Tax" else "Usage") for d, c, s in rows]
            write_csv(folder / file, of)
        first = told(await read(folder, ledger, exports))
        for file in gone:
            (folder / file).unlink()
        again = await read(folder, ledger, exports)
        assert {day: rows for day, rows in told(again).items() if day in first and rows != first[day]} == {}
