"""The read API over real HTTP and a real ledger: a month's document, and what is said of a wrong month."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.window import Period, rfc3339
from aicost.ports import CLUSTER, Commit
from aicost.reports.document import Document, document
from aicost.reports.known import known
from aicost.store import SqlLedger
from aicost.web.api import routes
from aicost.web.server import LOOPBACK, serving
from tests.store.stored import emptied, opened, rows
from tests.support.builders import T0, a_line, an_entry, at, facts, owned_by, usd
from tests.support.fakes import ManualClock
from tests.web.operator import get

NOVEMBER = Period("2026-11")
EVALUATED = facts(gaps=(Gap(GapReason.BILL_PENDING, Feed.BILLS, T0, "not read yet", source="openai"),))


@pytest.fixture
def ledger() -> SqlLedger:
    ledger = emptied()
    lines = (a_line(owned_by(), usd(4, 1), 3600, "support/chat-0"), a_line(owned_by("rank"), usd(1), 900, "x"))
    ledger.commit(Commit((an_entry("gpu", "a", lines=lines),), marks={CLUSTER: "eu-1"}), at(0))
    return ledger


@pytest.fixture
async def port(ledger: SqlLedger) -> AsyncIterator[int]:
    async with serving(routes(ledger, ManualClock(at(90)), lambda: EVALUATED), LOOPBACK, 0) as port:
        yield port


@pytest.mark.parametrize("path", ["/v1/report", "/v1/report?period=2026-11", "/v1/report?period="])
async def test_a_month_is_its_document(port: int, ledger: SqlLedger, path: str) -> None:
    """The named month's, by default the current one's: the ledger's cluster, totals by subject, proofs and digest."""
    status, kind, text = await get(port, path)
    assert (status, kind) == (200, "application/json")
    totals = ledger.totals(NOVEMBER.window, by_subject=True)
    proofs, digest = ledger.proofs(NOVEMBER), ledger.digest(NOVEMBER)
    expected = document(NOVEMBER, totals, proofs, digest, known(EVALUATED), cluster="eu-1")
    assert Document.from_json(json.loads(text)) == expected
    assert sorted(row.subject for row in expected.rows) == ["support/chat-0", "x"]


async def test_a_month_without_entries_is_empty(port: int) -> None:
    """No rows, and a digest of nothing; the evaluation of another month tells nothing of it."""
    _, _, text = await get(port, "/v1/report?period=2026-10")
    assert json.loads(text) | {"digest": ""} == {
        "period": "2026-10", "cluster": "eu-1", "asOf": "", "digest": "", "closed": None, "known": None, "advice": None, "rows": [],
        "proofs": []
    }  # fmt: skip


async def test_a_ledger_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """503 in the ledger's own words, with nothing that looks like numbers."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with opened(url):
        pass
    rows(url, "DROP TABLE line")
    with opened(url) as broken:
        async with serving(routes(broken, ManualClock(at(0)), lambda: None), LOOPBACK, 0) as port:
            status, kind, text = await get(port, "/v1/report")
    assert (status, kind) == (503, "application/json")
    assert "refused a statement" in json.loads(text)["error"]


async def test_before_the_first_evaluation_nothing_is_said_to_be_known(ledger: SqlLedger) -> None:
    """Null, which is not the same as no gap."""
    async with serving(routes(ledger, ManualClock(at(0)), lambda: None), LOOPBACK, 0) as port:
        assert json.loads((await get(port, "/v1/report"))[2])["known"] is None


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-1", "November", "2026-11-01", "0000-00", "0000-01", "9999-12", "%00", "2026-11;drop"]
)
async def test_what_is_no_month_is_refused_with_how_to_write_one(port: int, month: str) -> None:
    """A client's mistake is a 400 in words."""
    status, kind, text = await get(port, f"/v1/report?period={month}")
    assert (status, kind) == (400, "application/json")
    assert "write it as 2026-11" in json.loads(text)["error"]


async def test_a_month_is_told_as_it_was(port: int, ledger: SqlLedger) -> None:
    """As of an instant: what was recorded then, and of a close only one that was before; gaps of then nobody kept."""
    was = ledger.digest(NOVEMBER)
    ledger.commit(Commit((an_entry("gpu", "b", lines=(a_line(owned_by(), usd(2)),)),)), at(60))
    ledger.close_month(NOVEMBER, at(90), "jane", ())
    told = {
        seconds: Document.from_json(json.loads((await get(port, f"/v1/report?asOf={rfc3339(at(seconds))}"))[2]))
        for seconds in (0, 60, 90)
    }
    assert (told[0].digest, told[0].known, told[0].as_of) == (was, None, "2026-11-01T00:00:00Z")
    assert told[60].digest == ledger.digest(NOVEMBER) != was
    assert [document.closed is not None for document in told.values()] == [False, False, True]


@pytest.mark.parametrize("path", ["/v1/verify", "/v1/verify?period=2026-11"])
async def test_the_ledger_is_verified(port: int, path: str) -> None:
    """The whole, or one month."""
    assert json.loads((await get(port, path))[2]) == {"entries": 1, "broken": [], "more": 0}


@pytest.mark.parametrize(
    "path",
    ["/v1/verify?period=x", "/v1/report?asOf=x", "/v1/report?asOf=2026-11-03", f"/v1/report?asOf={rfc3339(at(91))}"],
)
async def test_what_cannot_be_read_is_a_mistake_of_the_asker(port: int, path: str) -> None:
    """400, in words; of an instant that is yet to come nobody knows what will be known then."""
    status, _, text = await get(port, path)
    assert (status, bool(json.loads(text)["error"])) == (400, True)
