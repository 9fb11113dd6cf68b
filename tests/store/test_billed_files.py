"""What files of bills told, in the ledger: read back as it was, the last account of a day counts, and none for longer than needed."""

from __future__ import annotations

import pytest

from aicost.core.billed_files import Charge, Told, ToldDay
from aicost.core.window import DAY, Instant
from aicost.ports import TakenOver, Tenure
from aicost.store import SqlLedger, open_ledger
from tests.store.stored import opened

FILES = {"/data/b.csv": "7 8", "/data/zürich, 1.csv": "1 2"}
FULL = ToldDay(
    Instant(DAY),
    FILES,
    (
        Told(Charge("", "", "Tax", "EUR"), "-0.000000000000000001", frozenset({"/data/b.csv"})),
        Told(Charge("Amazon Bedrock", "4711", "", "USD"), "12345678901234567890.5", frozenset(FILES)),
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
