"""The resources that claim the backlog, each whole."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aicost.api.declared import translate
from aicost.core.caller_names import named
from aicost.core.texts import is_seen
from aicost.reports.backlog import Unclaimed, backlog, table
from aicost.reports.claiming import Claimant, manifests
from tests.reports.test_backlog import SOME, billed, told

CARE = Claimant("care", "support")


def declared(kind: str, name: str, namespace: str = "", **spec: Any) -> dict[str, Any]:
    """An object as the API server gives it."""
    kept = {"uid": "u-1", "resourceVersion": "7", "managedFields": []}
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "a"}
    metadata = {"name": name, "annotations": applied} | ({"namespace": namespace} if namespace else {}) | kept
    return {"apiVersion": "aicost.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": {}}


OPENAI = declared("UsageSource", "openai", type="OpenAI", secretRef={"name": "openai-admin"})


def documents(text: str) -> list[dict[str, Any]]:
    return [of for of in yaml.safe_load_all(text) if of]


def project(value: str, nanos: int = 1, gap: str = "") -> Unclaimed:
    return Unclaimed("" if gap else "USD", "openai", "", f"project {value}", nanos, gap=gap)


def pods(namespace: str) -> Unclaimed:
    return Unclaimed("USD", "", namespace, f"{namespace}/a", 1, 1)


@settings(max_examples=30)
@given(st.text(st.sampled_from("ab:-#{}|\n\r\u2028\x85 \u202e"), max_size=20))
@example("x\n---\nkind: ClusterRoleBinding")
def test_no_name_writes_a_manifest(name: str) -> None:
    """Whoever may name a project or a key writes a comment at most: what is printed is applied by an administrator."""
    text = manifests(backlog(told(billed(f"project {name}", 9))), CARE, [OPENAI])
    assert [of["kind"] for of in documents(text)] in (["UsageSource", "AIWorkload"], [])
    assert text.count("# ") >= 1
    if not is_seen(name):
        assert "Nothing can claim it: its name has characters that are not seen" in text
    shown = table(backlog(told(billed(f"project {name}", 9))))
    assert len(shown.splitlines()) == 3


def test_a_namespace_gets_a_default_unit() -> None:
    """Whoever runs something there without a claim is then charged to the unit."""
    (unit,) = documents(manifests([pods("lab")], CARE))
    assert (unit["kind"], unit["metadata"]) == ("BusinessUnit", {"name": "care"})
    assert unit["spec"] == {"namespaces": [{"name": "lab", "default": True}]}


def test_each_object_is_printed_once_with_all_that_is_there() -> None:
    """A part of an object, applied by whoever applied the whole of it, would delete the rest: budgets, grants, claims."""
    grant = {"dimension": "project", "value": "P_0", "namespaces": ["other"]}
    there = [
        declared("BusinessUnit", "care", budget={"amount": "100"}, namespaces=[{"name": "support"}, {"name": "lab"}]),
        declared("UsageSource", "openai", type="OpenAI", grants=[grant]),
        declared("AIWorkload", "p-1", "support", businessUnit="mine", usage=[{**claim("P_1"), "more": 1}]),
    ]
    was = deepcopy(there)
    unit, source, first, second = documents(
        manifests([pods("lab"), project("P_1"), pods("dev"), project("P_0"), project("P_1")], CARE, there)
    )
    assert unit["metadata"] == {"name": "care", "annotations": {"team": "a"}}
    assert unit["spec"] == {
        "budget": {"amount": "100"},
        "namespaces": [{"name": "support"}, {"name": "lab", "default": True}, {"name": "dev", "default": True}],
    }
    assert source["spec"] == {
        "type": "OpenAI",
        "grants": [
            {"dimension": "project", "value": "P_0", "namespaces": ["other", "support"]},
            {"dimension": "project", "value": "P_1", "namespaces": ["support"]},
        ],
    }
    assert first["spec"] == was[2]["spec"]
    assert second["metadata"] == {"name": "p-0", "namespace": "support"}
    assert there == was


def claim(value: str) -> dict[str, Any]:
    return {"name": "openai", "source": "openai", "match": {"project": value}}


def test_amounts_stand_above_what_claims_them() -> None:
    """What has no price too, with its reason."""
    text = manifests(backlog(SOME), CARE, [OPENAI])
    assert "# 7.00 USD: pods of lab: lab/b and 1 more\n# 5.00 USD: pods of dev: dev/x\n# NoPrice: pods of lab" in text
    assert "# 9.00 USD: openai: project p_1\napiVersion: aicost.dev/v1alpha1\nkind: AIWorkload\n" in text
    assert text.count("name: lab\n") == 1


def test_a_project_gets_a_grant_and_a_workload() -> None:
    """Both are needed, and the workload is one that the models accept."""
    source, workload = documents(manifests([project("P_1")], CARE, [OPENAI]))
    assert source["spec"]["grants"] == [{"dimension": "project", "value": "P_1", "namespaces": ["support"]}]
    assert workload["metadata"] == {"name": "p-1", "namespace": "support"}
    workload["metadata"] |= {"generation": 1, "creationTimestamp": "2026-11-01T00:00:00Z"}
    translated = translate({"AIWorkload": [workload]})
    assert (len(translated.declared.workloads), translated.invalid) == (1, ())


def test_a_key_is_claimed_as_a_project_is() -> None:
    """Anthropic's default workspace has no id: its keys are what can be granted."""
    key = Unclaimed("USD", "openai", "", "apiKey K+", 1)
    source, workload = documents(manifests([key], CARE, [OPENAI]))
    assert source["spec"]["grants"][0] == {"dimension": "apiKey", "value": "K+", "namespaces": ["support"]}
    assert workload["spec"]["usage"][0]["match"] == {"apiKey": "K+"}
    assert workload["metadata"]["name"] == "k"


