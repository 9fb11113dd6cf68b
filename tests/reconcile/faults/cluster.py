"""A cluster whose bills come from the emulated APIs of three providers, over HTTP, read by the operator's own clients.

Everything else is the small world of its neighbours: a real desk, a real evaluation, a real ledger, time as told.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from aicost.core.ledger import Certainty, Component
from aicost.core.money import decimal
from aicost.core.window import Instant, Period, Window
from aicost.ports import ResourceRef
from aicost.reconcile.bills import BillDesk
from aicost.sources.tokens import READERS
from aicost.sources.tokens.client import Access, Limits
from aicost.sources.urls import UrlPolicy
from e2e.emulators.anthropic import AnthropicEmulator
from e2e.emulators.anthropic_organisation import Organisation as AnthropicOrganisation
from e2e.emulators.emulator import Emulator
from e2e.emulators.litellm import LiteLLMEmulator, Proxy
from e2e.emulators.openai import OpenAIEmulator
from e2e.emulators.openai_organisation import Organisation as OpenAIOrganisation
from tests.reconcile.world import BILL_POLL, CHAT_SPEC, NOON, RANK_SPEC, World
from tests.sources.tokens.conftest import Secrets

LIMITS = Limits(backoff_s=0.01, attempts=3, request_s=10, day_s=30, poll_s=60)
DAYS = 4
ALWAYS = Window(Instant(0), Instant(2**40))
SPENT = {"day": "2026-11-01", "line_item": "gpt-6-sol, output_tokens"}
STANDARD: Mapping[str, Mapping[str, Any]] = {
    "OpenAI": {
        "costs": [
            {**SPENT, "day": "2026-10-31", "amount": "10", "project": "p", "api_key": "key_a"},
            {**SPENT, "amount": "14", "project": "p", "api_key": "key_a"},
            {**SPENT, "amount": "2", "project": "q", "api_key": "key_b"},
            {**SPENT, "amount": "100", "project": "s", "api_key": "key_gw", "quantity": "100", "quantity_unit": "tokens"},
        ],
        "usage": [{"day": "2026-11-01", "model": "gpt-6-sol", "input_tokens": 1000, "project": "p", "api_key": "key_a"}],
    },
    "Anthropic": {
        "costs": [
            {"day": "2026-10-31", "amount": "500", "workspace": "w", "model": "claude", "token_type": "output_tokens"},
            {"day": "2026-11-01", "amount": "700", "workspace": "w", "model": "claude", "token_type": "output_tokens"},
            {"day": "2026-11-01", "amount": "100", "model": "claude", "token_type": "output_tokens"},
        ],
        "usage": [{"day": "2026-11-01", "model": "claude", "output_tokens": 50, "workspace": "w"}],
        "refreshed_at": None,
    },
    "LiteLLM": {
        "usage": [
            {"day": "2026-11-01", "model": "openai/gpt-6-sol", "prompt_tokens": 5, "completion_tokens": 60}
            | {"key": "k1", "alias": "rank"},
        ],
    },
}  # fmt: skip
"""What each provider holds where a scenario says nothing else: 24 dollars are chat's by OpenAI and 12 by Anthropic, 60 of a
shared key rank's, because LiteLLM saw 60 of its 100 tokens."""
BILLS = {"OpenAI": "openai", "Anthropic": "claude", "LiteLLM": "gw"}
"""The UsageSource of each."""
PATHS = {
    ("OpenAI", "bills"): "/costs",
    ("OpenAI", "usage"): "/completions",
    ("Anthropic", "bills"): "/cost",
    ("Anthropic", "usage"): "/usage",
    ("LiteLLM", "usage"): "/user/daily/activity",
}
"""The address of each feed."""
CHAT = CHAT_SPEC | {
    "usage": [
        {"name": "openai", "source": "openai", "match": {"project": "p"}},
        {"name": "claude", "source": "claude", "match": {"workspace": "w"}},
    ]
}


@dataclass(frozen=True, slots=True)
class Provider:
    """An emulator that serves, where it is, and how plain data become what it holds."""

    url: str
    emulator: Emulator[Any]
    holds: Callable[[Mapping[str, Any]], Any]
    key: str

    def reset(self, data: Mapping[str, Any]) -> None:
        """Let it hold this, and have no faults."""
        self.emulator.organisation = self.holds(data)
        self.emulator.faults.clear()
        self.emulator.asked.clear()


