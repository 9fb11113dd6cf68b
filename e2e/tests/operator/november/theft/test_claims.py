"""Whose a cost is: nobody takes another's, gives his own away, or has one thing counted twice."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from e2e.controlplane.errors import CommandFailedError
from e2e.emulators.openai_organisation import Cost
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.november.claiming import denial, usage, workload
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.november.theft.conftest import billed, unmoved
from e2e.tests.operator.resources import Body, Resources, charged, condition, until

MALLORY, THIEF = "search/mallory", "AIWorkload/search/mallory"
TEAM = "system:serviceaccount:search:mallory"
TEAMS_MAY = [("create", "aiworkloads.aicost.dev", "search"), ("delete", "aiworkloads.aicost.dev", "search")]
TEAMS_MAY_NOT = [
    ("create", "aiworkloads.aicost.dev", "support"),
    ("update", "aiworkloads.aicost.dev/status", "search"),
    ("create", "businessunits.aicost.dev", ""),
    ("patch", "businessunits.aicost.dev/customer-care", ""),
    ("create", "usagesources.aicost.dev", ""),
    ("patch", "usagesources.aicost.dev/openai-prod", ""),
    ("patch", "pricebooks.aicost.dev/default", ""),
    ("get", "secrets/openai-admin", "aicost"),
    ("create", "pods/portforward", "aicost"),
]


def pods(**labels: str) -> Body:
    return {"selector": {"matchLabels": labels}}


def answered(resources: Resources, name: str) -> Body:
    """What a thief is told, once he is."""
    return until(lambda: resources.status("aicost", name), f"{name} has a status") or {}


def conflict(resources: Resources, name: str) -> Body:
    """The condition Conflict, once it holds."""
    return until(
        lambda: (found := condition(resources.status("aicost", name), "Conflict")).get("status") == "True" and found,
        f"{name} says that it lost",
    ) or {}  # fmt: skip


def test_pods_of_another_namespace_cannot_be_selected(robbed: Scene, operator: OperatorProcess) -> None:
    """A selector looks into its own namespace: the labels of support's chat select nothing in search."""
    with unmoved(operator, robbed.resources, THIEF):
        robbed.resources.apply(workload(MALLORY, "search", pods=pods(app="chat")))
        status = answered(robbed.resources, MALLORY)
    assert condition(status, "Ready")["status"] == "True"
    assert charged(status) == 0


def test_an_owner_of_another_namespace_cannot_be_named(robbed: Scene, operator: OperatorProcess) -> None:
    """A targetRef has no namespace: one that is written is refused, and without it the own namespace is meant."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "llm"}
    foreign = workload(MALLORY, "search", pods={"targetRef": {**target, "namespace": "platform"}})
    with pytest.raises(CommandFailedError, match=r'unknown field "spec\.pods\.targetRef\.namespace"'):
        robbed.resources.kubectl("create", "--validate=strict", "-f", "-", stdin=json.dumps(foreign))
    with unmoved(operator, robbed.resources, THIEF):
        robbed.resources.apply(workload(MALLORY, "search", pods={"targetRef": target}))
        assert charged(answered(robbed.resources, MALLORY)) == 0


def test_a_label_with_another_units_name_moves_no_cost(robbed: Scene, operator: OperatorProcess) -> None:
    """Whose a pod is follows from its namespace and from who claims it there, never from what it says of itself."""
    resources = robbed.resources
    names = json.loads(resources.kubectl("get", "pods", "-n", "search", "-o", "json"))["items"]
    labels = ("aicost.dev/business-unit=customer-care", "businessUnit=customer-care", "cost-centre=4711")
    with unmoved(operator, resources):
        for pod in names:
            resources.kubectl("label", "--overwrite", "pod", pod["metadata"]["name"], "-n", "search", *labels)
        generation = resources.patch("bu", "search", {"displayName": "Search, once more"})
        assert resources.answered("bu", "search", generation)["total"]["charged"] == "1120.80"


@pytest.mark.parametrize(
    "match",
    [{"project": "proj_support"}, {"apiKey": "key_support"}, {"project": "proj_support", "apiKey": "key_support"}],
    ids="+".join,
)
def test_a_key_or_project_of_somebody_else_is_not_granted(
    robbed: Scene, operator: OperatorProcess, match: dict[str, str]
) -> None:
    """Who may claim what the source's grants say: without one the claim is denied by name, and costs nothing."""
    resources = robbed.resources
    with unmoved(operator, resources, THIEF):
        claim = {"name": "theirs", "source": "openai-prod", "match": match}
        resources.apply(workload(MALLORY, "search", usage=[claim]))
        denied = denial(resources, MALLORY)
    assert denied["reason"] == "GrantMissing"
    assert all(f"{dimension} {value}" in denied["message"] for dimension, value in match.items())
    assert charged(resources.status("aicost", MALLORY)) == 0
    refused = resources.status("usrc", "openai-prod")["refused"]
    assert [(of["namespace"], of["name"], of["reason"]) for of in refused] == [("search", "mallory", "GrantMissing")]


def test_a_pattern_claims_only_what_is_named_like_it(robbed: Scene, operator: OperatorProcess) -> None:
    """Values are compared, never matched: a regular expression is granted to nobody and fits nothing."""
    resources = robbed.resources
    patterns = {f"{MALLORY}-{number}": value for number, value in enumerate([".*", "proj_.*", "proj_*", "^proj", "*"])}
    with unmoved(operator, resources, *(f"AIWorkload/{name}" for name in patterns)):
        resources.apply(*(workload(name, "search", usage=usage(value)) for name, value in patterns.items()))
        reasons = {denial(resources, name)["reason"] for name in patterns}
    assert reasons == {"GrantMissing"}


