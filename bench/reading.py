"""`python -m bench.reading TYPE URL`: one poll of a source as the operator makes it; prints rows, seconds and memory."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from urllib.parse import urlsplit

from aicost.core.declarations import BILL, Source
from aicost.core.window import DAY, Instant, Window, instant
from aicost.sources.tokens import READERS
from aicost.sources.tokens.client import Access
from aicost.sources.urls import UrlPolicy

DAYS = 35
END = instant("2026-11-05T00:00:00Z")
KEYS = {"OpenAI": "sk-admin-emulated", "Anthropic": "sk-ant-admin-emulated"}


class EmulatedKey:
    """The credential of an emulated organisation."""

    def __init__(self, key: str) -> None:
        self._key = key

    async def token(self, name: str, key: str, host: str) -> str:  # noqa: ARG002 # a port's
        return self._key


def main() -> None:
    """Read 35 days."""
    sys.stdout.write(json.dumps(asyncio.run(_told(*sys.argv[1:]))))


async def _told(of: str, url: str) -> dict[str, float]:
    """Within one task: a reading that asyncio.run returns would be written out by it, as the result of its task."""
    access = Access(EmulatedKey(KEYS[of]), UrlPolicy(frozenset({urlsplit(url).netloc})))
    source = Source("bench", of, BILL, secret=("bench", "token"), url=url)
    before = _mebibytes()
    began, processed = time.monotonic(), time.process_time()
    over = Window(Instant(END - DAYS * DAY), END)
    reading = await READERS[of, BILL](access).read(source, over)
    return {
        "rows": sum(len(day.rows) for day in reading.days) + len(reading.usage),
        "nanos": sum(row.amount.nanos for day in reading.days for row in day.rows),
        "gaps": len(reading.gaps),
        "seconds": round(time.monotonic() - began, 1),
        "cpu": round(time.process_time() - processed, 1),
        "MiB": _mebibytes() - before,
    }


def _mebibytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
