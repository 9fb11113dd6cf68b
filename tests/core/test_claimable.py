"""What a claim finds a row by: its dimensions, the model of its line item, and an identity by either name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.claimable import claimable
from aicost.core.declarations import Dimensions
from aicost.core.refining import item
from tests.support.builders import a_claim, a_grant, a_source, a_unit, a_workload, between, dims, ownership

NAMES = st.sampled_from(["project", "user", "serviceAccount", "model", "lineItem", "customer"])
ROWS = st.dictionaries(NAMES, st.sampled_from(["p", "gpt-6-sol, input_tokens", "m, web_search", ""])).map(
    lambda named: frozenset((name, value) for name, value in named.items() if value)
)


@given(ROWS)
def test_nothing_is_taken_away_and_nothing_contradicts(row: Dimensions) -> None:
    """Each name has one value: the row's own, and only where it has none, what follows from the others."""
    found = claimable(row)
    assert row <= found
    assert len(found) == len(dict(found))
    assert dict(found).get("model", "") == item(row)[0]
    assert dict(found).get("serviceAccount") == dict(row).get("serviceAccount", dict(row).get("user"))
    assert {name for name, _ in found - row} <= {"model", "serviceAccount"}


@pytest.mark.parametrize(
    "match", [{"user": "u"}, {"serviceAccount": "u"}, {"model": "gpt-6-sol"}, {"serviceAccount": "u", "project": "p"}]
)
def test_a_granted_claim_finds_the_row(match: dict[str, str]) -> None:
    """OpenAI's bill has the model in the line item, and a service account's id as a user's."""
    row = dims(project="p", user="u", lineItem="gpt-6-sol, input_tokens")
    dimension = min(match, key=lambda name: name == "project")
    claimed = a_workload(usage=(a_claim(**match),))
    owners = ownership(a_unit(), a_source(a_grant(match[dimension], dimension=dimension)), claimed)
    ((owner, _),) = owners.usage("openai", row, "").seconds(between(0, 86_400))
    assert owner.workload == claimed.ref
    ((nobody, _),) = owners.usage("openai", dims(project="p", user="v", lineItem="credit"), "").seconds(between(0, 9))
    assert nobody.workload is None
