"""What the release's ServiceAccount may do: asked of the API server, and tried."""

from __future__ import annotations

import time
from typing import TypeAlias

import httpx
import pytest

from aicost.cluster.kinds import GROUP, KINDS
from aicost.cluster.reserved import MANIFEST
from e2e.tests.chart.conftest import NAMESPACE, SECRET, Manifest, Release, a_namespace, apply, get

Request: TypeAlias = tuple[str, str, Manifest | None]
Right: TypeAlias = tuple[str, str, str]
"""Verb, resource with its group, name ("" for any)."""
OURS = [f"{kind.plural}.{GROUP}" for kind in KINDS.values()]
CLAIMED = ["resourceclaims.resource.k8s.io", "resourceslices.resource.k8s.io"]
OWNERS = [
    "pods.",
    *(f"{plural}.apps" for plural in ("deployments", "replicasets", "statefulsets")),
    "jobs.batch",
    "jobsets.jobset.x-k8s.io",
    "leaderworkersets.leaderworkerset.x-k8s.io",
    "rayclusters.ray.io",
    *(f"{plural}.serving.knative.dev" for plural in ("configurations", "revisions", "services")),
]
SHAPES = [
    "rollouts.argoproj.io",
    "jobs.batch.volcano.sh",
    *(f"{kind}jobs.kubeflow.org" for kind in ("jax", "mpi", "paddle", "pytorch", "tf", "xgboost")),
    "notebooks.kubeflow.org",
    *(f"{plural}.ray.io" for plural in ("rayjobs", "rayservices")),
    *(f"{plural}.serving.kserve.io" for plural in ("inferenceservices", "llminferenceservices")),
    "trainjobs.trainer.kubeflow.org",
]
EVERYWHERE: set[Right] = {
    *((verb, resource, "") for verb in ("list", "watch") for resource in (*OURS, "nodes.", "pods.", *CLAIMED)),
    *(("patch", resource.replace(".", "/status.", 1), "") for resource in OURS),
    *(("get", resource, "") for resource in (*OWNERS, *SHAPES)),
    ("list", "horizontalpodautoscalers.autoscaling", ""),
    ("create", "events.events.k8s.io", ""),
    ("create", f"businessunits.{GROUP}", ""),
}
IN_ITS_OWN: set[Right] = {
    ("get", "leases.coordination.k8s.io", "aicost"),
    ("update", "leases.coordination.k8s.io", "aicost"),
    ("create", "leases.coordination.k8s.io", ""),
}
IN_THE_CREDENTIALS: set[Right] = {("get", "secrets.", SECRET)}
EVERYBODY = {"authorization.k8s.io", "authentication.k8s.io"}
"""Groups in which every account may ask who it is and what it may do."""


def _rights(release: Release, namespace: str) -> set[Right]:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    answer = release.send("POST", path, review).raise_for_status().json()["status"]
    assert not answer["incomplete"]
    return {
        (verb, f"{resource}.{group}", name)
        for rule in answer["resourceRules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        if group not in EVERYBODY
    }


@pytest.mark.parametrize(
    ("namespace", "more"),
    [("default", set()), ("kube-system", set()), (NAMESPACE, IN_ITS_OWN), ("vault", IN_THE_CREDENTIALS)],
)
def test_the_account_may_do_this_and_nothing_else(release: Release, namespace: str, more: set[Right]) -> None:
    """It writes its statuses, Events, Lease and the reserved unit, and gets one Secret: the API server names every right."""
    assert _rights(release, namespace) == EVERYWHERE | more


@pytest.fixture(scope="module")
def objects(release: Release) -> None:
    """Something that could be read or written, if it were allowed."""
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"token": "canary"}}
    apply(
        release.plane,
        a_namespace("search"),
        *_in(secret, (release.credentials, SECRET), (release.credentials, "other"), (NAMESPACE, SECRET)),
        {
            "apiVersion": "aicost.dev/v1alpha1",
            "kind": "AIWorkload",
            "metadata": {"name": "rank", "namespace": "search"},
            "spec": {"businessUnit": "search", "pods": {"selector": {"matchLabels": {"app": "rank"}}}},
        },
    )


def _in(secret: Manifest, *places: tuple[str, str]) -> list[Manifest]:
    return [{**secret, "metadata": {"namespace": namespace, "name": name}} for namespace, name in places]


