"""FOCUS files as a bill: real CSV and Parquet, read whole or refused with their place."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest

from aicost.core.declarations import BILL, PARTS, FocusFiles, Source
from aicost.core.reasons import GapReason
from aicost.core.window import Window, instant
from aicost.ports import BillReading
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill, files
from tests.sources.tokens.conftest import by_day
from tests.sources.tokens.focus.files import a_charge, write_csv, write_parquet
from tests.support.builders import dims, usd

OVER = Window(instant("2026-10-30T00:00:00Z"), instant("2026-11-05T00:00:00Z"))
BEDROCK = {"service": "Amazon Bedrock", "account": "4711"}
CHARGES = (
    a_charge("1.10", "2026-11-01", team="care", ConsumedQuantity="5000", ConsumedUnit="Tokens"),
    a_charge("0.000000000001", "2026-11-01", team="care"),
    a_charge("2", "2026-11-03"),
)


class NoSecrets:
    """Files need no credential."""

    async def token(self, name: str, key: str, host: str) -> str:
        raise AssertionError(f"asked for Secret {name} key {key} for {host}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def bill(folder: Path) -> FocusBill:
    return FocusBill(Access(NoSecrets(), bill_files=folder))


def source(folder: Path, pattern: str = "*.csv") -> Source:
    return Source("bedrock", "FocusFile", BILL, focus=FocusFiles(f"{folder}/{pattern}", dims(project="team")))


async def read(bill: FocusBill, of: Source) -> BillReading:
    return await bill.read(of, OVER)


@pytest.mark.parametrize("as_parquet", [False, True])
async def test_both_formats_tell_the_same(folder: Path, bill: FocusBill, as_parquet: bool) -> None:
    """Days from the first charge on; before it nothing was bought, behind the last one a day that is over is late."""
    path = write_parquet(folder / "b.parquet", CHARGES) if as_parquet else write_csv(folder / "b.csv", CHARGES)
    reading = await read(bill, source(folder, path.name))
    care = dims(**BEDROCK, project="care")
    assert by_day(reading) == {
        "2026-11-01": {care: replace(usd(1), nanos=1_100_000_000)},
        "2026-11-02": {},
        "2026-11-03": {dims(**BEDROCK): usd(2)},
    }
    assert [row.quantity for row in reading.days[0].rows] == [5000]
    assert [gap.reason for gap in reading.gaps] == []
    longer = await bill.read(source(folder, path.name), Window(OVER.start, instant("2026-11-07T00:00:00Z")))
    assert [(gap.reason, gap.message) for gap in longer.gaps] == [
        (
            GapReason.BILL_LATE,
            f"bedrock, bills of 2026-11-0{day}: the provider's data reach to 2026-11-04T00:00:00Z only",
        )
        for day in (4, 5)
    ]


async def test_a_day_of_which_no_file_tells_is_not_free(folder: Path, bill: FocusBill) -> None:
    """Of three files of a day each the second is gone: its day is a gap, so that what was known of it stays."""
    for day in (1, 2, 3):
        write_csv(folder / f"nov-{day}.csv", [a_charge("100", f"2026-11-0{day}")])
    over = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-04T00:00:00Z"))
    assert len((await bill.read(source(folder), over)).days) == 3
    (folder / "nov-2.csv").unlink()
    reading = await bill.read(source(folder), over)
    assert list(by_day(reading)) == ["2026-11-01", "2026-11-03"]
    (gap,) = reading.gaps
    assert gap.reason is GapReason.BILL_UNAVAILABLE
    assert gap.message.startswith("bedrock, bills of 2026-11-02: no file tells of it")


async def test_parts_with_late_charges_of_days_before_add_up(folder: Path, bill: FocusBill) -> None:
    """One that is gone is missed, though the next one's late charge tells of its day; under another name it is not gone."""
    over = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-04T00:00:00Z"))
    parts = Source("bedrock", "FocusFile", BILL, focus=FocusFiles(f"{folder}/*.csv", exports=PARTS))
    for day in (1, 2, 3):
        late = [a_charge("1", f"2026-11-0{day - 1}")] if day > 1 else []
        write_csv(folder / f"nov-{day}.csv", [a_charge("10", f"2026-11-0{day}"), *late])
    whole = await bill.read(parts, over)
    assert [*by_day(whole).values()] == [{dims(**BEDROCK): usd(cost)} for cost in (11, 11, 10)]
    (folder / "nov-2.csv").rename(folder / "moved.csv")
    assert await bill.read(parts, over) == whole
    (folder / "moved.csv").unlink()
    reading = await bill.read(parts, over)
    assert list(by_day(reading)) == ["2026-11-03"]
    assert {gap.reason for gap in reading.gaps} == {GapReason.BILL_UNAVAILABLE}
    assert f"no file tells of what {folder}/moved.csv told of it, though one did" in reading.gaps[0].message
    write_csv(folder / "moved.csv", [a_charge("0", "2026-11-02")])
    assert len((await bill.read(parts, over)).days) == len(whole.days)


