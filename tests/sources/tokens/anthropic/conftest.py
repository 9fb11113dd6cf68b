"""What tests of Anthropic's sources share: an organisation, its emulator on loopback, and a reader that may call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from aicost.core.declarations import Source
from e2e.emulators.anthropic import AnthropicEmulator
from e2e.emulators.anthropic_organisation import Organisation, Spend, Usage
from tests.sources.tokens.conftest import Emulated, served
from tests.support.builders import dims, usd

KEY = "sk-ant-admin-emulated"
USER = {
    "type": "user_actor",
    "user_id": "user_ann",
    "deleted": False,
    "name": "Ann",
    "email_address": "ann@example.com",
}
ROBOT = {"type": "service_account_actor", "service_account_id": "svac_scoring"}
ORGANISATION = Organisation(
    costs=(
        Spend("2026-10-31", "1000", "wrkspc_chat", "apikey_chat", model="claude-opus-5-5", token_type="output_tokens"),
        Spend(
            "2026-11-01", "70000", "wrkspc_chat", "apikey_chat", "uprof_acme", None, "claude-opus-5-5", "output_tokens"
        ),
        Spend(
            "2026-11-01",
            "40000",
            "wrkspc_chat",
            "apikey_chat",
            "uprof_globex",
            None,
            "claude-opus-5-5",
            "output_tokens",
        ),
        Spend("2026-11-01", "58000", "wrkspc_fraud", None, None, ROBOT, "claude-sonnet-4-5", "uncached_input_tokens"),
        Spend("2026-11-01", "11950.5", actor=USER, model="claude-haiku-5-5", token_type="output_tokens"),
        Spend("2026-11-01", "49.5", actor=USER, cost_type="code_execution", service_tier=None),
    ),
    usage=(
        Usage("2026-11-01", "claude-opus-5-5", 100, 800, 60, 40, 500, 7, "wrkspc_chat", "apikey_chat", "uprof_acme"),
        Usage(
            "2026-11-01", "claude-sonnet-4-5", 5000, output_tokens=20, requests=3, workspace="wrkspc_fraud", actor=ROBOT
        ),
    ),
)
WHOLE = {
    "2026-10-31": {
        dims(workspace="wrkspc_chat", apiKey="apikey_chat", model="claude-opus-5-5", lineItem="output_tokens"): usd(10)
    },
    "2026-11-01": {
        dims(
            workspace="wrkspc_chat",
            apiKey="apikey_chat",
            customer="uprof_acme",
            model="claude-opus-5-5",
            lineItem="output_tokens",
        ): usd(700),
        dims(
            workspace="wrkspc_chat",
            apiKey="apikey_chat",
            customer="uprof_globex",
            model="claude-opus-5-5",
            lineItem="output_tokens",
        ): usd(400),
        dims(
            workspace="wrkspc_fraud",
            serviceAccount="svac_scoring",
            model="claude-sonnet-4-5",
            lineItem="uncached_input_tokens",
        ): usd(580),
        dims(workspace="wrkspc_default", user="user_ann", model="claude-haiku-5-5", lineItem="output_tokens"): usd(
            119, 505_000_000
        ),
        dims(workspace="wrkspc_default", user="user_ann", lineItem="code_execution"): usd(0, 495_000_000),
    },
}
"""Its bill by day, in dollars."""


Anthropic: TypeAlias = Emulated[AnthropicEmulator]


@pytest.fixture(scope="session")
def new_anthropic() -> Iterator[Callable[[], Anthropic]]:
    """One emulator for all tests."""
    source = Source("anthropic-prod", "Anthropic", "Bill", secret=("anthropic-admin", "token"), url="/v1")
    with served(AnthropicEmulator(ORGANISATION), source, KEY) as anew:
        yield anew


@pytest.fixture
def anthropic(new_anthropic: Callable[[], Anthropic]) -> Anthropic:
    """Anthropic's API with a small organisation, without faults."""
    return new_anthropic()
