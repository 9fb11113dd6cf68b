"""A month that is closed, and what its provider says of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.core.money import NANOS_PER_UNIT
from aicost.reports.document import Document
from e2e.demonstration.trials import said_again
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.resources import until

OCTOBER, NOVEMBER = "2026-10", "2026-11"


def aicost(operator: OperatorProcess, *words: str) -> Result:
    """The command, as somebody runs it who may reach the operator's API."""
    return CliRunner().invoke(cli, [*words, "--server", operator.api])


def month(operator: OperatorProcess, period: str) -> Document:
    return Document.from_json(operator.report(period).json())


def summed(document: Document, component: str = "") -> Decimal:
    nanos = sum(row.nanos or 0 for row in document.rows if component in ("", row.component))
    return Decimal(nanos) / NANOS_PER_UNIT


def test_a_closed_month_is_corrected_in_the_next(scene: Scene, operators: Operators) -> None:
    """October stays to the last digit, November has one correction, for whom it concerns; every proof still holds."""
    operator = operators(**scene.settings(CLOSE_DAY="5", BILL_POLL="1", BILL_DAYS="35"))
    operator.start()
    operator.ready()
    until(lambda: summed(month(operator, NOVEMBER)) == Decimal("6603.20"), "November is known")
    until(lambda: summed(month(operator, OCTOBER), "tokens") > 0, "October's bill is in")
    closed = aicost(operator, "close", OCTOBER, "--by", "jane", "--force")
    assert closed.exit_code == 0, closed.output
    october = month(operator, OCTOBER)
    costs = scene.openai.organisation.costs
    scene.openai.organisation = replace(scene.openai.organisation, costs=tuple(map(said_again, costs)))
    until(lambda: summed(month(operator, NOVEMBER), "correction") == Decimal("12.34"), "the correction is in")
    november = month(operator, NOVEMBER)
    assert (summed(november), month(operator, OCTOBER)) == (Decimal("6615.54"), october)
    assert [(row.workload, row.nanos) for row in november.rows if row.component == "correction"] == [
        ("support/chat", 12_340_000_000)
    ]
    cost = scene.resources.status("aicost", "support/chat")["cost"]
    assert (cost["incurred"]["corrections"], cost["charged"]) == ("12.34", "2709.14")
    assert scene.resources.status("aicost", "support/chat")["previousMonth"]["state"] == "Closed"
    proven = aicost(operator, "report", "--verify")
    assert proven.exit_code == 0, proven.output
