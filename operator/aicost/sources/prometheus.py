"""Prometheus, Thanos or Mimir over HTTP: queries in, typed samples out; nothing here knows what they are about.

Everything that may go wrong on the way becomes one of the port's errors. A query that the server finds too large is
an error of its own, and `in_parts` asks for its window in halves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Self, TypeVar
from urllib.parse import urlsplit

import requests
from prometheus_api_client import PrometheusConnect

from aicost.core.window import HOUR, Instant, Window, floor
from aicost.ports import Unavailable
from aicost.sources.abandonable import abandonable
from aicost.sources.prometheus_answers import Sample, TooLarge, samples

CONNECT_TIMEOUT = 5
LARGEST_ANSWER = 256 * 2**20
"""Bytes of one answer that are read at most: a series explosion must not take the operator's memory."""

_BLOCK = 2**16

T = TypeVar("T")


class _Connection(PrometheusConnect):  # type: ignore[misc] # the package ships no types
    """PrometheusConnect that sends the query in the body and gives the whole answer, warnings included.

    The package puts a POST's query into the URL, where long ones hit the 414 of proxies, waits for ever by default,
    and keeps neither warnings nor the type of the result.
    """

    def __init__(self, url: str, *, deadline: float) -> None:
        super().__init__(url=url.rstrip("/"), retry=0, timeout=int(deadline), method="POST")
        self._deadline = deadline

    def __enter__(self) -> Self:
        return self

    def ask(self, path: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of one request that ends at the deadline, however slowly the body drips."""
        until = time.monotonic() + self._deadline
        body = bytearray()
        with self._session.post(
            f"{self.url}/api/v1/{path}",
            data=dict(form),
            timeout=(min(CONNECT_TIMEOUT, self._deadline), self._deadline),
            allow_redirects=False,
            stream=True,
        ) as answer:
            for block in answer.iter_content(_BLOCK):
                body += block
                if time.monotonic() > until:
                    raise requests.exceptions.ReadTimeout(f"the answer took longer than {self._deadline:g} s")
                if len(body) > LARGEST_ANSWER:
                    raise TooLarge(f"the answer is larger than {LARGEST_ANSWER >> 20} MiB")
            return answer.status_code, bytes(body)


class Prometheus:
    """Asks one server without authentication, at most `at_once` queries at a time, each within `deadline` seconds.

    A query has a session of its own: those of `requests` are not safe to share between threads, and a cancelled
    caller leaves its thread behind until the deadline.
    """

    def __init__(self, url: str, *, deadline: float = 60, at_once: int = 4) -> None:
        self._name = f"Prometheus at {_place(url)}"
        self._connect = partial(_Connection, url, deadline=deadline)
        self._slots = asyncio.Semaphore(at_once)

    async def instant(self, query: str, at: Instant) -> tuple[Sample, ...]:
        """The samples of an instant vector. Raises Unavailable, TooLarge, Malformed or Forbidden."""
        return await self._ask("query", {"query": query, "time": str(at)}, "vector")

    async def steps(self, query: str, first: Instant, last: Instant, step: int) -> tuple[Sample, ...]:
        """The samples of a query evaluated every `step` seconds from `first` to `last`. Raises as `instant` does."""
        form = {"query": query, "start": str(first), "end": str(last), "step": str(step)}
        return await self._ask("query_range", form, "matrix")

    async def scraped(self, query: str, at: Instant) -> tuple[Sample, ...]:
        """The samples as they were scraped, of a query that selects a range before an instant. Raises as `instant` does."""
        return await self._ask("query", {"query": query, "time": str(at)}, "matrix")

    async def _ask(self, path: str, form: Mapping[str, str], kind: str) -> tuple[Sample, ...]:
        try:
            async with self._slots:
                status, body = await abandonable(self._post, path, form)
        except requests.exceptions.Timeout as error:
            raise Unavailable(f"{self._name} did not answer in time") from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise Unavailable(f"{self._name} could not be asked: {type(error).__name__}") from error
        return samples(self._name, status, body, kind)

    def _post(self, path: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        with self._connect() as connection:
            return connection.ask(path, form)


async def in_parts(ask: Callable[[Window], Awaitable[T]], over: Window) -> list[T]:
    """The answers for a window, oldest first; asked in halves, cut at hours, where the server says it is too large.

    Raises TooLarge when even one hour is.
    """
    try:
        return [await ask(over)]
    except TooLarge:
        middle = floor(Instant((over.start + over.end) // 2), HOUR)
        if not over.start < middle < over.end:
            raise
    halves = Window(over.start, middle), Window(middle, over.end)
    return [answer for half in halves for answer in await in_parts(ask, half)]


def _place(url: str) -> str:
    """Host and port, without what else a URL may carry: a name for messages must not hold a password."""
    return urlsplit(url).netloc.rpartition("@")[2] or "no address"
