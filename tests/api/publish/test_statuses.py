"""The whole status of every kind, for a month in which much happened, as files; and what must hold of any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aicost.api.conditions import Status
from aicost.api.declared import Invalid
from aicost.api.prices_status import PricesStatus
from aicost.api.publish.prices import prices_status
from aicost.api.publish.sources import source_status
from aicost.api.publish.units import unit_status
from aicost.api.publish.workloads import invalid_status, workload_status
from aicost.api.source_status import SourceStatus
from aicost.api.unit_status import UnitStatus
from aicost.api.workload_status import WorkloadStatus
from aicost.core.claims import Claims, Outbid
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.ledger import Total
from aicost.core.meters import meters
from aicost.core.money import Money
from aicost.core.ownership import Ownership
from aicost.core.reasons import GapReason
from aicost.core.recharge import recharge
from aicost.core.rollup import pool_statements, source_statements, unit_statements
from aicost.core.statement import Facts, workload_statements
from tests.api.publish.month import NOW, the_month
from tests.support.builders import (
    CARD_HOUR,
    T0,
    a_book,
    a_price,
    a_source,
    a_total,
    a_unit,
    facts,
    owned_by,
    usd,
)
from tests.support.expected import expected
from tests.support.metering import a_caller, a_day, a_meter, costing, for_seconds, granted
from tests.support.metering import declared as metered
from tests.support.strategies import totals

EXPECTED = Path(__file__).parent / "expected"
MODELS: dict[str, type[Status]] = {
    "workload": WorkloadStatus,
    "unit": UnitStatus,
    "source": SourceStatus,
    "prices": PricesStatus,
    "invalid": Status,
}


def statuses(facts: Facts) -> dict[str, dict[str, Any]]:
    """Every status of a month, by kind and name."""
    by_name = {
        f"workload-{s.workload.ref.name}": workload_status(s, facts, (), NOW) for s in workload_statements(facts)
    }
    by_name |= {f"unit-{s.name}": unit_status(s, facts, (), 9, NOW) for s in unit_statements(facts)}
    by_name |= {f"source-{s.source.name}": source_status(s, facts, (), NOW) for s in source_statements(facts)}
    by_name["prices"] = prices_status(pool_statements(facts), facts, (), NOW)
    by_name["invalid"] = invalid_status(Invalid("AIWorkload", "ns", "name", 8, "spec: wrong"), (), NOW)
    return by_name


MONTH = statuses(the_month())


def summed(cost: Mapping[str, str], *parts: str) -> Decimal:
    return sum((Decimal(cost[part]) for part in parts), Decimal())


@pytest.mark.parametrize("name", MONTH)
def test_a_status_is_as_expected(name: str) -> None:
    """Every field of every kind, to the last digit."""
    actual = yaml.safe_dump(MONTH[name], sort_keys=False, width=120)
    assert actual == expected(EXPECTED / f"{name}.yaml", actual)


def test_nothing_expected_is_left_over() -> None:
    """Each expected file belongs to a status."""
    assert {path.stem for path in EXPECTED.iterdir()} == set(MONTH)


@pytest.mark.parametrize("name", MONTH)
def test_a_status_is_valid_for_the_api(name: str) -> None:
    """It reads back as the model that the CRD is made of, loses nothing, and has no unknown field."""
    model = MODELS[name.split("-", maxsplit=1)[0]]
    assert model.model_validate(MONTH[name], extra="forbid").to_wire() == MONTH[name]


@pytest.mark.parametrize("name", [name for name in MONTH if "cost" in MONTH[name]])
def test_a_workloads_parts_sum_to_its_totals(name: str) -> None:
    """Components, certainties and charged are one number; used is a part of it."""
    cost, certainty = MONTH[name]["cost"], MONTH[name]["certainty"]
    total = Decimal(cost["incurred"]["total"])
    assert total == summed(cost["incurred"], "gpu", "compute", "tokens") == Decimal(cost["charged"])
    assert total == summed(certainty, "billed", "calibrated", "rated", "estimated")
    assert Decimal(cost.get("used", "0")) <= total


@pytest.mark.parametrize("name", [name for name in MONTH if "own" in MONTH[name]])
def test_a_units_parts_sum_to_its_totals(name: str) -> None:
    """Own and children are the total, by every component; the pools of the reserved unit are its own."""
    unit = MONTH[name]
    for part in ("total", "gpu", "compute", "tokens"):
        own, below, both = (Decimal(unit[of]["incurred"][part]) for of in ("own", "children", "total"))
        assert own + below == both
    assert summed(unit["certainty"], "billed", "calibrated", "rated", "estimated") == Decimal(unit["total"]["charged"])
    if "pools" in unit:
        assert summed(unit["pools"], "idle", "unclaimed", "parked") == Decimal(unit["own"]["charged"])


def test_units_sum_to_the_month() -> None:
    """What all units own is what all lines sum to: nothing is shown twice, nothing is dropped."""
    own = sum(Decimal(status["own"]["charged"]) for name, status in MONTH.items() if name.startswith("unit-"))
    assert own == Decimal(sum(t.nanos for t in the_month().totals if t.gap is None)).scaleb(-9)


@given(st.lists(totals(), max_size=8))
def test_any_months_units_sum_to_it(drawn: list[Total]) -> None:
    """Whatever was owned by whomever, in whatever currency: every status is valid and units sum to the month."""
    month = replace(the_month(), totals=tuple(drawn))
    own = [Decimal(status["own"]["charged"]) for name, status in statuses(month).items() if name.startswith("unit-")]
    priced = [total.nanos for total in drawn if total.gap is None and total.currency == month.currency]
    assert sum(own) == Decimal(sum(priced)).scaleb(-9)


def test_a_sources_parts_sum_to_its_bill() -> None:
    """Attributed and unclaimed are what was billed."""
    source = MONTH["source-openai"]
    assert summed(source, "attributed", "unclaimed") == Decimal(source["billed"])


def test_the_top_of_a_unit_sums_to_its_workloads() -> None:
    """Ten workloads and the rest as one row, the dearest first."""
    rows = MONTH["unit-care"]["top"]["workloads"]
    amounts = [Decimal(row["amount"]) for row in rows]
    assert len(rows) == 11
    assert amounts[:10] == sorted(amounts[:10], reverse=True)
    assert sum(amounts) == Decimal(MONTH["unit-care"]["own"]["charged"])


def test_a_workload_without_anything_has_a_whole_status() -> None:
    """Zero is shown as zero where it is known to be zero, and what is not known is absent."""
    month = the_month()
    nothing = replace(month, totals=(), gaps=(), use=(), tokens={}, previous=(), refused=(), contests=frozenset())
    status = statuses(replace(nothing, last_day=replace(month.last_day, totals=())))["workload-chat"]
    assert (status["cost"]["charged"], status["summary"]["state"]) == ("0.00", "OK")
    assert status["gaps"] == []
    assert {"tokens", "gpu", "previousMonth"}.isdisjoint(status)


def test_a_credit_is_shown_as_such() -> None:
    """A month of credits is negative, not clamped; its share of the budget is zero."""
    month = replace(the_month(), totals=(a_total(owned_by("chat"), usd(-5)),))
    status = statuses(month)["workload-chat"]
    assert status["cost"]["charged"] == "-5.00"
    assert status["budget"] == {"amount": "2000.00", "spentPercent": "0.0", "state": "OK"}


def test_conditions_keep_their_time_while_their_status_stays() -> None:
    """What a resource shows says since when; only a status that changes is new."""
    month = the_month()
    statement = workload_statements(month)[1]
    shown = [
        {"type": "Ready", "status": "True", "lastTransitionTime": "2026-10-01T00:00:00Z"},
        {"type": "DataAvailable", "status": "True", "lastTransitionTime": "2026-10-01T00:00:00Z"},
    ]
    conditions = workload_status(statement, month, shown, T0)["conditions"]
    since = {condition["type"]: condition["lastTransitionTime"] for condition in conditions}
    assert since["Ready"] == "2026-10-01T00:00:00Z"
    assert since["DataAvailable"] == since["Conflict"] == "2026-11-01T00:00:00Z"


def condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The one condition of a type."""
    (found,) = [condition for condition in status["conditions"] if condition["type"] == kind]
    assert isinstance(found, Mapping)
    return found


