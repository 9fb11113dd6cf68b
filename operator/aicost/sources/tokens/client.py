"""One poll's conversation with one provider over HTTP: judged addresses, bounded retries, no redirects, no secrets out.

Foreign errors stop here and become Unavailable, Forbidden, Malformed, QueryRefused or EndpointMissing. No message holds a part of an
answer's text, since providers repeat credentials in theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from aicost import __version__
from aicost.core.declarations import Source
from aicost.ports import Credentials, FilesTold, Forbidden, Malformed, Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.pages import EndpointMissing, QueryRefused
from aicost.sources.tokens.recognition import digest_of, organisation_of
from aicost.sources.urls import Endpoint, UrlPolicy

for _talkative in ("httpx", "httpcore"):  # they log each request, and at DEBUG what a stranger wrote into its headers
    logging.getLogger(_talkative).setLevel(logging.WARNING)

_CREDENTIAL = re.compile(r"[!-~]{1,4096}")
_ERROR_CODE = re.compile(r"[a-z][a-z_]{0,39}")
_TRY_AGAIN = frozenset({408, 409, 425, 429}) | frozenset(range(500, 600))
_NOT_ALLOWED = frozenset({401, 403})
_ANY_PATH = ""
_NOT_ACCEPTED = frozenset({400, 422})
ANSWERS_FOR_A_RETRY = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often a provider is asked; seconds where the name ends in `_s`.

    `attempts` are for one question; `retries` for all of a poll, beside one for every fifth answer: so many questions that
    fail are not asked again and again where everything fails. A split that was refused is not asked for again for `refusal_s`.
    """

    concurrency: int = 4
    attempts: int = 4
    retries: int = 24
    backoff_s: float = 0.5
    request_s: float = 30
    day_s: float = 120
    poll_s: float = 600
    pages: int = 1000
    body_bytes: int = 64 << 20
    refusal_s: float = 24 * 3600


@dataclass(frozen=True, slots=True)
class Access:
    """What every source needs to reach its provider. `tls` is the trust store; None: the public authorities.

    Bills that are files are read from the folder `bill_files` only; what they told is remembered in `files_told`, if at all.
    """

    credentials: Credentials = field(repr=False)
    policy: UrlPolicy = field(default_factory=UrlPolicy)
    limits: Limits = field(default_factory=Limits)
    tls: ssl.SSLContext | None = None
    bill_files: Path = Path("/data")
    files_told: FilesTold | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """How a provider is addressed: where, with which header, and in words which kind of credential it needs.

    `organisation` is the header of its answers that names the account, if there is one, and `ids` are the dimensions of its
    bills whose ids are of one account only.
    """

    name: str
    base_url: str
    headers: Callable[[str], Mapping[str, str]]
    needs: str
    organisation: str = ""
    ids: tuple[str, ...] = ()


class _TryAgain(Exception):  # noqa: N818 # says what to do
    """A fault that may pass: what it is if it stays, and the seconds the provider asked to wait."""

    def __init__(self, fault: Unavailable | Malformed, after_s: float | None = None) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class _Reply:
    """What came back; the body never shows, since providers repeat credentials in theirs."""

    status: int
    code: str
    retry_after_s: float | None
    body: bytes = field(repr=False)


@contextlib.asynccontextmanager
async def conversation(provider: Provider, source: Source, access: Access) -> AsyncIterator[Client]:
    """A client for one poll; the credential and the addresses are read anew. Raises Forbidden or Unavailable."""
    if source.secret is None:
        raise Forbidden(f"UsageSource {source.name} names no secretRef: {provider.needs}")
    endpoint = access.policy.endpoint(source.url or provider.base_url)
    addresses = await access.policy.addresses(endpoint, access.limits.request_s)
    credential = await access.credentials.token(*source.secret, endpoint.authority)
    if not _CREDENTIAL.fullmatch(credential):
        raise Forbidden(f"Secret {source.secret[0]} key {source.secret[1]} is not one line of printable ASCII")
    headers = {"Host": endpoint.authority, "Accept-Encoding": "identity", "User-Agent": f"aicost/{__version__}"}
    async with httpx.AsyncClient(
        headers=headers | dict(provider.headers(credential)),
        timeout=access.limits.request_s,
        verify=access.tls or _public_authorities(),
        follow_redirects=False,
        trust_env=False,  # a proxy would resolve the name again, and .netrc would replace the credential
    ) as http:
        client = Client(provider, endpoint, addresses, http, access.limits)
        client.accounts.add(digest_of("credential", credential))
        yield client


@functools.cache
def _public_authorities() -> ssl.SSLContext:
    """The trust store that httpx ships; reading it takes longer than asking a question, so it is read once."""
    return httpx.create_ssl_context(trust_env=False)


