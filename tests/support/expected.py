"""Whole outputs as files beside the tests. AICOST_REWRITE_EXPECTED=1 writes them anew; review what git then shows."""

from __future__ import annotations

import os
from pathlib import Path


def expected(file: Path, actual: str) -> str:
    """What the file says, after it was written anew if that was asked for."""
    if os.environ.get("AICOST_REWRITE_EXPECTED"):
        file.write_text(actual, encoding="utf-8")
    return file.read_text(encoding="utf-8")