def test_a_source_that_is_not_read_has_no_amounts() -> None:
    """No zero where nothing is known: a word that says so, a gap, and Ready as ever."""
    source = replace(a_source(), type="LiteLLM", role="Refine")
    gap = Gap(GapReason.SOURCE_NOT_EVALUATED, Feed.USAGE, T0, "not read", source=source.name)
    status = statuses(facts(declared=Declarations(sources=(source,)), gaps=(gap,)))["source-openai"]
    assert {"billed", "attributed", "unclaimed", "currency"}.isdisjoint(status)
    assert status["summary"] == {"state": "Unread"}
    assert condition(status, "DataAvailable")["reason"] == status["gaps"][0]["reason"] == "SourceNotEvaluated"
    assert condition(status, "Ready")["status"] == "True"


def test_a_meter_bills_nothing_and_says_what_it_moved() -> None:
    """No sum over sources counts a server twice; what nobody claims is named, ten at most; a refusal is a condition."""
    meter = a_meter(granted("chat", "support"))
    of = metered(a_caller("chat"), meter, a_meter(name="other"))
    callers = [for_seconds(12, "chat"), *(for_seconds(1, f"c{n:02}") for n in range(12))]
    moved = recharge([a_day(*callers)], (meter,), costing(usd(24).nanos), Ownership.always(of)).entries
    month = replace(facts(declared=of), recharges=moved, refused_meters=meters(of, Claims(of)).refused)
    shown = statuses(month)
    status = shown["source-llm-meter"]
    assert {"billed", "attributed", "unclaimed"}.isdisjoint(status)
    assert status["summary"] == {"captureRate": "50.0", "state": "OK"}
    names = [row["name"] for row in status["recharge"]["unclaimedCallers"]]
    assert names == [*(f"customer c{n:02}" for n in range(10)), "other"]
    assert status["recharge"]["unclaimedCallers"][-1]["amount"] == "2.00"
    assert (status["recharge"]["passedOn"], status["recharge"]["unclaimed"]) == ("12.00", "12.00")
    assert condition(status, "RechargeRefused")["status"] == "False"
    refused = shown["source-other"]
    assert (refused["summary"], condition(refused, "Ready")["status"]) == ({"state": "Refused"}, "True")
    assert condition(refused, "RechargeRefused")["reason"] == "ServerMeteredTwice"


