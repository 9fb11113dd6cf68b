"""A ledger in memory, and one on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aicost.store import SqlLedger, open_ledger


@pytest.fixture
def ledger() -> Iterator[SqlLedger]:
    opened = open_ledger(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def on_disk(url: str) -> Iterator[SqlLedger]:
    opened = open_ledger(url)
    yield opened
    opened.close()
