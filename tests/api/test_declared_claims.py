"""Since when workloads claim what they are accepted with, as the ledger remembers it and objects tell it."""

from __future__ import annotations

from aicost.api.declared import translate
from aicost.core.declarations import claim_id, usage_id
from aicost.core.seniority import Remembered
from aicost.core.window import Instant, instant
from tests.api.declaring import A_CLAIM, CREATED, SOURCE, WORKLOAD, a_resource, a_workload, by_kind

UNIT = a_resource("BusinessUnit", {"namespaces": [{"name": "support"}]}, "care")
GRANTS = [{"dimension": "project", "value": name, "namespaces": ["support"]} for name in ("p", "another")]
OPENAI = a_resource("UsageSource", {**SOURCE, "grants": GRANTS}, "openai")


def test_the_first_claim_stands() -> None:
    """A claim is as old as the ledger remembers; what it does not know is as old as the object."""
    assert a_workload({claim_id(a_workload()): "1700000000"}).claimed_at == 1700000000
    assert a_workload({"search/chat": "1700000000"}).claimed_at == instant(CREATED)


def test_an_old_object_does_not_take_over_a_younger_claim() -> None:
    """What an edit claims anew begins now, unless nothing was ever stored; what did not change keeps its age."""
    later = Instant(instant(CREATED) + 1000)
    edited = a_resource("AIWorkload", WORKLOAD, "chat", namespace="support", generation=2)
    known = {"support/other 00": "1"}
    resources = by_kind((edited, UNIT))
    assert translate(resources, Remembered(known), later).declared.workloads[0].claimed_at == later
    assert translate(resources, now=later).declared.workloads[0].claimed_at == instant(CREATED)


def test_a_claim_of_usage_keeps_its_age_when_another_is_edited() -> None:
    """Else whoever edits one of his claims would lose all that others wait for; what he claims anew begins now."""
    later = Instant(instant(CREATED) + 1000)
    (claim,) = a_workload(usage=[A_CLAIM]).usage
    usage = [A_CLAIM, {"name": "more", "source": "openai", "match": {"project": "another"}}]
    edited = a_resource("AIWorkload", {**WORKLOAD, "usage": usage}, "chat", namespace="support", generation=2)
    known = {usage_id(a_workload().ref, claim): "1700000000"}
    (found,) = translate(by_kind((edited, UNIT, OPENAI)), Remembered(known), later).declared.workloads
    assert (found.claimed_at, [each.since for each in found.usage]) == (later, [1700000000, later])
