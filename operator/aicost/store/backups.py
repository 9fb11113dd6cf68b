"""Copies of an SQLite ledger beside it, whole or not there at all. PostgreSQL has its own tools."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine

from aicost.core.window import Period
from aicost.ports import Unavailable
from aicost.store.filesystem import file_of

_SUFFIX = ".backup"
_MONTH = "[0-9]" * 4 + "-" + "[0-9]" * 2
"""Copies of other names are somebody's own, and stay."""


def back_up(opened: Engine, period: Period, keep: int, *, again: bool) -> Path | None:
    """Copy the ledger to `NAME.2026-10.backup` beside it, and leave the `keep` newest of these by their month.

    None where there is no file to copy, or where that copy is there and not asked for `again`. Raises Unavailable where it could not be written: the ledger is as it was.
    """
    path = file_of(opened)
    if path is None or keep < 1:
        return None
    copy = path.with_name(f"{path.name}.{period}{_SUFFIX}")
    if copy.exists() and not again:
        return None
    partial = copy.with_name(f".{copy.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        _copy(opened, partial)
        _durable(partial)
        partial.replace(copy)
        _durable(copy.parent)
        for old in sorted(path.parent.glob(f"{path.name}.{_MONTH}{_SUFFIX}"))[:-keep]:
            old.unlink()
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise Unavailable(
            f"no back-up {copy} of the ledger was made ({error}): the ledger is as it was; enlarge its volume, or keep"
            " fewer back-ups"
        ) from error
    return copy


def _copy(opened: Engine, into: Path) -> None:
    """Past SQLAlchemy, which would begin a transaction: VACUUM cannot run in one."""
    raw = opened.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(into),))
    finally:
        raw.close()


def _durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