class Client:
    """Asks one endpoint; a wait that the provider asks for, and a refused credential, hold for the whole poll.

    Once anything was answered, HTTP 403 refuses the path that was asked and no other: the credential is good for some.
    """

    def __init__(
        self, provider: Provider, endpoint: Endpoint, addresses: Sequence[str], http: httpx.AsyncClient, limits: Limits
    ) -> None:
        self._provider = provider
        self._endpoint = endpoint
        self._addresses = addresses
        self._http = http
        self._limits = limits
        self._failed_connections = 0
        self._not_before = 0.0
        self._refused: dict[str, str] = {}
        self._answers = 0
        self._retried = 0
        self.accounts: set[str] = set()
        """Digests by which another conversation with the same account is recognised."""

    async def get(self, path: str, query: Sequence[tuple[str, str]]) -> Answer:
        """The JSON answer to one GET below the base URL.

        Raises Forbidden, QueryRefused, EndpointMissing, Unavailable, or Malformed when the body stays no JSON; waits as long as the
        provider asks, so callers set a deadline.
        """
        last = _TryAgain(Unavailable("not asked"))
        for attempt in range(self._limits.attempts):
            await self._wait(path)
            try:
                answer = await self._ask(path, query)
            except _TryAgain as again:
                last = again
                backoff = self._limits.backoff_s * 2**attempt if again.after_s is None else again.after_s
                self._not_before = max(self._not_before, asyncio.get_running_loop().time() + backoff)
                if attempt + 1 == self._limits.attempts or not self._may_retry():
                    break
            else:
                self._answers += 1
                return answer
        raise last.fault from last

    def _may_retry(self) -> bool:
        """Whether the poll has a retry left; takes it."""
        left = self._limits.retries + self._answers // ANSWERS_FOR_A_RETRY - self._retried
        self._retried += 1 if left > 0 else 0
        return left > 0

    def rest_s(self) -> float:
        """The seconds from now in which the provider asked to be left alone."""
        return max(0.0, self._not_before - asyncio.get_running_loop().time())

    async def _wait(self, path: str) -> None:
        remaining = self.rest_s()
        if remaining > self._limits.day_s:
            raise Unavailable(f"{self._endpoint.host} asked to wait {remaining:.0f} s, longer than one poll does")
        await asyncio.sleep(remaining)
        if refused := self._refused.get(_ANY_PATH) or self._refused.get(path):
            raise Forbidden(refused)

    async def _ask(self, path: str, query: Sequence[tuple[str, str]]) -> Answer:
        address = self._addresses[self._failed_connections % len(self._addresses)]
        request = self._http.build_request(
            "GET",
            self._endpoint.at(address, path),
            params=list(query),
            extensions={"sni_hostname": self._endpoint.host},
        )
        try:
            async with asyncio.timeout(self._limits.request_s):
                reply = await self._reply(request)
        except httpx.ConnectError as error:
            self._failed_connections += 1
            raise _TryAgain(Unavailable(f"{self._endpoint.authority} cannot be connected to")) from error
        except (httpx.RequestError, TimeoutError) as error:
            reason = "in time" if isinstance(error, TimeoutError | httpx.TimeoutException) else "completely"
            raise _TryAgain(Unavailable(f"{self._endpoint.host} did not answer GET {path} {reason}")) from error
        return await self._judged(reply, path)

    async def _reply(self, request: httpx.Request) -> _Reply:
        response = await self._http.send(request, stream=True)
        try:
            body = await self._body(response)
        finally:
            await response.aclose()
        if response.is_success and (named := response.headers.get(self._provider.organisation)):
            self.accounts.add(organisation_of(named))
        code = "" if response.is_success else self._code(body)  # a bill may be large, and is parsed once, in a thread
        return _Reply(response.status_code, code, retry_after_s(response.headers), body)

    async def _judged(self, reply: _Reply, path: str) -> Answer:
        said = f"{self._endpoint.host} answered HTTP {reply.status}{reply.code} to GET {path}"
        if reply.status in _TRY_AGAIN:
            raise _TryAgain(Unavailable(said), reply.retry_after_s)
        if reply.status in _NOT_ALLOWED:
            alone = self._answers and reply.status == httpx.codes.FORBIDDEN
            refused = self._refused[path if alone else _ANY_PATH] = f"{said}: {self._provider.needs}"
            raise Forbidden(refused)
        if reply.status in _NOT_ACCEPTED:
            raise QueryRefused(said)
        if reply.status == httpx.codes.NOT_FOUND:
            raise EndpointMissing(said)
        if httpx.codes.is_redirect(reply.status):
            raise Unavailable(f"{said}, which is never followed")
        if reply.status != httpx.codes.OK:
            raise Unavailable(said)
        try:
            return await asyncio.to_thread(Answer.read, reply.body)
        except Malformed as error:
            raise _TryAgain(Malformed(f"the answer to GET {path} is torn: {error}")) from error

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limits.body_bytes:
                raise Malformed(f"the answer is larger than {self._limits.body_bytes} bytes")
        return bytes(body)

    def _code(self, body: bytes) -> str:
        """The provider's error code, if it is one of its words and no part of what we sent."""
        with contextlib.suppress(Malformed):
            error = Answer.read(body).field("error")
            code = (error.optional("code") or error.field("type")).text()
            if _ERROR_CODE.fullmatch(code) and not any(code in sent for sent in self._http.headers.values()):
                return f" ({code})"
        return ""


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The seconds that Retry-After asks for (RFC 9110, 10.2.3); a date counts from the answer's own Date."""
    asked = headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", asked):
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None
