"""What tests of sources share: an organisation, its emulator on loopback, and a reader that may call it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import pytest

from aicost.core.declarations import Source
from aicost.core.money import Money
from aicost.core.window import Window, date, instant
from aicost.ports import BillReading, Forbidden, Unavailable
from aicost.sources.tokens import READERS
from aicost.sources.tokens.client import Access, Limits
from aicost.sources.urls import UrlPolicy
from e2e.emulators.emulator import Emulator as AnyEmulator
from e2e.emulators.faults import Act, Fault
from e2e.emulators.openai import OpenAIEmulator
from e2e.emulators.openai_organisation import Cost, Key, Organisation, Usage
from tests.support.builders import dims, usd

FAST = Limits(backoff_s=0.01, request_s=10, day_s=30, poll_s=60)
IMPATIENT = Limits(backoff_s=0.01, attempts=3, request_s=0.25, day_s=30, poll_s=60)
KEY = "sk-admin-emulated"
ORGANISATION = Organisation(
    costs=(
        Cost("2026-10-31", "10", "proj_support", "key_a", "gpt-6-sol, input_tokens"),
        Cost("2026-11-01", "1000", "proj_support", "key_a", "gpt-6-sol, input_tokens", "user_1"),
        Cost("2026-11-01", "400", "proj_support", "key_a", "gpt-6-sol, output_tokens", "user_1"),
        Cost("2026-11-01", "1500", "proj_shared", "key_gw", "gpt-6-sol, input_tokens"),
        Cost("2026-11-01", "300", None, None, "gpt-6-luna, input_tokens"),
    ),
    usage=(
        Usage("2026-11-01", "gpt-6-sol", 1000, 200, 400, 100, 3, "proj_support", "key_a"),
        Usage("2026-11-01", "gpt-6-sol", 500, 100, 0, 0, 1, "proj_support", "key_a", hour=23),
        Usage("2026-11-01", "text-embedding-4", 70, requests=2, project="proj_support", kind="embeddings"),
        Usage(
            "2026-11-01", "gpt-image-3", project="proj_support", api_key="key_a", kind="images", count=12, requests=5
        ),
        Usage("2026-11-01", "gpt-image-3", project="proj_support", api_key="key_a", kind="images", count=1, hour=9),
        Usage("2026-11-01", "tts-3", project="proj_support", kind="audio_speeches", count=8000),
        Usage("2026-10-31", "whisper-3", project="proj_support", kind="audio_transcriptions", count=61),
        Usage("2026-11-01", "omni-moderation", 900, project="proj_support", kind="moderations"),
        Usage("2026-11-01", "gpt-6-luna", project="proj_support", kind="web_search_calls", count=3),
        Usage("2026-11-01", "", project="proj_support", kind="vector_stores", count=10**9),
        Usage("2026-11-01", "", project="proj_support", kind="code_interpreter_sessions", count=4),
        Usage("2026-11-01", "", project="proj_support", kind="file_search_calls", count=2),
    ),
    projects={"proj_support": "Support", "proj_shared": "Shared \x1b[31mgateway\n", "proj_idle": "Idle"},
    keys=(
        Key("key_a", "proj_support", "chat"),
        Key("key_b", "proj_support", service_account=("user_1", "chat bot")),
        Key("key_gw", "proj_shared", "gateway"),
    ),
)
WHOLE = {
    "2026-10-31": {dims(project="proj_support", apiKey="key_a", lineItem="gpt-6-sol, input_tokens"): usd(10)},
    "2026-11-01": {
        dims(project="proj_support", apiKey="key_a", user="user_1", lineItem="gpt-6-sol, input_tokens"): usd(1000),
        dims(project="proj_support", apiKey="key_a", user="user_1", lineItem="gpt-6-sol, output_tokens"): usd(400),
        dims(project="proj_shared", apiKey="key_gw", lineItem="gpt-6-sol, input_tokens"): usd(1500),
        dims(lineItem="gpt-6-luna, input_tokens"): usd(300),
    },
}
"""Its bill by day."""
OVER = Window(instant("2026-10-31T00:00:00Z"), instant("2026-11-02T00:00:00Z"))


def by_day(reading: BillReading) -> dict[str, dict[object, Money]]:
    return {date(day.day.start): {row.dimensions: row.amount for row in day.rows} for day in reading.days}


@dataclass
class Secrets:
    """The credential namespace: one credential, or the error that reading it raises."""

    credential: str = KEY
    fault: Forbidden | Unavailable | None = None
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def token(self, name: str, key: str, host: str) -> str:
        self.asked.append((name, key, host))
        if self.fault is not None:
            raise self.fault
        return self.credential


Emulator = TypeVar("Emulator", bound=AnyEmulator[Any])


class Emulated(Generic[Emulator]):
    """An emulator and a reader of it, as a test wants them to be."""

    def __init__(self, emulator: Emulator, url: str, source: Source, credential: str) -> None:
        self.emulator: Emulator = emulator
        self.secrets = Secrets(credential)
        self.source = replace(source, url=f"{url}{source.url or ''}")
        self.policy = UrlPolicy(frozenset({url.removeprefix("http://")}))
        self.limits = FAST

    def breaks(self, act: Act, path: str = "/costs", day: str = "2026-11-01", **when: object) -> None:
        """Let a fault happen."""
        self.emulator.faults.append(Fault(act, path=path, day=day, **when))  # type: ignore[arg-type] # Fault's own fields

    async def read(self, over: Window = OVER) -> BillReading:
        """One poll of a process that has just begun."""
        return await self.polls()(over)

    def polls(self) -> Callable[[Window], Awaitable[BillReading]]:
        """The polls of one process."""
        access = Access(self.secrets, self.policy, self.limits)
        return partial(READERS[self.source.type, self.source.role](access).read, self.source)

    def requests(self, path: str) -> list[dict[str, str]]:
        """The parameters of the requests to a path so far."""
        return [dict(asked.params) for asked in self.emulator.asked if asked.path.endswith(path)]

    def asked(self) -> list[tuple[str, Counter[tuple[str, str]]]]:
        """What arrived since the last look, without the order; `beta=true` is how Anthropic's own client counts itself."""
        found = [
            (of.path, Counter(pair for pair in of.params if pair != ("beta", "true"))) for of in self.emulator.asked
        ]
        self.emulator.asked.clear()
        return sorted(found, key=repr)

    def has(self, **changes: object) -> None:
        """Let the organisation be different."""
        self.emulator.organisation = replace(self.emulator.organisation, **changes)


@contextmanager
def served(emulator: Emulator, source: Source, credential: str) -> Iterator[Callable[[], Emulated[Emulator]]]:
    """One emulator for many tests: each call gives a reader of it as it was at first, without faults and questions.

    The source's `url` is what follows the emulator's own.
    """
    organisation = emulator.organisation
    with emulator.serving() as serving:

        def anew() -> Emulated[Emulator]:
            emulator.organisation = organisation
            emulator.faults.clear()
            emulator.asked.clear()
            return Emulated(emulator, serving.url, source, credential)

        yield anew


OpenAI: TypeAlias = Emulated[OpenAIEmulator]


@pytest.fixture(scope="session")
def new_openai() -> Iterator[Callable[[], OpenAI]]:
    """One emulator for all tests."""
    source = Source("openai-prod", "OpenAI", "Bill", secret=("openai-admin", "token"), url="/v1")
    with served(OpenAIEmulator(ORGANISATION), source, KEY) as anew:
        yield anew


@pytest.fixture
def openai(new_openai: Callable[[], OpenAI]) -> OpenAI:
    """OpenAI's API with a small organisation, without faults."""
    return new_openai()
