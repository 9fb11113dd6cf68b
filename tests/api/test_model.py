"""Models judge objects as the API server does: the same objects accepted, the same refused, for the same reasons."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import ValidationError

from aicost.api.crd import KINDS
from aicost.api.price_entries import Compute
from aicost.api.workload import WorkloadSpec
from e2e.tests.api.cases import Refused, accepted, named, refused

if TYPE_CHECKING:
    from aicost.api.definition import Resource

BY_KIND: dict[str, type[Resource]] = {kind.definition.kind: kind for kind in KINDS}
A_SPEC = {"businessUnit": "search", "pods": {"selector": {"matchLabels": {"app": "rank"}}}}


@pytest.mark.parametrize("manifest", accepted("full"), ids=named)
def test_full_object_returns_to_the_wire_unchanged(manifest: dict[str, Any]) -> None:
    """Reading and writing a full object loses nothing, adds nothing, and knows every field."""
    read = BY_KIND[manifest["kind"]].model_validate(manifest, extra="forbid").to_wire()
    assert _without_empty(read["spec"]) == _without_empty(manifest["spec"])
    assert _without_empty(read.get("status", {})) == manifest.get("status", {})


@pytest.mark.parametrize("manifest", accepted("minimal"), ids=named)
def test_minimal_object_is_accepted(manifest: dict[str, Any]) -> None:
    """What is not required may be left out."""
    assert BY_KIND[manifest["kind"]].model_validate(manifest, extra="forbid").metadata.name


@pytest.mark.parametrize("case", refused(), ids=str)
def test_invalid_object_is_refused_with_what_to_do(case: Refused) -> None:
    """Every invalid class of values is refused without a cluster, with the API server's message."""
    with pytest.raises(ValidationError) as caught:
        BY_KIND[case.manifest["kind"]].model_validate(case.manifest, extra="forbid")
    assert case.offline in str(caught.value)


def test_unknown_field_is_ignored_unless_forbidden() -> None:
    """An older operator reads what a newer version wrote, but a user's misspelt field is an error."""
    data = A_SPEC | {"purposee": "Training"}
    assert WorkloadSpec.model_validate(data).purpose == "Inference"
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        WorkloadSpec.model_validate(data, extra="forbid")


def test_several_broken_rules_are_all_told() -> None:
    """Who breaks two rules of one object reads both messages at once."""
    with pytest.raises(ValidationError, match=r"(?s)claim something.*set purpose to Training"):
        WorkloadSpec.model_validate({"businessUnit": "search", "training": {}})


def test_unquoted_date_is_accepted_but_no_timestamp() -> None:
    """YAML reads an unquoted date as a date, as kubectl does; numbers and times of day are refused."""
    prices = {"cpuCoreHour": "1", "memoryGiBHour": "1"}
    dates = ("2026-11-01", yaml.safe_load("2026-11-01"))
    assert {Compute.model_validate({"from": day, **prices}).start for day in dates} == {date(2026, 11, 1)}
    for wrong in (1_764_547_200, "1764547200", "2026-11-01T00:00:00Z"):
        with pytest.raises(ValidationError, match="write a date as year, month and day"):
            Compute.model_validate({"from": wrong, **prices})


def test_models_are_immutable() -> None:
    """What was read from the API is a value."""
    spec = WorkloadSpec.model_validate(A_SPEC)
    with pytest.raises(ValidationError, match="frozen"):
        spec.purpose = "Training"  # type: ignore[misc] # the very assignment that must fail


def _without_empty(value: Any) -> Any:
    """The value without empty lists and maps, which say the same as absent ones."""
    if isinstance(value, dict):
        slim = {key: _without_empty(part) for key, part in value.items()}
        return {key: part for key, part in slim.items() if part not in ([], {})}
    return [_without_empty(part) for part in value] if isinstance(value, list) else value
