"""What `aicost backlog -o yaml` prints, applied: nothing that was there is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aicost.cli.declared import KUBECTL_GET, objects
from aicost.reports.backlog import Unclaimed
from aicost.reports.claiming import Claimant, manifests
from e2e.tests.api.conftest import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.tests.api.conftest import Kubectl

API = "aicost.dev/v1alpha1"
UNIT = {
    "apiVersion": API,
    "kind": "BusinessUnit",
    "metadata": {"name": "claimed", "labels": {"team": "a"}},
    "spec": {"budget": {"amount": "100"}, "namespaces": [{"name": "support"}]},
}
GRANT = {"dimension": "project", "value": "p_0", "namespaces": ["support"]}
SOURCE = {
    "apiVersion": API,
    "kind": "UsageSource",
    "metadata": {"name": "claimed"},
    "spec": {"type": "OpenAI", "role": "Bill", "secretRef": {"name": "openai-admin"}, "grants": [GRANT]},
}
FIRST = (
    Unclaimed("USD", "claimed", "", "project Team A", 9),
    Unclaimed("USD", "", "lab", "lab/a", 8, 1),
    Unclaimed("USD", "", "dev", "dev/a", 7, 1),
    Unclaimed("USD", "claimed", "", "no project", 6),
)
THEN = (Unclaimed("USD", "claimed", "", "project team-a", 5), Unclaimed("USD", "", "web", "web/a", 4, 1))


@pytest.fixture(params=[("--server-side",), ()], ids=["server-side", "client-side"])
def applied(request: pytest.FixtureRequest, kubectl: Kubectl) -> Iterator[tuple[str, ...]]:
    """A unit and a source that people applied, and how."""
    how: tuple[str, ...] = request.param
    for manifest in (UNIT, SOURCE):
        kubectl("apply", *how, "-f", "-", stdin=json.dumps(manifest))
    yield how
    for kind in ("businessunits", "usagesources"):
        kubectl("delete", kind, "claimed")
    kubectl("delete", "aiworkloads", "--all", "--namespace", NAMESPACE)


def test_what_was_there_stays(kubectl: Kubectl, applied: tuple[str, ...]) -> None:
    """However it was applied, and whatever an earlier backlog claimed; every item of a backlog is claimed."""
    for items in (FIRST, THEN):
        there = objects(kubectl(*KUBECTL_GET, "--namespace", NAMESPACE))
        for how in (applied, ("--server-side",)):
            kubectl("apply", *how, "-f", "-", stdin=manifests(items, Claimant("claimed", NAMESPACE), there))
    unit, source = (the(kubectl, kind, "claimed") for kind in ("businessunit", "usagesource"))
    assert (unit["metadata"]["labels"], unit["spec"]["budget"]["amount"]) == ({"team": "a"}, "100")
    owned = {of["name"]: of["default"] for of in unit["spec"]["namespaces"]}
    assert owned == {"support": False, "lab": True, "dev": True, "web": True}
    assert (source["spec"]["type"], source["spec"]["secretRef"]["name"]) == ("OpenAI", "openai-admin")
    assert [grant["value"] for grant in source["spec"]["grants"]] == ["p_0", "Team A", "team-a"]
    workloads = json.loads(kubectl("get", "aiworkloads", "--namespace", NAMESPACE, "-o", "json"))["items"]
    claimed = {usage["match"]["project"] for of in workloads for usage in of["spec"]["usage"]}
    assert (len(workloads), claimed) == (2, {"Team A", "team-a"})


def the(kubectl: Kubectl, kind: str, name: str) -> dict[str, Any]:
    """One object."""
    found: dict[str, Any] = json.loads(kubectl("get", kind, name, "-o", "json"))
    return found
