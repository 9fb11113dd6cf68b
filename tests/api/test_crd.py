"""The generated CRDs: they are what the models say, bounded everywhere, described everywhere, without floats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aicost.api.crd import KINDS, definition, differences, main, rendered, schema
from aicost.api.model import RULES
from e2e.tests.api.cases import accepted, refused

ROOT = Path(__file__).parents[2]
ANNOTATION_LIMIT = 256 * 1024
Node = tuple[str, Mapping[str, Any]]

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.definition.kind)


def walk(node: Mapping[str, Any], path: str = "") -> Iterator[Node]:
    """Every schema under `spec` and `status`, with its path."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in node:
            yield from walk(node[key], path + mark)


@cache
def fields(kind: Any) -> list[Node]:
    """Everything below a kind's root that the models declare."""
    properties = schema(kind)["properties"]
    return [*walk(properties["spec"], ".spec"), *walk(properties["status"], ".status")]


def test_committed_files_are_generated() -> None:
    """crds/ and the chart's copies are exactly what the models give."""
    assert differences(ROOT) == ""


def test_check_fails_with_a_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check exits 1 and shows the difference; after writing it exits 0."""
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0
    changed = tmp_path / "crds/aiworkloads.yaml"
    changed.write_text(changed.read_text().replace("aicost\n", "aicosts\n"))
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert "+    - aicost\n" in capsys.readouterr().out


@kinds
def test_every_field_is_described(kind: Any) -> None:
    """`kubectl explain` has a sentence for every field, and no template syntax that Helm would run."""
    undescribed = [
        path
        for path, node in fields(kind)
        if not path.endswith(("[]", "{}")) and not node.get("description", "").endswith(".")
    ]
    assert undescribed == []
    assert "{{" not in str(schema(kind))


@kinds
def test_every_value_is_bounded(kind: Any) -> None:
    """Strings, lists and maps have an upper bound and integers both, so that rules have a cost that can be estimated."""
    assert [path for path, node in fields(kind) if not _bounded(node)] == []


@kinds
def test_no_floats(kind: Any) -> None:
    """No field is a float: only strings, integers, booleans, lists and objects."""
    assert {node["type"] for _, node in fields(kind)} <= {"string", "integer", "boolean", "array", "object"}


@kinds
def test_full_objects_are_full(kind: Any) -> None:
    """The full objects together set every field of the schema, so that the round trip over the API server shows all."""
    full = [manifest for manifest in accepted("full") if manifest["kind"] == kind.definition.kind]
    declared = {path for path, _ in fields(kind)}
    set_somewhere = {path for manifest in full for path in _paths(manifest, schema(kind))}
    assert declared - set_somewhere == set()


@kinds
def test_every_rule_has_an_object_that_breaks_it(kind: Any) -> None:
    """Each rule of the schema is shown by a refused object; only what compares with the stored object cannot be."""
    broken = [case.message for case in refused()]
    rules = [*schema(kind).get(RULES, []), *(rule for _, node in fields(kind) for rule in node.get(RULES, []))]
    unshown = {
        rule["message"]
        for rule in rules
        if "oldSelf" not in rule["rule"] and not any(message in rule["message"] for message in broken)
    }
    assert unshown == set()


@kinds
def test_what_is_refused_says_what_to_do(kind: Any) -> None:
    """The API server would tell a pattern or a number of items without a word about what to write."""
    spec = [node for path, node in fields(kind) if path.startswith(".spec")]
    assert all(rule["message"] for node in [schema(kind), *spec] for rule in node.get(RULES, []))
    assert not [node for node in spec if {"pattern", "minItems"} & node.keys()]


@kinds
def test_column_paths_exist(kind: Any) -> None:
    """No column prints a field that the schema does not know, and AGE is the last of the narrow ones."""
    known = {path for path, _ in fields(kind)} | {".metadata.creationTimestamp"}
    paths = [column.path for column in kind.definition.columns]
    assert {path for path in paths if "[?" not in path} <= known
    assert [column.name for column in kind.definition.columns if not column.wide][-1] == "Age"


def test_columns_and_names_are_the_designs() -> None:
    """The narrow columns, short names and the category are a contract with users and their scripts."""
    contract = {
        kind.definition.kind: (
            kind.definition.short_names,
            " ".join(column.name.upper() for column in kind.definition.columns if not column.wide),
        )
        for kind in KINDS
    }
    assert contract == {
        "AIWorkload": (("aicost", "aiw"), "UNIT COST BUDGET SAVE STATE AGE"),
        "BusinessUnit": (("bu",), "PARENT COST FORECAST BUDGET SAVE STATE AGE"),
        "UsageSource": (("usrc",), "TYPE BILLED UNCLAIMED CAPTURE THROUGH STATE AGE"),
        "PriceBook": (("pb",), "CURRENCY PRICED MISSING STATE AGE"),
    }
    assert {tuple(definition(kind)["spec"]["names"]["categories"]) for kind in KINDS} == {("finops",)}


def test_files_fit_client_side_apply() -> None:
    """`kubectl apply` keeps the whole object in an annotation: each CRD stays below half of what fits there."""
    assert all(len(text.encode()) < ANNOTATION_LIMIT / 2 for text in rendered().values())


def _bounded(node: Mapping[str, Any]) -> bool:
    if node["type"] == "string":
        return "maxLength" in node or "enum" in node or node.get("format") in ("date", "date-time")
    if node["type"] == "integer":
        return {"minimum", "maximum"} <= node.keys()
    if node["type"] == "array":
        return "maxItems" in node
    return "additionalProperties" not in node or "maxProperties" in node


def _paths(value: Any, node: Mapping[str, Any], path: str = "") -> Iterator[str]:
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            if key in node.get("properties", {}):
                yield from _paths(part, node["properties"][key], f"{path}.{key}")
            elif "additionalProperties" in node:
                yield from _paths(part, node["additionalProperties"], f"{path}{{}}")
    if isinstance(value, list):
        for part in value:
            yield from _paths(part, node["items"], f"{path}[]")
