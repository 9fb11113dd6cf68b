"""Logs as JSON lines on standard error, kopf's too. A message about one resource gives it as `extra={"object": ...}`."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

from pythonjsonlogger.json import JsonFormatter

_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
_RENAMED = {"asctime": "time", "levelname": "level", "name": "logger"}
_CHATTY = ("kopf", "httpx", "httpcore", "aiohttp", "alembic", "urllib3", "asyncio")
_KOPF_RUNS = "kopf._core.reactor.running"


class _Formatter(JsonFormatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 # logging's name and parameters
        """RFC 3339 in UTC, to the millisecond."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log_as_json(level: str) -> None:
    """Log everything from `level` on; of the libraries only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(_FIELDS, rename_fields=_RENAMED))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger(_KOPF_RUNS).addFilter(_news)


def _news(record: logging.LogRecord) -> bool:
    """Kopf warns at every start that it handles no signals in its thread: `aicost run` does, and then ends kopf."""
    return not str(record.msg).startswith("OS signals are ignored")
