"""What files of bills told, in the ledger: read back as it was, the last account of a day counts, and none for longer than needed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aicost.core.billed_files import Charge, Told, ToldDay
from aicost.core.window import DAY, Instant
from aicost.ports import TakenOver, Tenure
from aicost.store import SqlLedger, open_ledger
from tests.store.stored import opened, rows

FILES = {"/data/b.csv": "7 8", "/data/zürich, 1.csv": "1 2"}
FULL = ToldDay(
    Instant(DAY),
    FILES,
    (
        Told(Charge("", "", "Tax", "EUR"), {"/data/b.csv": Decimal("-0.000000000000000001")}),
        Told(
            Charge("Amazon Bedrock", "4711", "", "USD", "payer", "2026-11-01T00:00:00Z"),
            {"/data/zürich, 1.csv": Decimal("12345678901234567890.123456789012345678"), "/data/b.csv": Decimal(-300)},
        ),
    ),
)
BARE = ToldDay(Instant(2 * DAY))


def test_days_come_back_as_they_were(ledger: SqlLedger) -> None:
    """By account and day; nothing told is an account, too."""
    for _ in range(2):
        ledger.tell_files("a", (BARE, FULL), Instant(0))
        assert ledger.files_told("a") == (FULL, BARE)
    ledger.tell_files("b", (ToldDay(FULL.day),), Instant(0))
    assert (ledger.files_told("a"), ledger.files_told("b")) == ((FULL, BARE), (ToldDay(FULL.day),))


def test_the_last_account_of_a_day_counts(ledger: SqlLedger) -> None:
    """Also where it tells of less."""
    ledger.tell_files("a", (FULL, BARE), Instant(0))
    ledger.tell_files("a", (ToldDay(FULL.day, FILES),), Instant(0))
    assert ledger.files_told("a") == (ToldDay(FULL.day, FILES), BARE)


def test_days_that_are_read_no_more_are_forgotten(ledger: SqlLedger) -> None:
    """Of every account: also of one that is declared no more."""
    for account in "ab":
        ledger.tell_files(account, (FULL, BARE), Instant(0))
    ledger.tell_files("a", (), BARE.day)
    assert (ledger.files_told("a"), ledger.files_told("b")) == ((BARE,), (BARE,))


def test_who_lost_the_ledger_remembers_nothing(url: str) -> None:
    """As with every other write."""
    first = open_ledger(url)
    first.close()
    with opened(url, tenure=Tenure("lease", 2, "pod-b")):
        pass
    with pytest.raises(TakenOver):
        first.tell_files("a", (FULL,), Instant(0))
    first.close()
    with opened(url, tenure=Tenure("lease", 3, "pod-c")) as later:
        assert later.files_told("a") == ()


OLD = """UPDATE billed_files SET charges = '[["x","1","","USD","110",["/data/b.csv","/data/zürich, 1.csv"]],
    ["y","1","","USD","7",["/data/zürich, 1.csv"]]]'"""


def test_sums_that_an_earlier_version_remembered_are_kept(url: str) -> None:
    """As the share of one of the files that told them: all that is known is that they all told it."""
    with opened(url) as ledger:
        ledger.tell_files("a", (FULL,), Instant(0))
    rows(url, OLD)
    rows(url, "ALTER TABLE pod_tokens DROP COLUMN aborted")
    rows(url, "UPDATE alembic_version SET version_num = '0020'")
    with opened(url) as ledger:
        (day,) = ledger.files_told("a")
    shares = {Charge("x", "1", "", "USD"): {"/data/b.csv": Decimal(110)}}
    shares[Charge("y", "1", "", "USD")] = {"/data/zürich, 1.csv": Decimal(7)}
    assert (day.files, day.shares) == (FILES, shares)
