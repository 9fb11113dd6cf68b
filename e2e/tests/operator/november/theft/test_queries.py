"""Queries and metrics: nobody's text comes into PromQL, and nobody's keys or customers into the operator's own metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.controlplane.errors import CommandFailedError
from e2e.emulators.openai_organisation import Cost
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.november.claiming import workload
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.november.theft.conftest import a_source, billed, refused_for, unmoved
from e2e.tests.operator.resources import Body, Resources, until

CANARY = "canary5151"
INJECTED = [
    CANARY + '"} or up{a="',
    f"{CANARY}.*",
    ".*",
    f"{CANARY}\\",
    f"{CANARY}') or vector(1) #",
    f"{CANARY}é😀",
]
"""What would end a string, match everything, or begin another expression, were it pasted into a query."""
SERIES = 400


def a_meter(name: str, **metrics: object) -> Body:
    of = {"type": "Prometheus", "role": "Meter", "secretRef": None, "costOf": {"namespace": "search", "name": "rank"}}
    return a_source(name, **of, prometheus={"preset": "vLLM", **metrics})


def asked(scene: Scene) -> Iterator[str]:
    """Every query that Prometheus was ever asked, by its own log."""
    for line in scene.queries.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["params"]["query"]


def shape(query: str) -> str:
    """A query without its numbers."""
    return re.sub(r"\d+", "0", query)


def test_a_value_in_a_matcher_stays_a_value(robbed: Scene, operator: OperatorProcess) -> None:
    """It is compared with what Prometheus told, never sent: the meters find nothing, say so, and move no cost."""
    resources = robbed.resources
    shapes = {shape(query) for query in asked(robbed)}
    for value in INJECTED:
        with unmoved(operator, resources, "UsageSource/injected"):
            meter = a_meter("injected", matchers={"job": value}, dimensions={"customer": "tenant_id"})
            resources.apply(meter)
            refused_for(resources, "injected", "MeterUnavailable")
            resources.delete("usrc", "injected")
    assert [query for query in asked(robbed) if CANARY in query] == []
    assert {shape(query) for query in asked(robbed)} == shapes


@pytest.mark.parametrize("name", ['job="x"} or up{a', "job=~", "a-b", "0a", ""])
def test_a_matcher_has_the_name_of_a_label(resources: Resources, name: str) -> None:
    """Anything else is refused with what to write."""
    manifest = json.dumps(a_meter("injected", matchers={name: "x"}))
    with pytest.raises(CommandFailedError, match="write names of labels as Prometheus has them"):
        resources.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest)


@pytest.mark.parametrize("metric", ["up or vector(1)", 'up{job="x"}', "sum(up)", "up[5m]"])
def test_a_metric_is_a_name(resources: Resources, metric: str) -> None:
    """A team names the counter of its value; a query in its place is refused."""
    value = {"unit": "ticket", "metric": metric}
    manifest = json.dumps(
        workload("default/mallory", "search", pods={"selector": {"matchLabels": {"a": "b"}}}, value=value)
    )
    with pytest.raises(CommandFailedError, match="without braces or functions"):
        resources.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest)


def test_many_keys_and_projects_make_no_metrics(robbed: Scene, operator: OperatorProcess) -> None:
    """The operator's own series are bounded by what is declared: a bill of hundreds of keys and line items adds none."""
    resources = robbed.resources
    before = series(operator)
    was = robbed.openai.organisation
    many = tuple(
        Cost("2026-11-01", "0.01", f"proj_{number}", f"key_{number}", f"model-{number}, input")
        for number in range(SERIES)
    )
    robbed.openai.organisation = replace(was, costs=(*was.costs, *many))
    until(lambda: billed(resources) == "3204.00", "all of them are billed", 60)
    assert series(operator) == before
    robbed.openai.organisation = was
    until(lambda: billed(resources) == "3200.00", "the provider takes them back", 60)


def series(operator: OperatorProcess) -> set[tuple[str, ...]]:
    """Names and labels of the operator's own metrics."""
    families = text_string_to_metric_families(operator.get("metrics").text)
    return {(of.name, *map(str, sorted(of.labels.items()))) for family in families for of in family.samples}
