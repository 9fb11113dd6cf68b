"""What people see: `kubectl explain`, the columns, sorting and selecting."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from e2e.tests.api.cases import accepted
from e2e.tests.api.conftest import NAMESPACE

if TYPE_CHECKING:
    from e2e.tests.api.conftest import Apply, Kubectl

IN_NAMESPACE = f"--namespace={NAMESPACE}"


def the_full(name: str) -> dict[str, Any]:
    """One of the full objects."""
    [manifest] = [manifest for manifest in accepted("full") if manifest["metadata"]["name"] == name]
    return manifest


def a_workload(name: str, *, unit: str, cost: str) -> dict[str, Any]:
    """A full workload under another name, unit and cost."""
    manifest = deepcopy(the_full("chat"))
    manifest["metadata"]["name"] = name
    manifest["spec"]["businessUnit"] = unit
    manifest["status"]["summary"]["cost"] = cost
    return manifest


def test_explain_reads_well(kubectl: Kubectl) -> None:
    """`kubectl explain aicost.spec` names the fields with their types, duties and meaning."""
    text = " ".join(kubectl("explain", "aicost.spec").split())
    assert "What the workload is, who pays for it, and which cost is its own." in text
    assert "businessUnit <string> -required- The BusinessUnit that pays." in text
    assert "enum: Inference, Training, FineTuning, Evaluation, .... What the workload does" in text
    assert "budget <Object> What it may cost in a UTC month." in text
    assert "Use `aicost.spec`" not in text


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("aiw.status.cost", "incurred - passedOn + received = charged"),
        ("bu.spec.namespaces", "Namespaces whose AIWorkloads may name this unit."),
        ("usrc.spec.grants.dimension", "What the value is of"),
        ("pb.spec.gpus.rates", "from <string> -required- First UTC day of the price."),
    ],
)
def test_explain_knows_every_kind(kubectl: Kubectl, path: str, sentence: str) -> None:
    """Every kind explains itself by its short name, down to the leaves."""
    assert sentence in " ".join(kubectl("explain", path).split())


@pytest.mark.parametrize(
    ("short", "name", "header", "row"),
    [
        ("aicost", "chat", "NAME UNIT COST BUDGET SAVE STATE AGE", "chat customer-care 2696.80 5.4 0.00 OK"),
        (
            "bu",
            "customer-care",
            "NAME PARENT COST FORECAST BUDGET SAVE STATE AGE",
            "customer-care commercial 2696.80 80904.00 3.0 730.00 OK",
        ),
        (
            "usrc",
            "openai-prod",
            "NAME TYPE BILLED UNCLAIMED CAPTURE THROUGH STATE AGE",
            "openai-prod OpenAI 3200.00 360.00 88.8 2026-11-01 OK",
        ),
        ("pb", "default", "NAME CURRENCY PRICED MISSING STATE AGE", "default USD 4 1 Missing"),
    ],
)
def test_columns_fit_a_terminal(kubectl: Kubectl, apply: Apply, short: str, name: str, header: str, row: str) -> None:
    """The narrow columns are the promised ones, filled from the summary, at most 80 wide."""
    apply(the_full(name))
    lines = kubectl("get", short, name, IN_NAMESPACE).splitlines()
    assert " ".join(lines[0].split()) == header
    assert " ".join(lines[1].split()).startswith(row)
    assert max(len(line.rstrip()) for line in lines) <= 80


@pytest.mark.parametrize(
    ("short", "name", "shown"),
    [
        ("aicost", "chat", ["FORECAST", "80904.00", "CURRENCY", "USD", "UTILISATION", "41.5", "DATA", "NoPrice"]),
        ("bu", "customer-care", ["CURRENCY", "EUR", "OWN", "CHILDREN", "CENTRE", "4711"]),
        ("usrc", "openai-prod", ["ROLE", "Bill", "ATTRIBUTED", "2840.00"]),
        ("pb", "default", ["ESTIMATED", "BUILTIN", "true"]),
    ],
)
def test_wide_shows_more(kubectl: Kubectl, apply: Apply, short: str, name: str, shown: list[str]) -> None:
    """`-o wide` adds columns and keeps the narrow ones in front."""
    apply(the_full(name))
    assert set(shown) <= set(kubectl("get", short, name, IN_NAMESPACE, "-o", "wide").split())


def test_costs_sort_as_numbers(kubectl: Kubectl, apply: Apply) -> None:
    """Amounts are plain decimals, so kubectl sorts 9 before 10 before 100."""
    for name, cost in (("a", "100.00"), ("b", "9.50"), ("c", "1234.50"), ("d", "10.25"), ("e", "0.75")):
        apply(a_workload(name, unit="search", cost=cost))
    rows = kubectl("get", "aicost", IN_NAMESPACE, "--sort-by=.status.summary.cost", "--no-headers").splitlines()
    assert [row.split()[2] for row in rows] == ["0.75", "9.50", "10.25", "100.00", "1234.50"]


def test_workloads_of_a_unit_can_be_selected(kubectl: Kubectl, apply: Apply) -> None:
    """The API server itself selects by business unit."""
    apply(a_workload("a", unit="search", cost="1.00"))
    apply(a_workload("b", unit="fraud-risk", cost="2.00"))
    found = kubectl("get", "aicost", "--all-namespaces", "--field-selector=spec.businessUnit=fraud-risk", "-o", "name")
    assert found.split() == ["aiworkload.aicost.dev/b"]


def test_category_lists_all_kinds(kubectl: Kubectl) -> None:
    """`finops` is the category of all four kinds, `aicost` is none, so that `kubectl get aicost NAME` works."""
    by_category = kubectl("api-resources", "--categories=finops", "-o", "name").split()
    assert sorted(by_category) == [
        "aiworkloads.aicost.dev",
        "businessunits.aicost.dev",
        "pricebooks.aicost.dev",
        "usagesources.aicost.dev",
    ]
