"""The conversation with a provider is bounded, checks who answers, and lets no credential out."""

from __future__ import annotations

import asyncio
import ssl
import threading
import traceback
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aicost.core.declarations import Source
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.client import Access, Client, Limits, conversation, retry_after_s
from aicost.sources.tokens.openai import OPENAI
from aicost.sources.urls import UrlPolicy
from e2e.emulators import faults
from e2e.emulators.serving import Serving
from tests.sources.tokens.conftest import FAST, OpenAI, Secrets

CANARY = "sk-admin-CANARY-5f2c"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2"}, 2.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "Sun, 01 Nov 2026 00:00:30 GMT", "Date": "Sun, 01 Nov 2026 00:00:10 GMT"}, 20.0),
        ({"Retry-After": "Sun, 01 Nov 2026 00:00:00 GMT", "Date": "Sun, 01 Nov 2026 00:00:10 GMT"}, 0.0),
        ({"Retry-After": "Sun, 01 Nov 2026 00:00:30 GMT"}, None),
        ({"Retry-After": "Sun, 01 Nov 2026 00:00:30", "Date": "Sun, 01 Nov 2026 00:00:10 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_after_the_answers_own(headers: dict[str, str], seconds: float | None) -> None:
    """Both forms of RFC 9110 are honoured without a clock; anything else is as if it were not there."""
    assert retry_after_s(headers) == seconds


def talk(openai: OpenAI, limits: Limits = FAST) -> AbstractAsyncContextManager[Client]:
    return conversation(OPENAI, openai.source, Access(openai.secrets, openai.policy, limits))


@pytest.mark.parametrize("credential", ["", "two words", f"{CANARY}\n", f"{CANARY}\r\nX: y", f"{CANARY}é", "x" * 5000])
async def test_a_credential_that_is_no_header_value_is_refused_without_showing_it(
    openai: OpenAI, credential: str
) -> None:
    """A trailing newline or an odd character never reaches a header, nor an error that would print it."""
    openai.secrets.credential = credential
    with pytest.raises(Forbidden, match="Secret openai-admin key token is not one line of printable ASCII") as refused:
        async with talk(openai):
            pass
    assert CANARY not in "".join(traceback.format_exception(refused.value))


async def test_an_endless_answer_is_malformed(openai: OpenAI) -> None:
    """Memory is bounded whatever a provider sends."""
    async with talk(openai, Limits(body_bytes=100)) as client:
        with pytest.raises(Malformed, match="larger than 100 bytes"):
            await client.get("/organization/costs", [("start_time", "1793491200")])


async def test_attempts_are_counted(openai: OpenAI) -> None:
    """A provider that is down is asked so many times and not more."""
    openai.breaks(faults.status(500), path="", day="")
    async with talk(openai) as client:
        with pytest.raises(Unavailable, match=r"HTTP 500 \(server_error\)"):
            await client.get("/organization/costs", [])
    assert len(openai.emulator.asked) == FAST.attempts


async def test_nobody_at_the_address_is_unavailable(openai: OpenAI) -> None:
    """A refused connection is retried, then said."""
    openai.policy = UrlPolicy(frozenset({"127.0.0.1"}))
    openai.source = Source("x", "OpenAI", "Bill", secret=("a", "b"), url="http://127.0.0.1:1/v1")
    async with talk(openai) as client:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be connected to"):
            await client.get("/organization/costs", [])


async def test_a_code_that_is_a_part_of_what_was_sent_is_not_told(openai: OpenAI) -> None:
    """It may be a part of the credential."""
    openai.secrets.credential = CANARY
    openai.has(admin_keys=frozenset({CANARY}))
    openai.breaks(faults.status(500, error="sk"), path="", day="")
    async with talk(openai) as client:
        with pytest.raises(Unavailable, match="answered HTTP 500 to GET"):
            await client.get("/organization/costs", [])


async def test_no_proxy_of_the_environment_comes_between(openai: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve the name again, and would be told the credential where TLS does not reach."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with talk(openai) as client:
        answer = await client.get("/organization/costs", [("start_time", "1793491200")])
    assert list(answer.field("data").items())


async def test_an_answer_is_read_once_and_not_on_the_event_loop(
    openai: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bill may be of many megabytes, and reading it would stop everything else meanwhile."""
    read, threads = Answer.read, []

    def reading(body: bytes) -> Answer:
        threads.append(threading.get_ident())
        return read(body)

    monkeypatch.setattr(Answer, "read", reading)
    async with talk(openai) as client:
        await client.get("/organization/costs", [("start_time", "1793491200")])
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_a_wait_holds_for_the_whole_poll(openai: OpenAI) -> None:
    """When the provider asks one question to wait, the others wait too."""
    openai.breaks(faults.status(429, "1"), path="", day="", times=1)
    async with talk(openai, Limits(request_s=10)) as client:
        began = asyncio.get_running_loop().time()
        first = asyncio.create_task(client.get("/organization/costs", [("start_time", "1793491200")]))
        await asyncio.sleep(0.3)
        await client.get("/organization/costs", [("start_time", "1793491200")])
        assert asyncio.get_running_loop().time() - began >= 0.99
        await first


def certificate(directory: Path, host: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / f"{host}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(params=["localhost", "other.example"])
def tls_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int, ssl.SSLContext]]:
    """A TLS server that says its Host, with a certificate for a name; the name, its port and who trusts it."""

    async def host(asked: web.Request) -> web.Response:
        return web.json_response({"host": asked.host})

    file = certificate(tmp_path, request.param)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(file)
    app = web.Application()
    app.router.add_get("/host", host)
    with Serving(app, tls=serving) as server:
        yield request.param, int(server.url.rpartition(":")[2]), ssl.create_default_context(cafile=file)


async def test_the_judged_address_must_prove_the_name(tls_server: tuple[str, int, ssl.SSLContext]) -> None:
    """The connection goes to the resolved address, and TLS and the Host header still speak of the name."""
    name, port, trust = tls_server
    source = Source("x", "OpenAI", "Bill", secret=("a", "b"), url=f"https://localhost:{port}")
    access = Access(Secrets(), UrlPolicy(frozenset({"localhost"})), FAST, trust)
    async with conversation(OPENAI, source, access) as client:
        if name == "localhost":
            assert (await client.get("/host", [])).field("host").text() == f"localhost:{port}"
        else:
            with pytest.raises(Unavailable, match="cannot be connected to"):
                await client.get("/host", [])
