"""A world in which somebody calls a provider through a gateway, with a key that others share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aicost.core.declarations import Source
from aicost.core.window import DAY, Window
from aicost.ports import BillReader, BillReading
from aicost.reconcile.bills import BillDesk
from tests.reconcile.world import BILL_POLL, World
from tests.support.fakes import FakeBillReader, FakePlacements


class FakeGateway(FakeBillReader):
    """It tells of every day that it is asked for, also where that is nothing."""

    silent = False

    async def read(self, source: Source, over: Window) -> BillReading:
        if self.silent:
            return BillReading()
        reading = await super().read(source, over)
        return replace(reading, usage_days=tuple(over.pieces(DAY)))


class GatewayWorld(World):
    """The usual world with readers for a gateway, for a second one, for bills of others than OpenAI, and for MIG instances."""

    def __init__(self, now: int = DAY + DAY // 2) -> None:
        self.gateway, self.second, self.others = FakeGateway(), FakeGateway(), FakeBillReader()
        self.instances = FakePlacements()
        super().__init__(now=now)

    def restart(self) -> None:
        super().restart()
        readers: dict[tuple[str, str], BillReader] = {
            ("OpenAI", "Bill"): self.bills,
            ("Anthropic", "Bill"): self.others,
            ("FocusFile", "Bill"): self.others,
            ("LiteLLM", "Refine"): self.gateway,
            ("Langfuse", "Refine"): self.second,
        }
        self.desk = BillDesk(readers, self.clock, poll=BILL_POLL, days=35, learnt=lambda: None)
        self.evaluation.desk = self.desk
        self.recorder.feeds = replace(self.recorder.feeds, placements=self.instances)


def a_gateway_of(*namespaces: str) -> dict[str, Any]:
    """The spec of one that divides OpenAI's key `key_gw`, and grants what its key `rank` used."""
    grants = [{"dimension": "apiKey", "value": "rank", "namespaces": list(namespaces)}]
    spec = {"type": "LiteLLM", "role": "Refine", "url": "https://gw.example.com", "secretRef": {"name": "gw"}}
    return {**spec, "grants": grants, "refines": [{"source": "openai", "apiKeys": ["key_gw"]}]}