CORE, FINOPS = "/api/v1", "/apis/aicost.dev/v1alpha1"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
RANK = f"{FINOPS}/namespaces/search/aiworkloads/rank"
MINE = {"metadata": {"labels": {"mine": "now"}}}
ALLOWED: dict[str, Request] = {
    "its Secret": ("GET", f"{CORE}/namespaces/vault/secrets/{SECRET}", None),
    "pods of all": ("GET", f"{CORE}/pods", None),
    "its status": ("PATCH", f"{RANK}/status", {"status": {"period": "2026-11"}}),
    "its Lease": ("POST", LEASES.format(NAMESPACE), {"metadata": {"name": "aicost"}}),
    "the reserved unit": ("POST", f"{FINOPS}/businessunits", dict(MANIFEST)),
}
FORBIDDEN: dict[str, Request] = {
    "another Secret there": ("GET", f"{CORE}/namespaces/vault/secrets/other", None),
    "Secrets there": ("GET", f"{CORE}/namespaces/vault/secrets", None),
    "a watch of Secrets there": ("GET", f"{CORE}/namespaces/vault/secrets?watch=1", None),
    "that name elsewhere": ("GET", f"{CORE}/namespaces/{NAMESPACE}/secrets/{SECRET}", None),
    "Secrets of all": ("GET", f"{CORE}/secrets", None),
    "changes of its Secret": ("PATCH", f"{CORE}/namespaces/vault/secrets/{SECRET}", MINE),
    "ConfigMaps": ("GET", f"{CORE}/namespaces/{NAMESPACE}/configmaps", None),
    "a spec": ("PATCH", RANK, {"spec": {"businessUnit": "mine"}}),
    "labels": ("PATCH", RANK, MINE),
    "a whole status": ("PUT", f"{RANK}/status", MINE),
    "an end of a workload": ("DELETE", RANK, None),
    "a changed unit": ("PATCH", f"{FINOPS}/businessunits/unallocated", MINE),
    "a new workload": ("POST", f"{FINOPS}/namespaces/search/aiworkloads", MINE),
    "a new price book": ("POST", f"{FINOPS}/pricebooks", MINE),
    "a node": ("PATCH", f"{CORE}/nodes/chart", MINE),
    "an end of a pod": ("DELETE", f"{CORE}/namespaces/{NAMESPACE}/pods/any", None),
    "a command in a pod": ("POST", f"{CORE}/namespaces/{NAMESPACE}/pods/any/exec?command=sh", None),
    "its Deployment": ("PATCH", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/aicost", MINE),
    "its rights": ("PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/aicost", MINE),
    "the kinds": ("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/pricebooks.aicost.dev", None),
    "a token": ("POST", f"{CORE}/namespaces/kube-system/serviceaccounts/default/token", {}),
    "a Lease elsewhere": ("POST", LEASES.format("kube-system"), {"metadata": {"name": "aicost"}}),
    "another's Lease": ("PATCH", f"{LEASES.format(NAMESPACE)}/other", MINE),
}


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("what", ALLOWED)
def test_it_can_do_its_work(release: Release, what: str) -> None:
    """What the operator needs is allowed when it tries."""
    assert release.send(*ALLOWED[what]).is_success


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("what", FORBIDDEN)
def test_it_can_do_no_more(release: Release, what: str) -> None:
    """Everything else is refused when it tries: no foreign Secret, no spec, nobody's objects."""
    assert release.send(*FORBIDDEN[what]).status_code == httpx.codes.FORBIDDEN


def _in_the_clusters_role(release: Release, role: str) -> set[Right]:
    """What it says of our kinds, once the controller has added that."""
    rules: list[Manifest] = []
    deadline = time.monotonic() + 20
    while GROUP not in str(rules) and time.monotonic() < deadline:
        rules = get(release.plane, "clusterrole", role)["rules"]
    return {
        (verb, resource, "")
        for rule in rules
        if rule.get("apiGroups") == [GROUP]
        for verb in rule["verbs"]
        for resource in rule["resources"]
    }


def test_people_see_what_their_roles_let_them_see(release: Release) -> None:
    """Who may view may see all four kinds; who may edit may write workloads, but no prices, units or sources."""
    seen = {(verb, kind.plural, "") for verb in ("get", "list", "watch") for kind in KINDS.values()}
    written = {(verb, "aiworkloads", "") for verb in ("create", "update", "patch", "delete", "deletecollection")}
    assert _in_the_clusters_role(release, "view") == seen
    assert _in_the_clusters_role(release, "edit") == _in_the_clusters_role(release, "admin") == seen | written
