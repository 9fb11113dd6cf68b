"""Texts from outside: bounded, and never more than text in a page, a report, a log or a resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from aicost.cli.commands import cli
from aicost.cli.declared import KUBECTL_GET
from e2e.controlplane.errors import CommandFailedError
from e2e.emulators.openai_organisation import Cost
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.november.claiming import usage, workload
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.november.theft.conftest import billed
from e2e.tests.operator.resources import Body, Resources, until

HOSTILE = '=cmd|x"}\naicost_forged_total 1\n| a | b |\n<script>alert(1)</script> `x` \u202egnp\x1b[31m'
SELECTED = {"selector": {"matchLabels": {"app": "chat"}}}


def spoilt(**spec: Any) -> Body:
    return workload("default/mallory", "search", **{"pods": SELECTED, **spec})


TOO_MUCH = {
    "a name of ten thousand letters": (spoilt(feature="x" * 10_000), "may not be more than 128"),
    "labels by the hundred": (
        spoilt(pods={"selector": {"matchLabels": {f"l{number}": "x" for number in range(100)}}}),
        "must have at most 16 items",
    ),
    "claims by the thousand": (
        spoilt(usage=[{**usage("x")[0], "name": f"u{number}"} for number in range(1000)]),
        "must have at most",
    ),
    "a label of a thousand letters": (
        spoilt(pods={"selector": {"matchLabels": {"app": "x" * 1000}}}),
        "may not be more",
    ),
    "a unit that looks like another": (
        spoilt(businessUnit="\u0441ustomer-care"),
        "lower-case letters, digits and dashes",
    ),
    "a customer that reads like another": (spoilt(customer="acme\u202e"), "turn the direction of text"),
    "a customer of two lines": (spoilt(customer="acme\n| globex | 0.00 |"), "without line ends"),
}


@pytest.mark.parametrize("case", TOO_MUCH, ids=lambda case: case.replace(" ", "-"))
def test_what_is_too_long_too_many_or_misleading_is_refused(resources: Resources, case: str) -> None:
    """By the API server, so that no operator has to read it."""
    manifest, words = TOO_MUCH[case]
    with pytest.raises(CommandFailedError, match=words):
        resources.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))


def test_a_bomb_of_aliases_is_refused(robbed: Scene, operator: OperatorProcess) -> None:
    """A price list of a few hundred bytes that grows to gigabytes when it is read: it never reaches the operator."""
    bomb = "apiVersion: aicost.dev/v1alpha1\nkind: PriceBook\nmetadata: {name: default}\nspec:\n  currency: USD\n  a0: &a0 [x, x, x]\n"
    for level in range(1, 14):
        bomb += f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    with pytest.raises(CommandFailedError):
        robbed.resources.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=bomb)
    assert operator.get("healthz").is_success


def test_a_providers_text_stays_text(robbed: Scene, operator: OperatorProcess, tmp_path: Path) -> None:
    """A project with quotes, line ends and mark-up in its name forges no metric, no log line and no row of a report."""
    resources, was = robbed.resources, robbed.openai.organisation
    lines = [length(operator)]
    for name, amount in (("harmless", "4"), (HOSTILE, "5")):
        cost = Cost("2026-11-01", amount, name, name, name)
        robbed.openai.organisation = replace(was, costs=(*was.costs, cost))
        until(lambda of=amount: billed(resources) == f"320{of}.00", "it is billed")  # type: ignore[misc] # bound now
        lines.append(length(operator))
    names = {family.name for family in text_string_to_metric_families(operator.get("metrics").text)}
    assert [name for name in names if not name.startswith(("aicost", "python", "process"))] == []
    assert "aicost_forged" not in names
    assert [(of - lines[0][0], same - lines[0][1]) for of, same in lines] == [(0, 0), (1, 1), (2, 2)]
    drilled = report(operator, "markdown", "--unit", "unallocated", "--all")
    assert [line for line in drilled.splitlines() if line.startswith(("aicost_forged", "<script>"))] == []
    assert "\x1b" not in drilled
    assert "kind: AIWorkload" not in backlog(operator, resources, tmp_path).partition("cmd|x")[2].partition("\n# ")[0]
    assert list(logged(operator))
    robbed.openai.organisation = was
    until(lambda: billed(resources) == "3200.00", "the provider takes it back")


def length(operator: OperatorProcess) -> tuple[int, int]:
    """How many lines a report has, as Markdown and in a terminal: a row more for each project, withdrawn ones too."""
    return report(operator, "markdown").count("\n"), report(operator, "table").count("\n")


def backlog(operator: OperatorProcess, resources: Resources, folder: Path) -> str:
    """What `aicost backlog` would have an administrator apply."""
    there = folder / "there.json"
    there.write_text(resources.kubectl(*KUBECTL_GET, "--all-namespaces"), encoding="utf-8")
    words = ["backlog", "--server", operator.api, "-o", "yaml", "--onto", str(there)]
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def report(operator: OperatorProcess, form: str, *options: str) -> str:
    """What `aicost report` prints."""
    done = CliRunner().invoke(cli, ["report", "--server", operator.api, "-o", form, *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def logged(operator: OperatorProcess) -> Iterator[Body]:
    """The log, of which each line is an object."""
    for line in operator.process.log.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