async def test_another_export_tells_nothing_of_a_day_that_is_gone(folder: Path, bill: FocusBill) -> None:
    """Its file reaches over the day; one of the same export does tell that a service was not used."""
    over, azure = (
        Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-04T00:00:00Z")),
        {"ServiceName": "Azure OpenAI"},
    )
    days = [write_csv(folder / f"nov-{day}.csv", [a_charge("10", f"2026-11-0{day}")]) for day in (1, 2, 3)]
    write_csv(folder / "azure.csv", [a_charge("20", f"2026-11-0{day}", **azure) for day in (1, 2, 3)])
    assert (await bill.read(source(folder), over)).gaps == ()
    days[1].unlink()
    for reader in (bill, FocusBill(Access(NoSecrets(), bill_files=folder))):
        reading = await reader.read(source(folder), over)
        assert list(by_day(reading)) == ["2026-11-01", "2026-11-03"]
        assert [gap.reason for gap in reading.gaps] == [GapReason.BILL_UNAVAILABLE]
        assert "no file tells of Amazon Bedrock on it" in reading.gaps[0].message
    write_csv(days[1], [a_charge("1", "2026-11-02", ServiceName="Claude")])
    assert len((await FocusBill(Access(NoSecrets(), bill_files=folder)).read(source(folder), over)).days) == 3


async def test_a_service_whose_file_is_gone_costs_not_nothing(folder: Path, bill: FocusBill) -> None:
    """Its days stay as they were told, until a row says 0; one that its own file tells no more is restated."""
    over = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-03T00:00:00Z"))
    azure = [a_charge("20", f"2026-11-0{day}", ServiceName="Azure OpenAI") for day in (1, 2)]
    both = [a_charge("10", f"2026-11-0{day}", SubAccountId=account) for day in (1, 2) for account in "ab"]
    write_csv(folder / "bedrock.csv", both)
    write_csv(folder / "azure.csv", azure)
    assert len((await bill.read(source(folder), over)).days) == 2
    write_csv(folder / "bedrock.csv", both[::2])
    restated = by_day(await bill.read(source(folder), over))
    assert {day: sum(amount.nanos for amount in rows.values()) for day, rows in restated.items()} == dict.fromkeys(
        ("2026-11-01", "2026-11-02"), usd(30).nanos
    )
    (folder / "azure.csv").unlink()
    reading = await bill.read(source(folder), over)
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {GapReason.BILL_UNAVAILABLE})
    assert "no file tells of Azure OpenAI on it, though one did" in reading.gaps[0].message
    write_csv(folder / "none.csv", [{**charge, "BilledCost": "0"} for charge in azure])
    assert [len(day.rows) for day in (await bill.read(source(folder), over)).days] == [2, 2]


async def test_a_fee_of_a_month_is_a_charge_of_its_day(folder: Path, bill: FocusBill) -> None:
    """Also where its file tells of nothing else, and another one begins later."""
    write_csv(folder / "fee.csv", [a_charge("30", ChargePeriodEnd="2026-12-01T00:00:00Z")])
    write_csv(folder / "use.csv", [a_charge("1", "2026-11-02"), a_charge("1", "2026-11-03")])
    reading = await bill.read(source(folder), OVER)
    assert list(by_day(reading)) == ["2026-11-01", "2026-11-02", "2026-11-03"]


