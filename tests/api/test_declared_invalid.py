"""Resources that cannot be used: each says where and why, and harms no other."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.api.declared import Invalid, translate
from aicost.core.declarations import Declarations
from tests.api.declaring import BY_LABELS, SOURCE, WORKLOAD, a_resource, by_kind, declared

INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "no claim": (a_resource("AIWorkload", {"businessUnit": "care"}, namespace="support"), "spec: Value error, claim"),
    "both claims": (
        a_resource("AIWorkload", {**WORKLOAD, "pods": {**BY_LABELS, "targetRef": {
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}}, namespace="support"),
        "spec.pods: Value error, claim pods by exactly one",
    ),
    "a float": (a_resource("AIWorkload", {**WORKLOAD, "budget": {"amount": 1.5}}, namespace="s"), "spec.budget.amount:"),
    "no unit": (a_resource("AIWorkload", {"pods": BY_LABELS}, namespace="support"), "spec.businessUnit: Field required"),
    "no spec": ({"kind": "BusinessUnit", "apiVersion": "aicost.dev/v1alpha1", "metadata": {"name": "thing"}}, "spec:"),
    "its own parent": (a_resource("BusinessUnit", {"parent": "thing"}), "a unit cannot be its own parent"),
    "a type": (a_resource("UsageSource", {**SOURCE, "type": "Oracle"}), "spec.type:"),
    "no credential": (a_resource("UsageSource", {"type": "OpenAI"}), "need secretRef"),
    "a price": (
        a_resource("PriceBook", {"currency": "USD", "gpus": [{"model": "m", "rates": [{"from": "x", "perHour": "1"}]}]}),
        "spec.gpus.0.rates.0.from:",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("resource", "says"), INVALID.values(), ids=INVALID)
def test_what_cannot_be_used_says_where_and_why(resource: dict[str, Any], says: str) -> None:
    """An invalid resource is set aside with a message for its status, and declares nothing."""
    translated = translate(by_kind((resource,)))
    (invalid,) = translated.invalid
    assert (invalid.kind, invalid.name) == (resource["kind"], "thing")
    assert says in invalid.message
    assert translated.declared == Declarations()


def test_one_invalid_resource_harms_no_other() -> None:
    """Its neighbours count as if it were not there."""
    good = a_resource("AIWorkload", WORKLOAD, "good", namespace="support")
    bad = a_resource("AIWorkload", {}, "bad", namespace="support")
    translated = translate(by_kind((bad, good)))
    assert translated.declared == declared(good)
    assert [(i.namespace, i.name, i.generation) for i in translated.invalid] == [("support", "bad", 3)]


def test_a_message_is_bounded_and_repeats_no_value() -> None:
    """However wrong a spec is, its message stays short, and what was written there is not copied into it."""
    usage = [{"name": "x", "source": "s", "match": {"project": 7, "canary-secret": "sk-1"}}] * 50
    (invalid,) = translate(by_kind((a_resource("AIWorkload", {"usage": usage}, namespace="s"),))).invalid
    assert len(invalid.message) <= 1000
    assert "sk-1" not in invalid.message


def test_a_resource_without_metadata_is_invalid_too() -> None:
    """Nothing that the API server may send ends the translation."""
    (invalid,) = translate({"PriceBook": [{"spec": {}}]}).invalid
    assert invalid == Invalid("PriceBook", "", "", 0, invalid.message)
