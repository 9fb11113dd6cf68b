"""Logs as JSON lines on standard error, kopf's too."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
_RENAMED = {"asctime": "time", "levelname": "level", "name": "logger"}
_CHATTY = ("kopf", "httpx", "httpcore", "aiohttp", "alembic", "urllib3", "asyncio")


def log_as_json(level: str) -> None:
    """Log everything from `level` on; of the libraries only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(_FIELDS, rename_fields=_RENAMED))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