async def test_files_are_read_again_only_when_one_changed(folder: Path, bill: FocusBill) -> None:
    """A restated file is a restated bill; several files are one bill, packed ones too."""
    path = write_csv(folder / "b.csv", CHARGES[:1])
    (folder / "c.csv.gz").write_bytes(gzip.compress(write_csv(folder / "c.tmp", CHARGES[2:]).read_bytes()))
    first = await read(bill, source(folder, "*.csv*"))
    assert list(by_day(first)) == ["2026-11-01", "2026-11-03"]
    assert await read(bill, source(folder, "*.csv*")) == first
    write_csv(path, [a_charge("40", team="care")])
    assert by_day(await read(bill, source(folder, "*.csv*")))["2026-11-01"] == {
        dims(**BEDROCK, project="care"): usd(40)
    }


async def test_months_so_far_are_not_added_up(folder: Path, bill: FocusBill) -> None:
    """Each export holds the month so far, and a day in part that the next has whole: the last that was written counts."""
    costs = ("10", "20", "30")
    for last in (1, 2, 3):
        partly = [a_charge(costs[day], f"2026-11-0{day + 1}") for day in range(last - 1)]
        path = write_csv(folder / f"run-{last}.csv", [*partly, a_charge("1", f"2026-11-0{last}")])
        os.utime(path, (last, last))
    assert {day: set(rows.values()) for day, rows in by_day(await read(bill, source(folder))).items()} == {
        "2026-11-01": {usd(10)},
        "2026-11-02": {usd(20)},
        "2026-11-03": {usd(1)},
    }


async def test_parts_of_an_export_are_added_up(folder: Path, bill: FocusBill) -> None:
    """They are one account of the same days."""
    for part, cost in enumerate(("10", "20")):
        write_csv(folder / f"part_{part}_0001.csv", [a_charge(cost)])
    assert by_day(await read(bill, source(folder))) == {"2026-11-01": {dims(**BEDROCK): usd(30)}}


async def test_files_of_which_nobody_knows_whether_they_add_up_are_a_gap(folder: Path, bill: FocusBill) -> None:
    """Neither the sum nor one of them is told: what was known of the day stays, and the gap says what to do."""
    write_csv(folder / "a.csv", [a_charge("10"), a_charge("1", "2026-11-02")])
    write_csv(folder / "b.csv", [a_charge("11"), a_charge("2", "2026-11-03")])
    reading = await read(bill, source(folder))
    assert list(by_day(reading)) == ["2026-11-02", "2026-11-03"]
    (gap,) = reading.gaps
    assert gap.reason is GapReason.BILL_MALFORMED
    assert "both tell of Amazon Bedrock, and nobody can tell whether they add up" in gap.message
    assert all(name in gap.message for name in ("a.csv", "b.csv", "focusFile.exports"))
    parts = Source("bedrock", "FocusFile", BILL, focus=FocusFiles(f"{folder}/*.csv", exports=PARTS))
    assert by_day(await read(bill, parts))["2026-11-01"] == {dims(**BEDROCK): usd(21)}


async def test_a_service_that_is_charged_later_costs_not_nothing(folder: Path, bill: FocusBill) -> None:
    """Its days behind its last charge are told as far as they are known, and as late; a tax dated ahead reaches nothing."""
    slow = {"ServiceName": "Vertex AI"}
    tax = a_charge("5", "2026-11-04", ChargeCategory="Tax")
    write_csv(folder / "a.csv", [a_charge("10"), a_charge("10", "2026-11-02"), tax])
    write_csv(folder / "v.csv", [a_charge("7", **slow)])
    over = Window(OVER.start, instant("2026-11-06T00:00:00Z"))
    reading = await bill.read(source(folder), over)
    assert list(by_day(reading)) == ["2026-11-01", "2026-11-02"]
    assert [(day.whole, day.day.start) for day in reading.days] == [
        (True, instant("2026-11-01T00:00:00Z")),
        (False, instant("2026-11-02T00:00:00Z")),
    ]
    assert [(gap.reason, gap.message.partition(": ")[2]) for gap in reading.gaps] == [
        (GapReason.BILL_LATE, "charges of Vertex AI reach to 2026-11-02T00:00:00Z only"),
        *[(GapReason.BILL_LATE, "the provider's data reach to 2026-11-03T00:00:00Z only")] * 2,
    ]


