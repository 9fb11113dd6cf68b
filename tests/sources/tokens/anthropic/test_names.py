"""Names of workspaces and keys, read last and seldom; a workspace's tags stand behind its name."""

from __future__ import annotations

import contextlib
from typing import Any

import anthropic as anthropic_sdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.ports import Malformed
from aicost.sources.tokens import READERS
from aicost.sources.tokens.anthropic.names import parse_account, parse_key, parse_workspace
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.naming import cursor, last_id, parse_list
from e2e.emulators import faults
from e2e.emulators.anthropic_lists import ApiKey, ServiceAccount, Workspace
from e2e.emulators.faults import Act
from tests.sources.tokens.anthropic.conftest import KEY, WHOLE, Anthropic
from tests.sources.tokens.conftest import OVER, by_day
from tests.sources.tokens.drawn import JSON, answer, replaced

WORKSPACES = (
    Workspace("wrkspc_chat", "Support \x1b[31mchat\n", {"team": "care", "cost-centre": "4711"}),
    Workspace("wrkspc_default", "Default", default=True),
    Workspace("wrkspc_fraud", "Fraud", archived=True),
)
ACCOUNTS = (*(ServiceAccount(f"svac_{n}", f"robot {n}") for n in range(25)), ServiceAccount("svac_scoring", "scoring"))
KEYS = (ApiKey("apikey_chat", "chat-prod"), ApiKey("apikey_other", "not billed"))
LISTED = {
    "data": [{"id": "wrkspc_chat", "name": "Chat", "tags": {"team": "care"}}],
    "has_more": True,
    "first_id": "wrkspc_chat",
    "last_id": "wrkspc_chat",
}


@pytest.fixture
def named(anthropic: Anthropic) -> Anthropic:
    anthropic.has(workspaces=WORKSPACES, keys=KEYS, accounts=ACCOUNTS)
    return anthropic


async def test_what_is_billed_is_called_by_its_name(named: Anthropic) -> None:
    """Workspaces also if they are archived or the default one; of keys and service accounts those that the bill names."""
    assert (await named.read()).names == {
        ("workspace", "wrkspc_chat"): "Support [31mchat, cost-centre=4711, team=care",
        ("workspace", "wrkspc_default"): "Default",
        ("workspace", "wrkspc_fraud"): "Fraud",
        ("apiKey", "apikey_chat"): "chat-prod",
        ("serviceAccount", "svac_scoring"): "scoring",
    }


@pytest.mark.parametrize("code", [403, 404])
async def test_a_list_that_is_not_everybodys_takes_no_other_name(named: Anthropic, code: int) -> None:
    """Without service accounts the rest is named all the same."""
    named.emulator.faults.append(faults.Fault(faults.status(code), path="/service_accounts"))
    assert {of for of, _ in (await named.read()).names or {}} == {"workspace", "apiKey"}


async def test_names_are_asked_for_seldom(named: Anthropic) -> None:
    """The next poll of the same reader leaves them as they were."""
    reader = READERS["Anthropic", "Bill"](Access(named.secrets, named.policy, named.limits))
    assert (await reader.read(named.source, OVER)).names
    assert (await reader.read(named.source, OVER)).names is None


@pytest.mark.parametrize("act", [faults.status(403), faults.status(404), faults.status(500), faults.torn()])
async def test_without_names_nothing_is_missing(named: Anthropic, act: Act) -> None:
    """A key with the scope for analytics alone reads the whole bill all the same, and no gap is left."""
    named.emulator.faults.append(faults.Fault(act, path="/api_keys"))
    reading = await named.read()
    assert (by_day(reading), reading.gaps, reading.names) == (WHOLE, (), None)


async def test_lists_are_read_to_their_end(named: Anthropic) -> None:
    """Of more workspaces than a page holds, all have their names."""
    named.has(workspaces=tuple(Workspace(f"wrkspc_{n:04}", f"Team {n}") for n in range(2500)), keys=(), accounts=())
    assert len((await named.read()).names or {}) == 2500


async def test_the_client_of_anthropic_could_ask_it_and_reads_it(named: Anthropic) -> None:
    """What is served is of its types, strictly, and what we ask is what it asks."""
    await named.read()
    ours = [of for of in named.asked() if "analytics" not in of[0]]
    client = anthropic_sdk.Anthropic(
        api_key=KEY,
        base_url=(named.source.url or "").removesuffix("/v1"),
        _strict_response_validation=True,
        max_retries=0,
    )
    organisation = client.beta.organization
    workspaces = organisation.workspaces.list(limit=1000, include_archived=True, include_default=True)
    keys = organisation.api_keys.list(limit=1000)
    accounts = list(organisation.service_accounts.list(include_archived=True))
    assert named.asked() == ours
    assert [of.name for of in accounts] == [of.name for of in ACCOUNTS]
    assert [of.tags for of in workspaces.data] == [of.tags for of in WORKSPACES]
    assert [of.name for of in keys.data] == [of.name for of in KEYS]


@given(JSON, st.data())
def test_any_list_is_names_or_malformed(value: Any, data: st.DataObject) -> None:
    """Whatever comes, also deep inside a list that is otherwise right."""
    for parse in (parse_key, parse_workspace, parse_account):
        for document in (value, replaced(LISTED, data.draw)):
            with contextlib.suppress(Malformed):
                assert all(parse_list(answer(document), parse).values())
                assert all(of(answer(document)) != "" for of in (cursor, last_id))
