"""The one connection to the API server: JSON requests and line streams, with timeouts, and errors of the ports only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Self, TypeAlias

import httpx

from aicost.cluster.access import Access
from aicost.cluster.failures import failure
from aicost.cluster.requests import Request
from aicost.ports import Malformed, Unavailable

Json: TypeAlias = dict[str, Any]
MERGE_PATCH = "application/merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_LONGEST_LINE = 16 * 1024 * 1024
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=60)


class _Authorization(httpx.Auth):
    def __init__(self, access: Access) -> None:
        self._access = access

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if authorization := self._access.authorization():
            request.headers["Authorization"] = authorization
        yield request


class Connection:
    """HTTP to one API server; an async context that closes it. `timeout` is seconds for each request's parts."""

    def __init__(self, access: Access, *, timeout: float = 30) -> None:
        self._timeout = timeout
        self._extensions = {"sni_hostname": access.server_name} if access.server_name else {}
        self._client = httpx.AsyncClient(
            base_url=access.url,
            verify=access.tls,
            auth=_Authorization(access),
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10)),
            limits=_LIMITS,
            proxy=access.proxy,
            trust_env=False,
            headers={"User-Agent": "aicost", "Accept": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def send(
        self, request: Request, body: Mapping[str, Any] | None = None, *, accept: str = "application/json"
    ) -> Json:
        """The object that the server answers.

        Raises:
            Unavailable, Forbidden, Malformed: see cluster.failures.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {"Accept": accept}
        if content is not None:
            headers["Content-Type"] = MERGE_PATCH if request.verb == "patch" else "application/json"
        try:
            response = await self._client.request(
                request.method,
                request.path,
                params=dict(request.params),
                content=content,
                headers=headers,
                extensions=self._extensions,
            )
        except (httpx.HTTPError, OSError) as error:
            raise _unanswered(request, error) from error
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise failure(request, response)
        return decoded(request, response.content)

    @asynccontextmanager
    async def lines(self, request: Request, *, inactivity: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream; inside, its lines without line ends. `inactivity` is the longest silence in seconds.

        Raises:
            Unavailable, Forbidden, Malformed: see cluster.failures; also while the lines are read.
        """
        timeout = httpx.Timeout(self._timeout, connect=min(self._timeout, 10), read=inactivity)
        try:
            async with self._client.stream(
                request.method,
                request.path,
                params=dict(request.params),
                timeout=timeout,
                extensions=self._extensions,
            ) as response:
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    await response.aread()
                    raise failure(request, response)
                yield _split(request, response.aiter_bytes())
        except (httpx.HTTPError, OSError) as error:
            raise _unanswered(request, error) from error


def decoded(request: Request, content: bytes) -> Json:
    """The JSON object in the content. Raises Malformed for anything else."""
    try:
        value = json.loads(content)
    except ValueError as error:
        raise Malformed(f"{request} answered something that is not JSON: is there a proxy in between?") from error
    if not isinstance(value, dict):
        raise Malformed(f"{request} answered JSON that is not an object: is there a proxy in between?")
    return value


def _unanswered(request: Request, error: httpx.HTTPError | OSError) -> Exception:
    if isinstance(error, httpx.HTTPError):
        return failure(request, error)
    return Unavailable(f"{request}: {error.strerror or error}; is the token or certificate file readable?")


async def _split(request: Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines by line feed alone: httpx's own would also break at characters that may stand inside JSON strings."""
    rest = bytearray()
    async for chunk in chunks:
        *lines, tail = chunk.split(b"\n")
        for line in lines:
            rest += line
            if rest:
                yield bytes(rest)
            rest.clear()
        rest += tail
        if len(rest) > _LONGEST_LINE:
            raise Malformed(f"{request} answered a line longer than {_LONGEST_LINE} bytes")
    if rest:
        yield bytes(rest)
