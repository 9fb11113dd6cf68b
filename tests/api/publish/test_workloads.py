"""What a workload's status says of it beside its cost."""

from __future__ import annotations

from dataclasses import replace

from aicost.api.publish.workloads import workload_status
from aicost.core.declarations import Declarations
from aicost.core.identity import WorkloadRef
from aicost.core.statement import workload_statements
from aicost.core.usage import Tokens
from tests.api.publish.month import NOW
from tests.support.builders import CARD_HOUR, a_total, a_unit, a_workload, facts, owned_by, usd


def test_what_one_of_something_costs_is_told() -> None:
    """Only what can be counted: of a model server its requests, tokens and card hours."""
    month = facts(
        a_total(owned_by(), usd(4), quantity=2 * CARD_HOUR), declared=Declarations((a_workload("chat"),), (a_unit(),))
    )
    counted = Tokens(input=3_000_000, output=1_000_000, requests=500)
    (told,) = workload_statements(replace(month, tokens={WorkloadRef("support", "chat"): counted}))
    status = workload_status(told, month, (), NOW)
    assert status["unitCosts"] == {"perThousandRequests": "8.00", "perMillionTokens": "1.00", "perCardHour": "2.00"}