@contextmanager
def serving() -> Iterator[Mapping[str, Provider]]:
    """All three, while the context lasts."""
    made: list[tuple[str, str, Emulator[Any], Callable[[Mapping[str, Any]], Any], str]] = [
        ("OpenAI", "/v1", OpenAIEmulator(OpenAIOrganisation()), OpenAIOrganisation.of, "sk-admin-emulated"),
        ("Anthropic", "/v1", AnthropicEmulator(AnthropicOrganisation()), AnthropicOrganisation.of, "sk-ant-admin-emulated"),
        ("LiteLLM", "", LiteLLMEmulator(Proxy()), Proxy.of, "sk-litellm-emulated"),
    ]  # fmt: skip
    with ExitStack() as stack:
        yield {
            name: Provider(stack.enter_context(emulator.serving()).url + root, emulator, holds, key)
            for name, root, emulator, holds, key in made
        }


class Cluster(World):
    """The world with three UsageSources that are read over HTTP; `days` are how many each poll reads."""

    def __init__(
        self, providers: Mapping[str, Provider], *, now: int = NOON, days: int = DAYS, limits: Limits = LIMITS
    ) -> None:
        self.providers, self._days, self._limits = providers, days, limits
        self.secrets = {name: Secrets(provider.key) for name, provider in providers.items()}
        super().__init__(now=now)

    def restart(self) -> None:
        super().restart()
        hosts = frozenset(provider.url.split("/")[2] for provider in self.providers.values())
        policy = UrlPolicy(hosts)
        readers = {
            of: make(Access(self.secrets[of[0]], policy, self._limits))
            for of, make in READERS.items()
            if of[0] in self.providers
        }
        self.desk = BillDesk(readers, self.clock, poll=BILL_POLL, days=self._days, learnt=lambda: None)
        self.evaluation.desk = self.desk

    def declare(self, *, per_hour: str = "4") -> None:
        """Two units, two workloads, the three sources with what they grant, a price book; all GPU time is known."""
        self.history.covers = (ALWAYS,)
        super().declare(per_hour=per_hour)
        self._source("OpenAI", {"dimension": "project", "value": "p", "namespaces": ["support"]})
        self._source("Anthropic", {"dimension": "workspace", "value": "w", "namespaces": ["support"]})
        refines = [{"source": "openai", "apiKeys": ["key_gw"]}]
        granted = {"dimension": "apiKey", "value": "rank", "namespaces": ["search"]}
        self._source("LiteLLM", granted, role="Refine", refines=refines)
        self.store.apply("AIWorkload", "chat", CHAT, namespace="support")
        claim = {"name": "gw", "source": "gw", "match": {"apiKey": "rank"}}
        self.store.apply("AIWorkload", "rank", {**RANK_SPEC, "usage": [claim]}, namespace="search")

    def _source(self, of: str, grant: Mapping[str, Any], **more: Any) -> None:
        secret = {"name": of.lower(), "key": "token"}
        spec = {"type": of, "url": self.providers[of].url, "secretRef": secret, "grants": [grant]}
        self.store.apply("UsageSource", BILLS[of], {**spec, **more})

    def owed(self, source: str, *, estimated: bool = False) -> dict[str, str]:
        """What the ledger has of a bill by owner: a workload's name or a kind, with the currency where it is no dollar.

        What is estimated while the bill is not in is none of it, but told instead if asked for; of tokens without a
        price the number, which is no amount.
        """
        sums: dict[str, int] = defaultdict(int)
        unpriced: dict[str, int] = defaultdict(int)
        entries = self.ledger.entries(ALWAYS)
        bills = (Component.TOKENS, Component.CORRECTION)
        for entry in entries:
            of_these = (entry.origin.certainty is Certainty.ESTIMATED) is estimated
            if of_these and entry.origin.pool.partition(",")[0] == source and entry.origin.component in bills:
                for line in entry.lines:
                    who = line.owner.workload.name if line.owner.workload else line.owner.kind.value
                    if line.amount is None:
                        unpriced[who] += line.quantity
                    else:
                        foreign = "" if line.amount.currency == "USD" else f" in {line.amount.currency}"
                        late = " corrected" if entry.origin.component is Component.CORRECTION else ""
                        sums[who + foreign + late] += line.amount.nanos
        amounts = {who: decimal(nanos) for who, nanos in sums.items() if nanos}
        return amounts | {f"{who} without a price": f"{count} tokens" for who, count in unpriced.items() if count}

    def written(self) -> list[str]:
        """All that was told to people: statuses, Events, marks and entries of the ledger."""
        statuses = [json.dumps(self.store.status(ref)) for _, ref in self.writer.written if self.store.resource(ref)]
        return [
            *statuses,
            *map(str, self.announcer.told),
            str(self.ledger.marks()),
            *map(str, self.ledger.entries(ALWAYS)),
        ]

    def digests(self) -> tuple[str, ...]:
        """The ledger's digests of the months that scenarios touch."""
        return tuple(self.ledger.digest(Period(month)) for month in ("2026-09", "2026-10", "2026-11", "2026-12"))

    def source(self, of: str) -> ResourceRef:
        """The UsageSource of a provider."""
        return ResourceRef("UsageSource", "", BILLS[of])
