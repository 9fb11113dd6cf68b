"""What tests of LiteLLM's sources share: a proxy, its emulator on loopback, and a reader that may call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from aicost.core.declarations import Dimensions, Source
from aicost.core.usage import Tokens
from aicost.core.window import Window, date, instant
from aicost.ports import BillReading
from e2e.emulators.litellm import LiteLLMEmulator, Proxy, Use
from tests.sources.tokens.conftest import Emulated, served

KEY = "sk-litellm-emulated"
DAY = Window(instant("2026-11-01T00:00:00Z"), instant("2026-11-02T00:00:00Z"))
HASH = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
PROXY = Proxy(
    usage=(
        Use("2026-10-31", "gpt-5.5", 10, key="k1", alias="rank", team="search"),
        Use("2026-11-01", "openai/gpt-6-sol", 1000, 200, 400, 100, 7, 2, key="k1", alias="rank", team="search"),
        Use("2026-11-01", "openai/gpt-6-sol", 30, 5, key="k2", alias="scoring", team="fraud", user="ann"),
        Use("2026-11-01", "gpt-5.5", 60, 6, key="k2", alias="scoring", team="fraud", user="ann"),
        Use("2026-11-01", "gpt-5.5", 8, 1),
    )
)

LiteLLM: TypeAlias = Emulated[LiteLLMEmulator]


@pytest.fixture(scope="module")
def new_litellm() -> Iterator[Callable[[], LiteLLM]]:
    """One emulator for all tests."""
    source = Source("gw", "LiteLLM", "Refine", secret=("litellm", "token"))
    with served(LiteLLMEmulator(PROXY), source, KEY) as anew:
        yield anew


@pytest.fixture
def litellm(new_litellm: Callable[[], LiteLLM]) -> LiteLLM:
    """A proxy without faults."""
    return new_litellm()


def used(reading: BillReading) -> dict[Dimensions, Tokens]:
    """What was used on 1 November, without rows of nothing."""
    return {
        row.dimensions: row.tokens
        for row in reading.usage
        if date(row.day.start) == "2026-11-01" and row.tokens != Tokens()
    }