@pytest.mark.parametrize("value", [".*", "*", "chat|rank", "chat,rank"])
def test_a_pattern_is_no_label(resources: Resources, value: str) -> None:
    """A selector with one is refused with what to write, before anybody reads it."""
    manifest = json.dumps(workload("default/mallory", "search", pods=pods(app=value)))
    with pytest.raises(CommandFailedError, match="without blanks, commas or wildcards"):
        resources.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest)


def test_nobody_joins_a_unit_that_does_not_list_him(robbed: Scene, operator: OperatorProcess) -> None:
    """Else a team would let another unit pay for its pods."""
    with unmoved(operator, robbed.resources, THIEF):
        robbed.resources.apply(workload(MALLORY, "customer-care", pods=pods(app="notebook")))
        denied = denial(robbed.resources, MALLORY)
    assert denied["reason"] == "UnitNotGranted"
    assert "BusinessUnit customer-care does not list namespace search" in denied["message"]


def test_of_two_who_claim_one_pod_the_first_has_it(robbed: Scene, operator: OperatorProcess) -> None:
    """The later one is told who has it, and its cost is counted once."""
    with unmoved(operator, robbed.resources, THIEF):
        robbed.resources.apply(workload(MALLORY, "search", pods=pods(app="notebook")))
        lost = conflict(robbed.resources, MALLORY)
    assert lost["reason"] == "ClaimedByAnother"
    assert "search/notebook" in lost["message"]
    assert charged(robbed.resources.status("aicost", MALLORY)) == 0


OVERLAPPING = [
    {"dimension": "project", "value": "proj_support", "namespaces": ["support"]},
    {"dimension": "apiKey", "value": "key_support", "namespaces": ["search"]},
]


def test_a_longer_claim_takes_nothing_that_is_used_from_now_on(robbed: Scene) -> None:
    """Who is granted a key in another's project, and claims it by project and key, is told who claimed it first."""
    resources, was = robbed.resources, robbed.openai.organisation
    before = charged(resources.status("aicost", "support/chat"))
    resources.patch("usrc", "openai-prod", {"grants": OVERLAPPING})
    match = {"project": "proj_support", "apiKey": "key_support"}
    resources.apply(workload(MALLORY, "search", usage=[{"name": "key", "source": "openai-prod", "match": match}]))
    conflict(resources, MALLORY)
    today = Cost("2026-11-02", "5", "proj_support", "key_support", "gpt-6-sol, input_tokens")
    robbed.openai.organisation = replace(was, costs=(*was.costs, today))
    until(lambda: billed(resources) == "3205.00", "what is used after the claim is billed")
    until(lambda: charged(resources.status("aicost", "support/chat")) == before + 5, "it is chat's, to the last of it")
    assert charged(resources.status("aicost", MALLORY)) == 0


def test_what_two_grants_cover_is_billed_once(robbed: Scene) -> None:
    """A project of one namespace and a key in it of another: each row has one owner, and the parts are the bill."""
    resources = robbed.resources
    resources.patch("usrc", "openai-prod", {"grants": OVERLAPPING})
    claim = {"name": "key", "source": "openai-prod", "match": {"apiKey": "key_support"}}
    resources.apply(workload(MALLORY, "search", usage=[claim]))
    status = answered(resources, MALLORY)
    source = resources.status("usrc", "openai-prod")
    parts = [Decimal(source[part]) for part in ("attributed", "unclaimed")]
    assert sum(parts) == Decimal(source["billed"]) == 3200
    assert charged(status) == 0, "what chat owned already stays chat's"


def test_whoever_leaves_a_unit_leaves_what_he_cost(robbed: Scene, operator: OperatorProcess) -> None:
    """Deleted, or with other claims: what was is the unit's, and a new workload of that name takes none of it back."""
    resources = robbed.resources
    before = resources.status("bu", "search")
    with unmoved(operator, resources, "AIWorkload/search/notebook", THIEF, "BusinessUnit/search"):
        resources.delete("aicost", "search/notebook")
        resources.apply(workload(MALLORY, "search", pods=pods(app="notebook")))
        assert charged(answered(resources, MALLORY)) == 0
    after = resources.status("bu", "search")
    assert [after[part] for part in ("own", "total")] == [before[part] for part in ("own", "total")]
    assert {"namespace": "search", "name": "notebook", "amount": "96.00", "deleted": True} in after["top"]["workloads"]


def test_a_team_may_write_its_workloads_and_nothing_else(robbed: Scene) -> None:
    """Who edits a namespace declares there; units, grants, prices, statuses, credentials and the read API are not his."""
    resources = robbed.resources
    resources.kubectl("create", "serviceaccount", "mallory", "-n", "search")
    resources.kubectl(
        "create", "rolebinding", "mallory", "-n", "search", "--clusterrole=edit", "--serviceaccount=search:mallory"
    )
    try:
        until(lambda: may(resources, *TEAMS_MAY[0]), "Kubernetes adds the chart's rights to those of an editor")
        assert [right for right in TEAMS_MAY if not may(resources, *right)] == []
        assert [right for right in TEAMS_MAY_NOT if may(resources, *right)] == []
    finally:
        resources.kubectl("delete", "rolebinding,serviceaccount", "mallory", "-n", "search")


def may(resources: Resources, verb: str, resource: str, namespace: str) -> bool:
    """Whether the API server would let the team do it."""
    kind, _, name = resource.partition("/")
    group = kind.partition(".")[2]
    attributes = {"verb": verb, "group": group, "resource": kind.partition(".")[0], "namespace": namespace}
    part = "subresource" if name in {"status", "portforward"} else "name"
    spec = {"user": TEAM, "groups": [], "resourceAttributes": {**attributes, part: name}}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    answer = resources.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(review))
    return bool(json.loads(answer)["status"]["allowed"])
