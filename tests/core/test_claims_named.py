"""Claims by what callers name, which stand behind the key that was called with; and refusals, which name what was asked."""

from __future__ import annotations

from tests.core.test_claims import OPENAI, TWO
from tests.support.builders import a_claim, a_grant, a_source, a_workload, at, claims, dims, owned_by


def test_who_is_called_with_all_that_callers_name_stays_behind_the_key() -> None:
    """A claim of customer and model, each granted, is no claim of what was called with."""
    names = a_grant("acme", dimension="customer"), a_grant("m", dimension="model")
    source = a_source(*names, a_grant("w", "search", dimension="workspace"))
    chat = a_workload(usage=(a_claim(customer="acme", model="m"),), claimed_at=at(0))
    rank = a_workload("rank", "search", unit="find", usage=(a_claim(workspace="w"),), claimed_at=at(9))
    ruled = claims(*TWO, source, chat, rank)
    row = dims(workspace="w", customer="acme", model="m")
    assert ruled.usage("openai", row, "").owner == owned_by("rank", "search", "find")


def test_a_refusal_names_what_was_asked_of_whom() -> None:
    """The workload, each dimension with its value, the source and the namespace."""
    asked, absent = a_claim(project="q", user="u"), a_claim("other", project="p")
    refused = claims(*TWO, OPENAI, a_workload("a", usage=(asked,)), a_workload("b", usage=(absent,))).refused
    assert [(str(of.workload), of.message) for of in refused] == [
        ("support/a", "UsageSource openai grants namespace support none of: project q, user u"),
        ("support/b", "there is no UsageSource other"),
    ]
