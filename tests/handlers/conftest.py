"""A fake API server that kopf can watch."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.cluster.fake_api import FakeApi


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi() as running:
        yield running
