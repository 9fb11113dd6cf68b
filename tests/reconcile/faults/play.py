"""Plays a scenario file: what a provider does wrong step by step, and what must be seen, asked and booked after each.

A file has `catalogue` (the number of the fault in the project's catalogue of faults), `says` (what must hold), `plays` (the
providers that do it, each with its own words for `$words` of the file) and `steps`. A step first changes something:

- `faults`: the emulator's script from now on; a fault is of the feed and day of `at` unless it says otherwise;
- `has`: what the provider holds differently from now on; `secret`: the credential, or `{refused: why}`;
- `apply`, `close`, `restart`: resources, a month to close, a new process; `clock`: seconds by which it jumps;
- `for`: seconds that pass, 0 if not given.

Then it says what is so: `gaps` of the source (none if not given), its condition's `reason`, `polls` (seconds after the
step's begin), `asks` (requests of the feed and day of `at`), `waited` (the least seconds between two of them), and `owed`
(the ledger's amounts of the bill by owner; what is standard if not given), and `estimated` (likewise of what no bill tells yet).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any

import yaml

from aicost.core.window import Instant, Period, date, instant
from aicost.ports import Forbidden
from e2e.emulators.emulator import Asked
from e2e.emulators.faults import Fault, scripted
from tests.reconcile.faults.cluster import BILLS, LIMITS, PATHS, STANDARD, Cluster, Provider
from tests.reconcile.world import BILL_POLL, NOON
from tests.support.builders import T0

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))
TICK = 120
OWED = {
    "openai": {"chat": "24.00", "rank": "60.00", "unclaimed": "42.00"},
    "claude": {"chat": "12.00", "unclaimed": "1.00"},
}
"""What is standard, by bill."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file, in one provider's words."""

    name: str
    provider: str
    catalogue: int
    steps: Sequence[Mapping[str, Any]]
    at: Mapping[str, Any] = field(default_factory=dict)
    now: str = ""
    days: int = 4
    limits: Mapping[str, Any] = field(default_factory=dict)
    ends: str = "undisturbed"

    @property
    def begins(self) -> int:
        """When it begins, in seconds after T0."""
        return instant(self.now) - T0 if self.now else NOON

    @property
    def source(self) -> str:
        """Its UsageSource."""
        return BILLS[self.provider]

    @property
    def bill(self) -> str:
        """The UsageSource whose amounts it is about."""
        return "openai" if self.provider == "LiteLLM" else self.source

    @property
    def feed(self) -> str:
        """The feed that goes wrong."""
        return str(self.at.get("feed", "usage" if self.provider == "LiteLLM" else "bills"))

    @property
    def day(self) -> str:
        """The day that goes wrong; empty: all."""
        return str(self.at.get("day", "2026-11-01"))

    def script(self, step: Mapping[str, Any]) -> list[Fault]:
        """The step's faults."""
        place = {"path": PATHS[self.provider, self.feed], "day": self.day}
        return scripted([place | {**fault, "day": str(fault.get("day", self.day))} for fault in step.get("faults", ())])


def scenarios() -> Iterator[Scenario]:
    """Every file in the words of every provider that it plays."""
    for path in SCENARIOS:
        text = path.read_text()
        for provider, words in yaml.safe_load(text)["plays"].items():
            data = yaml.safe_load(Template(text).substitute(words or {}))
            told = {name: value for name, value in data.items() if name not in {"says", "plays"}}
            yield Scenario(f"{path.stem}-{provider}", provider, **told)


