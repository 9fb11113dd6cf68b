"""Who we are, which CRDs there are, and what we may do."""

from __future__ import annotations

import copy
from typing import Any

from aicost.cli.doctor.checks.kubernetes import kubernetes
from aicost.cli.doctor.checks.schemas import crds, fields
from aicost.cli.doctor.facts import Unknown
from aicost.cli.doctor.findings import Finding, State
from tests.cli.doctor.literal import ADMIN, OPERATOR, PUBLISHED, a_right, cluster


def found(**changes: Any) -> dict[str, Finding]:
    return {of.check: of for of in kubernetes(cluster(**changes))}


def crd(change: dict[str, Any]) -> Finding:
    return next(of for of in crds({**PUBLISHED, "AIWorkload": change}) if of.check == "CRD AIWorkload")


def altered() -> dict[str, Any]:
    return copy.deepcopy(dict(PUBLISHED["AIWorkload"]))


def test_who_we_are_is_told() -> None:
    """Server and name."""
    assert found()["Kubernetes API"].found == "https://api:6443 answers to system:serviceaccount:aicost:aicost"


def test_an_api_that_does_not_answer_is_missing() -> None:
    """With its reason."""
    finding = found(reader=Unknown("GET /: refused"))["Kubernetes API"]
    assert (finding.state, finding.found) == (State.MISSING, "GET /: refused")


def test_a_right_that_the_operator_lacks_is_missing() -> None:
    """As an RBAC rule needs it."""
    finding = found(reader=OPERATOR, rights=(a_right(allowed=False), a_right(secret="key")))["Right to list nodes"]
    assert finding.state is State.MISSING
    assert finding.found == 'not allowed: "list" on "nodes" of API group "" in the whole cluster'


def test_a_right_that_somebody_else_lacks_is_a_warning() -> None:
    """What only the operator uses needs nothing done; what doctor uses can be asked for."""
    for doctor, remedy in ((True, "Ask for this right"), (False, "Nothing, unless")):
        finding = found(reader=ADMIN, rights=(a_right(allowed=False, doctor=doctor),))["Right to list nodes"]
        assert finding.state is State.WARN
        assert finding.remedy.startswith(remedy)


def test_a_kind_that_is_not_published_is_missing() -> None:
    """The other kinds are judged as before."""
    states = {of.check: of.state for of in crds({kind: of for kind, of in PUBLISHED.items() if kind != "PriceBook"})}
    assert states.pop("CRD PriceBook") is State.MISSING
    assert set(states.values()) == {State.OK}


def test_an_older_schema_names_what_it_drops() -> None:
    """A field whose parent lacks is not told again, and only a few are told."""
    older = altered()
    for name in ("model", "training", "value", "budget"):
        del older["properties"]["spec"]["properties"][name]
    finding = crd(older)
    assert finding.state is State.WARN
    assert finding.found == "older than this aicost: it drops spec.budget, spec.model, spec.training and 1 more"


def test_a_newer_schema_asks_for_the_matching_version() -> None:
    """Its fields are named."""
    newer = altered()
    newer["properties"]["spec"]["properties"]["mood"] = {"type": "string"}
    assert crd(newer).found == "newer than this aicost: it also has spec.mood"


def test_another_rule_on_the_same_fields_is_a_warning() -> None:
    """Limits and rules are compared too."""
    other = altered()
    other["properties"]["spec"]["properties"]["businessUnit"]["maxLength"] = 5
    assert "other limits or rules" in crd(other).found


def test_fields_of_lists_and_objects_are_paths() -> None:
    """Only spec and status count."""
    paths = set(fields(PUBLISHED["AIWorkload"]))
    assert {"spec.usage[].source", "status.conditions[].reason", "spec.pods.targetRef.kind"} <= paths
    assert all(path.startswith(("spec", "status")) for path in paths)