async def test_a_torn_file_takes_nothing_away(folder: Path, bill: FocusBill) -> None:
    """Every day is a gap that names the file, so the days that are known stay; what is in it is not repeated."""
    write_csv(folder / "b.csv", CHARGES)
    torn = write_parquet(folder / "b.parquet", CHARGES)
    torn.write_bytes(torn.read_bytes()[:-40])
    reading = await read(bill, source(folder, "b.parquet"))
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {GapReason.BILL_MALFORMED})
    assert "b.parquet cannot be read: it is torn" in reading.gaps[0].message
    text = (folder / "b.csv").read_text()
    (folder / "b.csv").write_text(text[: text.rindex("Bedrock")])
    assert {gap.reason for gap in (await read(bill, source(folder))).gaps} == {GapReason.BILL_MALFORMED}


async def test_a_bad_row_spoils_its_day_only(folder: Path, bill: FocusBill) -> None:
    """And says in which file and row it is."""
    write_csv(folder / "b.csv", (*CHARGES, a_charge("12,34", "2026-11-03")))
    reading = await read(bill, source(folder))
    assert list(by_day(reading)) == ["2026-11-01", "2026-11-02"]
    (gap,) = reading.gaps
    assert gap.message == ("bedrock, bills of 2026-11-03: b.csv, row 4.BilledCost is text that is not a decimal number")


@pytest.mark.parametrize(
    ("pattern", "reason", "said"),
    [
        ("*.parquet", GapReason.BILL_UNAVAILABLE, "is the volume with the bills mounted there"),
        (f"{'b' * 256}.csv", GapReason.BILL_UNAVAILABLE, "bb.csv cannot be read (File name too long)"),
        ("../secret.csv", GapReason.CREDENTIAL_INVALID, "the only folder that bills are read from"),
        ("out.csv", GapReason.CREDENTIAL_INVALID, "out.csv leads out of"),
        ("no-focus.csv", GapReason.BILL_MALFORMED, "has no column BillingCurrency, ChargePeriodStart, ChargePeriodEnd"),
        ("twice-*.csv", GapReason.BILL_MALFORMED, "twice-1.csv and twice-2.csv are the same: remove one"),
    ],
)
async def test_what_is_no_bill_is_refused(
    folder: Path, bill: FocusBill, pattern: str, reason: GapReason, said: str
) -> None:
    """No file, what cannot even be looked for, a file elsewhere, a link that leads out, something else than FOCUS, one file twice."""
    secret = write_csv(folder.parent / "secret.csv", CHARGES)
    (folder / "out.csv").symlink_to(secret)
    (folder / "no-focus.csv").write_text("BilledCost,Tags\n1,\n")
    for name in ("twice-1.csv", "twice-2.csv"):
        write_csv(folder / name, CHARGES)
    reading = await read(bill, source(folder, pattern))
    assert (reading.days, {gap.reason for gap in reading.gaps}) == ((), {reason})
    assert said in reading.gaps[0].message


def test_a_link_within_the_folder_is_a_file(folder: Path) -> None:
    """As Kubernetes mounts ConfigMaps and Secrets."""
    (folder / "..data").mkdir()
    write_csv(folder / "..data" / "b.csv", CHARGES)
    (folder / "b.csv").symlink_to(folder / "..data" / "b.csv")
    assert files.matching(folder, f"{folder}/*.csv") == [folder / "b.csv"]


def test_memory_does_not_grow_with_the_file(folder: Path) -> None:
    """Rows come in batches: the first is there before the last was read."""
    path = write_csv(folder / "b.csv", (a_charge("1") for _ in range(30_000)))
    with files.database() as connection:
        read = files.rows(path, connection)
        assert next(read).path == "b.csv, row 1"
        assert sum(1 for _ in read) == 29_999
