"""What all statuses word alike: percentages, budgets, gaps, conditions, and how far data reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.api.accounts import BudgetUse
from aicost.api.publish import parts
from aicost.api.publish.parts import Aspect
from aicost.api.publish.workloads import workload_status
from aicost.core.claims import Refused
from aicost.core.cost import Cost
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import ConditionReason, GapReason, Refusal
from aicost.core.statement import workload_statements
from tests.support.builders import T0, a_claim, a_total, a_workload, at, facts, owned_by, usd

UNIT = 10**9


@pytest.mark.parametrize(
    ("nanos", "of", "shown"),
    [
        (0, UNIT, "0.0"),
        (UNIT, UNIT, "100.0"),
        (UNIT - 1, UNIT, "99.9"),
        (1, UNIT, "0.0"),
        (2 * UNIT, 3 * UNIT, "66.6"),
        (12 * UNIT, UNIT, "1200.0"),
        (-UNIT, UNIT, "0.0"),
        (2_696_800_000_000, 50_000 * UNIT, "5.3"),
    ],
)
def test_a_percentage_is_rounded_down(nanos: int, of: int, shown: str) -> None:
    """One decimal, never more than it is: what is almost spent is not yet 100, and a credit is none of the budget."""
    assert parts.percent(nanos, of) == shown


@given(st.integers(-(10**24), 10**24), st.integers(1, 10**24))
def test_any_percentage_fits_the_api(nanos: int, of: int) -> None:
    """However small a budget and however large a cost, the status stays valid: nobody can make another's fail."""
    use = BudgetUse(amount="1.00", spent_percent=parts.percent(nanos, of), state=parts.budget_state(nanos, of))
    assert use.state in {"OK", "Warn", "Over"}


@pytest.mark.parametrize(
    ("spent", "state"),
    [(0, "OK"), (799, "OK"), (800, "Warn"), (1000, "Warn"), (1001, "Over"), (-5, "OK")],
)
def test_a_budget_is_over_when_more_is_spent_than_it(spent: int, state: str) -> None:
    """Exactly the budget is not over it; from 80 percent on it warns."""
    assert parts.budget_state(spent, 1000) == state


def test_ten_gaps_are_shown_and_the_rest_is_counted() -> None:
    """The list is bounded; the condition says how many there are."""
    gaps = [Gap(GapReason.NO_PRICE, Feed.GPU, at(n), f"gap {n}") for n in range(12)]
    assert [gap.message for gap in parts.gaps(gaps)] == [f"gap {n}" for n in range(10)]
    aspect = parts.data_available(gaps)
    assert (aspect.holds, aspect.reason) == (False, "NoPrice")
    assert aspect.message.startswith("gap 0. Add the model to the PriceBook's `gpus`")
    assert aspect.message.endswith("(and 11 more, see status.gaps)")


def test_a_gap_says_where_since_when_and_how_much() -> None:
    """A quantity that nobody knows is absent, not empty."""
    counted, uncounted = parts.gaps(
        [
            Gap(GapReason.NO_PRICE, Feed.GPU, T0, "no price", "2.00 card hours"),
            Gap(GapReason.BILL_MALFORMED, Feed.BILLS, T0, "x" * 5000),
        ]
    )
    assert counted.to_wire() == {
        "reason": "NoPrice",
        "component": "gpu",
        "quantity": "2.00 card hours",
        "since": "2026-11-01T00:00:00Z",
        "message": "no price",
    }
    assert (uncounted.quantity, len(uncounted.message or "")) == (None, 1024)


def test_without_gaps_data_is_complete() -> None:
    """Nothing missing, nothing to say."""
    assert parts.data_available([]) == Aspect("DataAvailable", holds=True, reason=ConditionReason.COMPLETE)


def test_conditions_come_in_the_order_of_their_aspects() -> None:
    """Whatever order the resource shows them in, and whatever else it shows."""
    before = [{"type": "Old", "status": "True"}, {"type": "B", "status": "True"}, {"type": "A"}]
    aspects = [Aspect("A", True, ConditionReason.ACCEPTED), Aspect("B", False, GapReason.NO_PRICE, "why")]
    made = parts.conditions(aspects, before, 4, T0)
    assert [(c.type, c.status, c.reason, c.message, c.observed_generation) for c in made] == [
        ("A", "True", "Accepted", "", 4),
        ("B", "False", "NoPrice", "why", 4),
    ]
    assert {c.last_transition_time for c in made} == {parts.timestamp(T0)}


def test_a_message_of_any_length_fits_the_api() -> None:
    """Fifty claims that are refused make one bounded message, and no status of anybody invalid."""
    workload = a_workload()
    refused = tuple(
        Refused(workload.ref, Refusal.GRANT_MISSING, f"{n} " + "x" * 300, a_claim(project=str(n))) for n in range(50)
    )
    month = replace(facts(declared=Declarations((workload,))), refused=refused)
    status = workload_status(workload_statements(month)[0], month, (), T0)
    (denied,) = [c for c in status["conditions"] if c["type"] == "ClaimDenied"]
    assert len(denied["message"]) == parts.LONGEST_MESSAGE


def test_bills_reach_as_far_as_the_one_that_lags() -> None:
    """Of the sources that somebody uses; one that was never read tells nothing, and other people's do not matter."""
    month = replace(
        facts(), bills_through={"openai": at(2), "claude": at(1), "other": at(0)}, through={Feed.GPU: at(9)}
    )
    shown = parts.through(month, ["openai", "claude", "new"])
    assert (shown.gpu, shown.usage, shown.bills) == (parts.timestamp(at(9)), None, parts.timestamp(at(1)))
    assert parts.through(month, []).bills is None


def test_a_month_before_of_which_nothing_is_known_is_absent() -> None:
    """No entries in the month before: no amount, rather than zero."""
    assert parts.previous_month(facts(), 0) is None
    of_october = replace(facts(), previous=(a_total(owned_by(), usd(1)),))
    known = parts.previous_month(of_october, 7)
    assert known is not None
    assert known.to_wire() == {"period": "2026-10", "amount": "0.000000007", "state": "Open"}
    closed = parts.previous_month(replace(of_october, previous_closed=True), 7)
    assert closed is not None
    assert closed.to_wire()["state"] == "Closed"


def test_corrections_are_a_part_of_what_was_incurred_where_there_are_any() -> None:
    """Late changes of closed months sum to the total with the rest; without any the part is absent."""
    shown = parts.cost(Cost(tokens=10**9, corrections=-1)).to_wire()["incurred"]
    assert (shown["corrections"], shown["total"]) == ("-0.000000001", "0.999999999")
    assert "corrections" not in parts.cost(Cost(tokens=10**9)).to_wire()["incurred"]


def test_a_budget_is_exceeded_by_the_first_nano_unit_over_it() -> None:
    """What is spent exactly is within; without a budget there is nothing to exceed."""
    assert [aspect.holds for spent in (9, 10, 11) for aspect in parts.budget_exceeded(spent, 10)] == [
        False,
        False,
        True,
    ]
    assert parts.budget_exceeded(11, None) == ()


def test_fields_that_are_not_evaluated_are_named() -> None:
    """Each by its path; a spec without such fields shows no condition."""
    (aspect,) = parts.not_evaluated(("spec.currency", "spec.distribute"))
    assert (aspect.type, aspect.holds) == ("NotEvaluated", True)
    assert "spec.currency, spec.distribute" in aspect.message
    assert parts.not_evaluated(()) == ()