class Play:
    """One scenario on one cluster."""

    def __init__(self, scenario: Scenario, providers: Mapping[str, Provider]) -> None:
        self.scenario = scenario
        for name, provider in providers.items():
            provider.reset(STANDARD[name])
        limits = replace(LIMITS, **scenario.limits)
        self.provider = providers[scenario.provider]
        self.has: dict[str, Any] = dict(STANDARD[scenario.provider])
        self.cluster = Cluster(providers, now=scenario.begins, days=scenario.days, limits=limits)
        self.cluster.declare()

    async def expect_all(self) -> None:
        """All steps, and then the end that every scenario must come to."""
        for number, step in enumerate(self.scenario.steps, 1):
            await self.change(step)
            seconds = int(step.get("for", 0))
            polls, asked = await self.pass_time(seconds, TICK if "polls" in step else seconds)
            self.expect_step(step, polls, asked, f"step {number}")
        await self.expect_mended()

    async def change(self, step: Mapping[str, Any]) -> None:
        self.cluster.clock.advance(step.get("clock", 0))
        self.provider.emulator.faults[:] = self.scenario.script(step)
        if "has" in step:
            self.has |= step["has"]
            self.provider.emulator.organisation = self.provider.holds(self.has)
        secrets = self.cluster.secrets[self.scenario.provider]
        if isinstance(secret := step.get("secret"), str):
            secrets.credential, secrets.fault = secret, None
        elif secret:
            secrets.fault = Forbidden(secret["refused"])
        for resource in step.get("apply", ()):
            spec = resource["spec"] | ({"url": self.provider.url} if resource["kind"] == "UsageSource" else {})
            self.cluster.store.apply(resource["kind"], resource["name"], spec, namespace=resource.get("namespace", ""))
        if "close" in step:
            await self.cluster.evaluation.close(Period(step["close"]), "finance", dry_run=False, force=True)
        if step.get("restart"):
            self.cluster.restart()

    async def pass_time(self, seconds: int, tick: int) -> tuple[list[int], list[Asked]]:
        """Let time pass; when the provider was asked, and what of the feed and day that go wrong."""
        asked = self.provider.emulator.asked
        asked.clear()
        polls = []
        for after in range(0, seconds + 1, max(tick, 1)):
            before = len(asked)
            await self.cluster.cycle(tick if after else 0)
            polls += [after] if len(asked) > before else []
        path = PATHS[self.scenario.provider, self.scenario.feed]
        return polls, [of for of in asked if of.path.endswith(path) and _day(of).startswith(self.scenario.day)]

    def expect_step(self, step: Mapping[str, Any], polls: list[int], asked: list[Asked], where: str) -> None:
        self.expect_seen(step, where)
        self.expect_asked(step, polls, asked, where)
        self.expect_owed(step, where)

    def expect_seen(self, step: Mapping[str, Any], where: str) -> None:
        source = self.scenario.source
        seen = sorted((gap for gap in self.cluster.desk.gaps() if gap.source == source), key=lambda gap: gap.feed)
        wanted = [{"feed": self.scenario.feed, "since": self.scenario.day, **gap} for gap in step.get("gaps", ())]
        told = [
            {"reason": gap.reason.value, "feed": gap.feed.value, "since": date(gap.since)}
            | ({"quantity": gap.quantity} if gap.quantity else {})
            for gap in seen
        ]
        assert told == [_unworded(gap) for gap in wanted], where
        for gap, of in zip(seen, wanted, strict=True):
            assert of.get("says", "") in gap.message, where
        condition = self.cluster.condition(self.cluster.source(self.scenario.provider), "DataAvailable")
        assert condition["reason"] == step.get("reason", "Complete"), where
        others = [gap for gap in self.cluster.desk.gaps() if gap.source != source]
        assert others == [], where

    def expect_asked(self, step: Mapping[str, Any], polls: list[int], asked: list[Asked], where: str) -> None:
        if "polls" in step:
            assert polls == step["polls"], where
        if "asks" in step:
            assert len(asked) == step["asks"], where
        spans = [later.at - earlier.at for earlier, later in pairwise(asked)]
        if "waited" in step:
            assert min(spans) >= step["waited"], where

    def expect_owed(self, step: Mapping[str, Any], where: str) -> None:
        for bill, standard in OWED.items():
            wanted = step.get("owed", standard) if bill == self.scenario.bill else standard
            assert self.cluster.owed(bill) == wanted, where
        if "estimated" in step:
            assert self.cluster.owed(self.scenario.bill, estimated=True) == step["estimated"], where

    async def expect_mended(self) -> None:
        """Once the provider is well, the ledger is as if nothing had ever gone wrong."""
        if self.scenario.ends == "as it is":
            return
        await self.change({"secret": self.provider.key, "has": {"admin_keys": [self.provider.key]}})
        await self.pass_time(BILL_POLL, BILL_POLL)
        found = self.cluster.digests()
        other = Cluster(self.cluster.providers, now=self.cluster.clock.now() - T0, days=self.scenario.days)
        other.declare()
        await other.cycle()
        assert found == other.digests()
        assert [gap for gap in self.cluster.desk.gaps() if self.scenario.ends == "undisturbed"] == []


def _unworded(gap: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in gap.items() if name != "says"}


def _day(asked: Asked) -> str:
    params = dict(asked.params)
    start = params.get("start_time", params.get("starting_at", params.get("start_date", "")))
    return date(Instant(int(start))) if start.isdecimal() else start[:10]