def test_no_workload_takes_another_ones_name() -> None:
    """Where two would be called the same, or one is called so already, a digest tells them apart: none is overwritten."""
    items = [project("Team A"), project("team-a"), project("日本"), project("中国"), project("mine")]
    there = [OPENAI, declared("AIWorkload", "mine", "support", businessUnit="other")]
    workloads = [of for of in documents(manifests(items, CARE, there)) if of["kind"] == "AIWorkload"]
    names = [of["metadata"]["name"] for of in workloads]
    assert [name.rpartition("-")[0] for name in names] == ["team-a", "team-a", "project", "project", "mine"]
    assert len(set(names)) == 5
    assert [of["spec"]["usage"][0]["match"]["project"] for of in workloads] == [
        "Team A", "team-a", "日本", "中国", "mine",
    ]  # fmt: skip


def test_a_caller_is_claimed_from_who_saw_him() -> None:
    """By the one dimension that is known of him; of several, which value is whose cannot be read from words."""
    seen = Unclaimed("USD", "openai", "", "project web, seen by gateway", 1)
    two = Unclaimed("USD", "openai", "", "project a, user b, seen by gateway", 1)
    text = manifests([seen, two], CARE, [declared("UsageSource", "gateway", type="LiteLLM"), OPENAI])
    source, workload = documents(text)
    assert (source["metadata"]["name"], source["spec"]["grants"][0]["value"]) == ("gateway", "web")
    assert workload["spec"]["usage"][0]["source"] == "gateway"
    assert "# Nothing can claim it: a caller is claimed by hand, by what tells him apart.\n" in text


@pytest.mark.parametrize("name", ["a, user b", 'say "x"', "plain", "x\u202ey"])
def test_whatever_a_caller_is_called_only_he_is_claimed(name: str) -> None:
    """Also by a name that looks like two dimensions; what is not seen is not claimed."""
    caller = Unclaimed("USD", "openai", "", f"{named(frozenset({('user', name)}))}, seen by gateway", 1)
    found = documents(manifests([caller], CARE, [declared("UsageSource", "gateway", type="LiteLLM")]))
    claimed = [of["spec"]["usage"][0]["match"] for of in found if of["kind"] == "AIWorkload"]
    assert claimed == ([{"user": name}] if name.isprintable() else [])


def test_what_cannot_be_claimed_is_a_comment() -> None:
    """With why, so that the output stays YAML that can be applied."""
    odd = [project("x" * 129), Unclaimed("", "", "", "node-a", 0, 1, gap="NoClaimHistory"), project("p", gap="NoPrice")]
    text = manifests([*backlog(SOME), *odd], CARE, [OPENAI])
    assert (
        "# 2.00 USD: openai: no project\n# Nothing can claim it: the provider names neither project nor key.\n" in text
    )
    assert "# Nothing can claim it: a grant takes 128 characters at most.\n" in text
    assert "# NoClaimHistory: node-a\n# Nothing can claim it: nobody is known to have held it.\n" in text
    assert {of["kind"] for of in documents(text)} == {"AIWorkload", "BusinessUnit", "UsageSource"}
    assert "# Nothing can claim it: there is no UsageSource openai.\n" in manifests([project("p")], CARE)
