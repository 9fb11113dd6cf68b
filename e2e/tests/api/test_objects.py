"""What the API server keeps and what it refuses, with the words it uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aicost.api.crd import KINDS
from e2e.controlplane.errors import CommandFailedError
from e2e.tests.api.cases import Refused, accepted, named, refused
from e2e.tests.api.conftest import NAMESPACE

if TYPE_CHECKING:
    from aicost.api.definition import Resource
    from e2e.tests.api.conftest import Apply, Kubectl

BY_KIND: dict[str, type[Resource]] = {kind.definition.kind: kind for kind in KINDS}


def stored(kubectl: Kubectl, manifest: dict[str, Any]) -> dict[str, Any]:
    """The object as the API server keeps it."""
    name = f"{BY_KIND[manifest['kind']].definition.plural}.aicost.dev/{manifest['metadata']['name']}"
    kept: dict[str, Any] = json.loads(kubectl("get", name, f"--namespace={NAMESPACE}", "-o", "json"))
    return kept


@pytest.mark.parametrize("manifest", accepted("full"), ids=named)
def test_full_object_is_kept_whole(kubectl: Kubectl, apply: Apply, manifest: dict[str, Any]) -> None:
    """Of spec and status nothing is pruned, nothing is added."""
    apply(manifest)
    kept = stored(kubectl, manifest)
    assert kept["spec"] == manifest["spec"]
    assert kept.get("status") == manifest.get("status")


@pytest.mark.parametrize("manifest", accepted("minimal"), ids=named)
def test_minimal_object_gets_the_defaults_of_the_models(
    kubectl: Kubectl, apply: Apply, manifest: dict[str, Any]
) -> None:
    """The API server keeps what was given and fills in the defaults of the models."""
    apply(manifest)
    kept = stored(kubectl, manifest)
    kind = BY_KIND[manifest["kind"]]
    assert kind.model_validate(kept).to_wire()["spec"] == kind.model_validate(manifest).to_wire()["spec"]


@pytest.mark.parametrize("case", refused(), ids=str)
def test_invalid_object_is_refused_with_what_to_do(kubectl: Kubectl, case: Refused) -> None:
    """Every invalid class of values is refused with a message that says what to do."""
    with pytest.raises(CommandFailedError) as caught:
        kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(case.manifest))
    assert case.message in caught.value.stderr


def test_misspelt_field_is_refused(kubectl: Kubectl) -> None:
    """Kubectl names a field that the schema does not know, instead of dropping it silently."""
    [manifest] = [m for m in accepted("minimal") if m["kind"] == "AIWorkload"]
    manifest["spec"]["bizUnit"] = "search"
    with pytest.raises(CommandFailedError, match=r'unknown field "spec.bizUnit"'):
        kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))


@pytest.mark.parametrize("changed", [{"currency": "USD"}, {}], ids=["changed", "removed"])
def test_currency_is_fixed(apply: Apply, changed: dict[str, str]) -> None:
    """A root unit's currency can be neither changed nor removed; everything else can."""
    unit = {"apiVersion": "aicost.dev/v1alpha1", "kind": "BusinessUnit", "metadata": {"name": "api-root"}}
    apply(unit | {"spec": {"currency": "EUR"}})
    apply(unit | {"spec": {"currency": "EUR", "displayName": "Root"}})
    with pytest.raises(CommandFailedError, match="currency is fixed when a unit is created"):
        apply(unit | {"spec": changed})


def test_currency_cannot_be_added_later(apply: Apply) -> None:
    """A unit that took the default currency has amounts in it: it cannot get another."""
    unit = {"apiVersion": "aicost.dev/v1alpha1", "kind": "BusinessUnit", "metadata": {"name": "api-root"}}
    apply(unit | {"spec": {}})
    with pytest.raises(CommandFailedError, match="currency is fixed when a unit is created"):
        apply(unit | {"spec": {"currency": "EUR"}})


def test_spec_cannot_be_written_through_status(kubectl: Kubectl, apply: Apply) -> None:
    """Who may write only statuses cannot change a budget, and who writes specs cannot forge a cost."""
    [manifest] = [m for m in accepted("minimal") if m["kind"] == "AIWorkload"]
    apply(manifest)
    both = {"spec": {"businessUnit": "search"}, "status": {"period": "2026-11"}}
    name = f"aiworkload/{manifest['metadata']['name']}"
    patch = ("patch", name, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={json.dumps(both)}")
    kubectl(*patch, "--subresource=status")
    kept = stored(kubectl, manifest)
    assert (kept["spec"]["businessUnit"], kept["status"]) == ("fraud-risk", {"period": "2026-11"})
    kubectl(*patch[:-1], '--patch={"status": {"period": "2026-12"}}')
    assert stored(kubectl, manifest)["status"] == {"period": "2026-11"}
