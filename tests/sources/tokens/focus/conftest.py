"""What tests of FOCUS files share: a ledger that remembers what they told, and a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicost.store import SqlLedger
from tests.store.stored import emptied


@pytest.fixture
def ledger() -> SqlLedger:
    return emptied()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
