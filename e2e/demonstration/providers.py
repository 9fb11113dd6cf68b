"""The providers that the demonstration is billed by, and the gateway in front of one: their emulators, by type of source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import httpx

from e2e.emulators.anthropic import BETA, AnthropicEmulator
from e2e.emulators.anthropic_organisation import Organisation as AnthropicOrganisation
from e2e.emulators.anthropic_organisation import rfc3339
from e2e.emulators.litellm import LiteLLMEmulator, Proxy
from e2e.emulators.openai import OpenAIEmulator
from e2e.emulators.openai_organisation import Organisation as OpenAIOrganisation
from e2e.scenario.model import Scenario

KEY = "sk-admin-emulated"


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a source of a type is read, and with which credential."""

    url: str
    credential: str

    @property
    def host(self) -> str:
        """As a Secret binds its credential to it."""
        return self.url.removeprefix("http://").partition("/")[0]


@dataclass(frozen=True, slots=True)
class Providers:
    """The running emulators; `reached` by the type of UsageSource."""

    openai: OpenAIEmulator
    anthropic: AnthropicEmulator
    litellm: LiteLLMEmulator
    reached: Mapping[str, Reached]

    @property
    def hosts(self) -> str:
        """What the operator's settings must allow: they are on loopback, without TLS."""
        return ",".join(reached.host for reached in self.reached.values())

    def tell(self, scenario: Scenario) -> None:
        """They know of the scenario's days that they did not know yet; what they say of others stays."""
        of = scenario.providers
        openai = OpenAIOrganisation.of(of["openai"])
        known = self.openai.organisation
        self.openai.organisation = replace(
            known, now=openai.now, costs=_more(known.costs, openai.costs), usage=_more(known.usage, openai.usage)
        )
        anthropic, spent = AnthropicOrganisation.of(of["anthropic"]), self.anthropic.organisation
        self.anthropic.organisation = replace(
            spent,
            refreshed_at=rfc3339(scenario.sampling.end),
            costs=_more(spent.costs, anthropic.costs),
            usage=_more(spent.usage, anthropic.usage),
        )
        proxy = self.litellm.organisation
        self.litellm.organisation = replace(proxy, usage=_more(proxy.usage, Proxy.of(of["litellm"]).usage))


class OfADay(Protocol):
    """A row of a bill or of usage."""

    @property
    def day(self) -> str: ...


Row = TypeVar("Row", bound=OfADay)


def _more(known: tuple[Row, ...], told: tuple[Row, ...]) -> tuple[Row, ...]:
    """What is known, and rows of later days."""
    last = max(row.day for row in known)
    return *known, *(row for row in told if row.day > last)


def by_workspace(anthropic: Reached, day: str) -> Mapping[str, str]:
    """What Anthropic's API answers for a day, such as `2026-11-01`, as its own text."""
    query = {
        "starting_at": f"{day}T00:00:00Z",
        "ending_at": f"{day}T23:59:59Z",
        "time_bucket_width": "1d",
        "group_by[]": "workspace_id",
    }
    headers = {"x-api-key": anthropic.credential, "anthropic-version": "2023-06-01", "anthropic-beta": BETA}
    url = f"{anthropic.url}/organizations/analytics/cost"
    page = httpx.get(url, params=query, headers=headers, trust_env=False).raise_for_status().json()
    return {row["group"]["workspace_id"]: row["cost"]["amount"] for row in page["data"]}


@contextmanager
def serving(scenario: Scenario, credential: str = KEY) -> Iterator[Providers]:
    """All of them, with what the scenario says and this credential for each."""
    keys, of = frozenset({credential}), scenario.providers
    openai = OpenAIEmulator(replace(OpenAIOrganisation.of(of["openai"]), admin_keys=keys))
    anthropic = AnthropicEmulator(replace(AnthropicOrganisation.of(of["anthropic"]), admin_keys=keys))
    litellm = LiteLLMEmulator(replace(Proxy.of(of["litellm"]), admin_keys=keys))
    with ExitStack() as stack:
        reached = {
            "OpenAI": Reached(f"{stack.enter_context(openai.serving()).url}/v1", credential),
            "Anthropic": Reached(f"{stack.enter_context(anthropic.serving()).url}/v1", credential),
            "LiteLLM": Reached(stack.enter_context(litellm.serving()).url, credential),
        }
        yield Providers(openai, anthropic, litellm, reached)
