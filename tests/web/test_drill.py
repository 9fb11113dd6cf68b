"""`GET /v1/drill` over real HTTP and a real ledger: what lies beneath, and what is said of names that are not there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from aicost.core.declarations import Declarations
from aicost.core.drill import origin_id
from aicost.core.ledger import IDLE
from aicost.core.window import rfc3339
from aicost.ports import CLUSTER, Commit
from aicost.reports.drill import Drill
from aicost.store import SqlLedger
from aicost.web.drill import routes
from aicost.web.server import LOOPBACK, serving
from tests.store.stored import emptied
from tests.support.builders import MODEL, a_line, a_unit, a_workload, an_entry, at, facts, owned_by, usd
from tests.support.fakes import ManualClock
from tests.web.operator import get

CARD = origin_id(("gpu", "a"))
NAMES = {(MODEL, "apiKey", "a"): "chat", (MODEL, "apiKey", "b"): "elsewhere"}
DECLARED = Declarations((a_workload("silent"),), (a_unit("care", parent="org"), a_unit("quiet"), a_unit("org")))


@pytest.fixture
def ledger() -> SqlLedger:
    ledger = emptied()
    lines = (
        a_line(owned_by(), usd(4, 1), 3600, "support/chat-0"),
        a_line(owned_by("rank", "search", "find"), usd(1), 900, "search/rank-0"),
        a_line(IDLE, usd(2), 900, "node-a"),
    )
    ledger.commit(Commit((an_entry("gpu", "a", lines=lines),), marks={CLUSTER: "eu-1"}), at(0))
    return ledger


@pytest.fixture
async def port(ledger: SqlLedger) -> AsyncIterator[int]:
    clock = ManualClock(at(60))
    async with serving(
        routes(ledger, clock, lambda: replace(facts(declared=DECLARED), names=NAMES)), LOOPBACK, 0
    ) as port:
        yield port


async def asked(port: int, query: str) -> tuple[int, Any]:
    status, kind, text = await get(port, f"/v1/drill?{query}")
    assert kind == "application/json"
    return status, json.loads(text)


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("unit=care", ["support/chat-0"]),
        ("unit=unallocated&period=2026-11", ["node-a"]),
        ("workload=search/rank", ["search/rank-0"]),
        (f"origin={CARD}", ["support/chat-0", "node-a", "search/rank-0"]),
        (f"origin={CARD}&most=1", ["support/chat-0"]),
        ("unit=quiet", []),
        ("workload=support/silent", []),
    ],
)
async def test_what_lies_beneath_is_told(port: int, query: str, subjects: list[str]) -> None:
    """Of a unit, a workload and an origin; what is declared and cost nothing has nothing, which is no mistake."""
    status, answer = await asked(port, query)
    told = Drill.from_json(answer)
    assert (status, told.cluster, [piece.subject for piece in told.parts]) == (200, "eu-1", subjects)


async def test_a_parent_tells_of_the_units_beneath_it(port: int) -> None:
    """With their cost, though it caused none itself; one without units beneath it tells of none."""
    told = Drill.from_json((await asked(port, "unit=org"))[1])
    assert [(of.unit, of.own, of.total) for of in told.units] == [("care", usd(4, 1).nanos, usd(4, 1).nanos)]
    assert (told.row_count, Drill.from_json((await asked(port, "unit=care"))[1]).units) == (0, ())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("unit=car", "there is no unit car in 2026-11: there are care, "),
        ("workload=support/chta", "there is no workload support/chta in 2026-11: there are support/chat, "),
        ("workload=other/chat", "there is no workload other/chat in 2026-11: there are "),
        ("unit=care&period=2025-01", ""),
        ("unit=find&period=2025-01", "there is no unit find in 2025-01: there are quiet, care, org"),
        (f"origin={CARD}&period=2025-01", f"there is no origin {CARD} in 2025-01: it has none"),
        ("origin=0123456789abcdef", "in 2026-11: ask one of its units for theirs: care, find, unallocated"),
    ],
)
async def test_a_name_that_is_not_there_is_answered_with_those_that_are(port: int, query: str, said: str) -> None:
    """404, in words that help; what is declared is there, also in a month without a cost."""
    status, answer = await asked(port, query)
    assert status == (404 if said else 200)
    assert said in answer.get("error", "")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "name one of unit, workload and origin"),
        ("unit=care&workload=support/chat", "name one of unit, workload and origin"),
        ("unit=support/chat", "'support/chat' is no unit: write its name"),
        ("workload=chat", "'chat' is no workload: write NAMESPACE/NAME"),
        ("workload=/chat", "'/chat' is no workload"),
        ("workload=a/b/c", "'a/b/c' is no workload"),
        ("unit=A'B", "is no unit"),
        ("unit=" + "a" * 300, "is no unit"),
        ("origin=xyz", "'xyz' is no id of an origin: it has 16 digits"),
        ("unit=care&most=0", "most must be a number from 1 to 5000, not '0'"),
        ("unit=care&most=5001", "most must be a number from 1 to 5000"),
        ("unit=care&most=%C2%B2", "most must be a number"),
        ("unit=care&period=2027-01", "2027-01 has not begun: the operator's clock says 2026-11"),
        ("unit=care&asOf=x", "x"),
    ],
)
async def test_what_cannot_be_understood_is_refused(port: int, query: str, said: str) -> None:
    """400, in words: nothing is asked of the ledger."""
    status, answer = await asked(port, query)
    assert status == 400
    assert said in answer["error"]


async def test_what_lay_beneath_is_told_as_it_was(port: int, ledger: SqlLedger) -> None:
    """As of an instant before an origin was evaluated anew."""
    ledger.commit(Commit((an_entry("gpu", "a", lines=(a_line(IDLE, usd(7, 1), 5400),)),)), at(30))
    now, then = (await asked(port, "unit=care"))[1], (await asked(port, f"unit=care&asOf={rfc3339(at(29))}"))[1]
    assert (now["partCount"], then["partCount"], then["sums"]) == (0, 1, {"USD": "4.000000001"})


async def test_what_is_shown_by_its_id_has_its_name(port: int, ledger: SqlLedger) -> None:
    """Of what is shown, and of nothing else."""
    entry = an_entry("bill", MODEL, "2026-11-01", "apiKey=a", lines=(a_line(owned_by(), usd(1), 1, "no project"),))
    ledger.commit(Commit((entry,)), at(1))
    assert (await asked(port, "unit=care"))[1]["names"] == [[MODEL, "apiKey", "a", "chat"]]
    assert (await asked(port, "unit=find"))[1]["names"] == []