def test_fields_that_are_not_evaluated_show_in_a_condition() -> None:
    """On the source that has them, each by name; Ready stays True."""
    fields = ("spec.residual", "spec.invoices")
    declared = Declarations(sources=(replace(a_source(), ignored=fields),), prices=a_book())
    of = statuses(facts(declared=declared))
    for field in fields:
        assert field in condition(of["source-openai"], "NotEvaluated")["message"]
    assert condition(of["source-openai"], "Ready")["status"] == "True"
    for name in ("prices", "unit-unallocated"):
        assert all(c["type"] != "NotEvaluated" for c in of[name]["conditions"])


def test_a_unit_says_what_it_could_not_pass_on() -> None:
    """A pool with a receiver that does not exist is named, with what to do; Ready stays True; others say nothing."""
    kept = condition(MONTH["unit-find"], "NotDistributed")
    assert (kept["status"], kept["reason"]) == ("True", "ReceiverNotFound")
    assert "Own is kept: there is no other BusinessUnit nowhere" in kept["message"]
    assert condition(MONTH["unit-find"], "Ready")["status"] == "True"
    assert all(c["type"] != "NotDistributed" for c in MONTH["unit-group"]["conditions"])


def test_what_is_passed_on_is_received() -> None:
    """A unit's charge is what it incurred, less what it passed on, and what it received."""
    for unit in (MONTH["unit-group"], MONTH["unit-find"]):
        own = unit["own"]
        incurred, given_, received = (
            Decimal(of) for of in (own["incurred"]["total"], own["passedOn"], own["received"])
        )
        assert Decimal(own["charged"]) == incurred - given_ + received
    assert MONTH["unit-group"]["own"]["passedOn"] == MONTH["unit-find"]["own"]["received"] == "4.40"


def test_a_budget_of_a_quarter_counts_from_its_first_day() -> None:
    """What the months before and this one are charged; the column shows the same percentage."""
    find = MONTH["unit-find"]
    assert find["budget"] == {
        "amount": "1000.00", "spentPercent": "80.0", "state": "Warn", "period": "Quarter", "since": "2026-10-01"
    }  # fmt: skip
    assert find["summary"]["budgetPercent"] == "80.0"


def test_a_namespace_has_one_default_unit() -> None:
    """The unit that loses says to whom; the one that wins has no conflict."""
    units = (a_unit("care", default_for=("support",)), a_unit("find", default_for=("search", "support")))
    of = statuses(facts(declared=Declarations(units=units)))
    conflict = condition(of["unit-find"], "Conflict")
    assert (conflict["status"], conflict["reason"]) == ("True", "DefaultOfAnother")
    assert "BusinessUnit care is the default of support" in conflict["message"]
    assert all(c["type"] != "Conflict" for c in of["unit-care"]["conditions"])


def test_a_node_is_reserved_for_one_unit() -> None:
    """The unit that reserves it in vain says who has it; with a lost namespace in one condition."""
    units = (a_unit("care", default_for=("support",)), a_unit("find", default_for=("search", "support")))
    lost = frozenset(Outbid("find", winner, node) for winner, node in (("care", "n2"), ("care", "n1"), ("shop", "n3")))
    of = statuses(replace(facts(declared=Declarations(units=units)), outbid=lost))
    conflict = condition(of["unit-find"], "Conflict")
    assert "BusinessUnit care is the default of support" in conflict["message"]
    assert "BusinessUnit care has node n1 and 1 more; BusinessUnit shop has node n3. Reserve" in conflict["message"]
    of = statuses(replace(facts(declared=Declarations(units=(a_unit("care"), a_unit("find")))), outbid=lost))
    alone = condition(of["unit-find"], "Conflict")
    assert (alone["status"], alone["reason"]) == ("True", "ReservedByAnother")
    assert all(c["type"] != "Conflict" for c in of["unit-care"]["conditions"])


@pytest.mark.parametrize(("other", "price"), [(usd(3), "3.00"), (usd(5), None)], ids=["one price", "two prices"])
def test_a_price_by_node_is_shown_where_it_is_one_number(other: Money, price: str | None) -> None:
    """An entry for some nodes is a price too; where entries differ no single number would be true."""
    book = a_book(a_price(usd(3), pool="care"), a_price(other, pool="find"))
    month = facts(a_total(owned_by(), usd(1), quantity=CARD_HOUR), declared=Declarations(prices=book))
    (priced,) = statuses(month)["prices"]["priced"]
    assert priced.get("price") == price
