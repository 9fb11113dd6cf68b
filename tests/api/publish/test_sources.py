"""What a UsageSource shows beside its sums: estimates, and how much of each day is captured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aicost.api.publish.sources import source_status
from aicost.core.capture import CapturedDay
from aicost.core.declarations import Declarations, Source
from aicost.core.ledger import UNCLAIMED, Certainty, Component
from aicost.core.rollup import source_statements
from aicost.core.statement import Facts
from tests.support.builders import a_source, a_total, at, facts, owned_by, usd

GW = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "key_gw")}))
BILLED = a_total(owned_by(), usd(10), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai")
ESTIMATED = a_total(UNCLAIMED, usd(3), component=Component.TOKENS, certainty=Certainty.ESTIMATED, pool="openai")
DAYS = (CapturedDay("2026-11-01", usd(8).nanos, usd(6).nanos), CapturedDay("2026-11-02", usd(-1).nanos, 0))


def shown(month: Facts) -> dict[str, dict[str, Any]]:
    return {of.source.name: source_status(of, month, (), at(0)) for of in source_statements(month)}


def a_month(**more: Any) -> Facts:
    return replace(facts(BILLED, ESTIMATED, declared=Declarations(sources=(a_source(), GW))), **more)


def test_an_estimate_stands_beside_what_is_billed() -> None:
    """It is in none of the other amounts, nothing is missing for it, and a notice names it."""
    status = shown(a_month())["openai"]
    assert (status["billed"], status["unclaimed"], status["attributed"]) == ("10.00", "0.00", "10.00")
    assert status["estimated"] == "3.00"
    assert (status["summary"]["state"], status["captureRate"]) == ("OK", "100.0")
    assert [gap["reason"] for gap in status["gaps"]] == ["UsageEstimated"]
    assert "estimated" not in shown(facts(BILLED, declared=Declarations(sources=(a_source(),))))["openai"]


def test_each_day_says_how_much_of_it_is_captured() -> None:
    """A day of credits has no rate; of more days than a month has the last are shown."""
    days = shown(a_month(captures={"openai": DAYS}))["openai"]["days"]
    assert days == [
        {"date": "2026-11-01", "billed": "8.00", "captured": "6.00", "captureRate": "75.0"},
        {"date": "2026-11-02", "billed": "-1.00", "captured": "0.00"},
    ]


def test_a_refining_source_shows_what_it_saw_of_its_keys() -> None:
    """Billed by others: its own columns stay empty but for the rate."""
    status = shown(a_month(captures={"gw": DAYS}))["gw"]
    assert status["refined"] == {"billed": "7.00", "captured": "6.00"}
    assert status["summary"] == {"captureRate": "85.7", "state": "OK"}
    assert [day["captureRate"] for day in status["days"] if "captureRate" in day] == ["75.0"]
    assert {"billed", "attributed", "unclaimed"}.isdisjoint(status)
    assert "refined" not in shown(a_month())["gw"]
