"""The chart's values: described, bounded, and the same as the settings they become."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import click
import pytest
import yaml

from aicost import __version__
from aicost.cli.agent import agent
from aicost.settings import Settings
from tests.chart.values import CHART, PAGE, page, values

VALUES = values()
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
OPEN = {"global", "checkedByTheApiServer"}
"""Where Helm, or the API server, knows better than the chart what may stand there."""
OWN_WAY = {
    "namespace",
    "credential_namespace",
    "allowed_hosts",
    "ledger_url",
    "probes_port",
    "kube_state_metrics_matchers",
    "dcgm_matchers",
    "cadvisor_matchers",
}
"""Settings that the chart makes of something else than one value with the same default."""
LEFT = {"kubeconfig", "bill_files", "model_catalogue", "probes_address", "api_port", "lease", "now"}
"""Settings whose defaults are right in a pod; extraEnv can still set them."""


def _set_by_the_chart() -> dict[str, str]:
    """The value's path, or "", by the setting that it becomes."""
    template = (CHART / "templates" / "_environment.tpl").read_text()
    lines = re.findall(r"name: AICOST_(\w+), value: (.*)}$", template, re.MULTILINE)
    paths = ((name, re.fullmatch(r"{{ \.Values\.([\w.]+) \| quote }}", value)) for name, value in lines)
    return {name.lower(): path[1] if path else "" for name, path in paths}


def _schema_of(path: str) -> dict[str, Any]:
    found = SCHEMA
    for part in path.split("."):
        found = found["properties"][part]
    return found


def _objects(name: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if schema.get("type") == "object":
        yield name, schema
    for key in ("properties", "definitions"):
        for inner, value in schema.get(key, {}).items():
            yield from _objects(inner, value)
    if "items" in schema:
        yield from _objects(name, schema["items"])


def _leaves(schema: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, inner in schema["properties"].items():
        path = f"{above}{name}"
        if "properties" in inner and name not in {"resources", "affinity"}:
            yield from _leaves(inner, f"{path}.")
        else:
            yield path


def test_the_chart_is_for_this_version() -> None:
    """The image that the chart names by default is the one that this source makes."""
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == __version__


def test_every_value_is_described() -> None:
    """Who reads values.yaml or its page finds a sentence for each value."""
    assert [value.path for value in VALUES if not value.comment.endswith((".", "}]."))] == []


def test_the_page_is_up_to_date() -> None:
    """docs/chart-values.md says what values.yaml says; `python -m tests.chart.values` makes it so."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_schema_and_values_name_the_same() -> None:
    """A value exists exactly where the schema knows it."""
    assert sorted(_leaves(SCHEMA)) == sorted([*(value.path for value in VALUES), "global"])


def test_the_schema_is_closed() -> None:
    """A misspelt value is refused at any depth."""
    lax = {name for name, schema in _objects("", SCHEMA) if schema.get("additionalProperties") in (None, True)}
    assert lax == OPEN


def test_every_setting_is_the_charts_or_left_on_purpose() -> None:
    """A new setting cannot be forgotten in the chart."""
    assert set(_set_by_the_chart()) | LEFT == set(Settings.model_fields)
    assert {name for name, path in _set_by_the_chart().items() if not path} == OWN_WAY


BOUNDED = {name: path for name, path in _set_by_the_chart().items() if path}


@pytest.mark.parametrize("name", BOUNDED)
def test_defaults_and_bounds_are_the_settings(name: str) -> None:
    """The chart promises the defaults and the bounds of the settings, no others."""
    field = Settings.model_fields[name]
    bounds = {key: getattr(m, key) for m in field.metadata for key in ("ge", "gt", "le") if hasattr(m, key)}
    schema = _schema_of(BOUNDED[name])
    names = {"minimum": "ge", "exclusiveMinimum": "gt", "maximum": "le"}
    assert {v.path: v.default for v in VALUES}[BOUNDED[name]] == field.default
    assert {names[key]: schema[key] for key in names if key in schema} == bounds


def test_the_agents_interval_is_the_commands() -> None:
    """Its default and its bounds, which are the command's own."""
    [option] = [option for option in agent.params if option.name == "interval"]
    assert isinstance(option.type, click.IntRange)
    schema = _schema_of("agent.intervalSeconds")
    assert (schema["minimum"], schema["maximum"]) == (option.type.min, option.type.max)
    assert {v.path: v.default for v in VALUES}["agent.intervalSeconds"] == option.default
