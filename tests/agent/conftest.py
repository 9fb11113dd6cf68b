"""A fake library under pynvml's real wrappers, and one card of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pynvml
import pytest

from tests.agent.fake_nvml import FakeCard, FakeInstance, FakeNvml

ACTIVITY = {1: 99.9683, 2: 0.7574, 3: 0.0118, 5: 0.0, 10: 0.0006}
"""GPM's percentages by their numbers, as an H100 told them of one spinning block."""


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNvml]:
    """A node with one H100 that one block keeps busy."""
    cache: dict[str, Any] = {}
    fake = FakeNvml(FakeCard(activity=dict(ACTIVITY), busy=100, used_mib=526))
    monkeypatch.setattr(pynvml, "nvmlLib", fake)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", cache)
    yield fake
    assert fake.opened == 0


@pytest.fixture
def cut() -> FakeCard:
    """A card in two instances, one of them divided once more."""
    whole = FakeInstance(7, "1g.10gb", ("MIG-a",), used_mib=98, activity={1: 50.0, 2: 30.0})
    divided = FakeInstance(2, "1c.3g.40gb", ("MIG-b", "MIG-c"), used_mib=4384, activity={1: 10.0})
    return FakeCard(uuid="GPU-cut", minor=1, bus="00000000:54:00.0", instances=[whole, divided])


@pytest.fixture
def old() -> FakeCard:
    """A card from before GPM, whose driver does not count energy."""
    return FakeCard(
        uuid="GPU-old",
        name="Tesla T4",
        minor=2,
        fails={"nvmlDeviceGetTotalEnergyConsumption": pynvml.NVML_ERROR_NOT_SUPPORTED},
    )
