"""What is true of every engine: opened again, asked from many threads, and strangers are refused in words."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from aicost.core.ledger import IDLE
from aicost.core.window import Period
from aicost.ports import Commit, Forbidden
from aicost.store import SqlLedger, open_ledger
from tests.store.stored import opened
from tests.support.builders import T0, a_line, an_entry, at, usd

MONTH = Period("2026-11")
ENTRIES = tuple(an_entry("card", str(n), lines=(a_line(IDLE, usd(1), 3600, "x" * 100),)) for n in range(200))


def test_ledger_opens_again_once_it_is_closed(url: str) -> None:
    """Closing lets go of the file, and what was committed is there for the next owner."""
    with opened(url) as first:
        first.commit(Commit(ENTRIES), T0)
    with opened(url) as second:
        assert len(second.entries(MONTH.window)) == len(ENTRIES)


def test_threads_wait_for_each_other(on_disk: SqlLedger) -> None:
    """Callers in several threads are served one after the other, and every commit is whole."""
    with ThreadPoolExecutor(8) as threads:
        parts = [ENTRIES[start : start + 10] for start in range(0, len(ENTRIES), 10)]
        new = list(threads.map(lambda part: on_disk.commit(Commit(part), at(0)), parts))
        assert all(found.difference == 0 for found in threads.map(lambda _: on_disk.proofs(MONTH)[0], parts))
    assert new == [10] * len(parts)
    assert len(on_disk.entries(MONTH.window)) == len(ENTRIES)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ledger.db", "cannot be read"),
        ("oracle://x:hunter2@db/ledger", "names oracle, which this version does not know"),
        ("postgresql://aicost:pass@hunter2@db/ledger", "has a sign in its password that must be written as %XX"),
        ("postgresql://ai/cost:hunter2@db/ledger", "has a sign in its password that must be written as %XX"),
        ("postgresql://aicost@db:hunter2/ledger", "cannot be read"),
        ("postgresql://aicost:hunter2@db:ledger", "cannot be read"),
    ],
)
def test_url_that_cannot_be_used_is_refused_without_its_secret(url: str, says: str) -> None:
    """What is wrong and how to write it is told; no part of what may be a password, in no traceback either."""
    with pytest.raises(
        Forbidden, match=rf"the ledger's URL {says}: write it as sqlite:////data/ledger\.db or"
    ) as refused:
        open_ledger(url)
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))
