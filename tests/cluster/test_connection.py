"""Requests carry who we are, and only JSON objects are answers."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from aicost.cluster.connection import Connection
from aicost.cluster.requests import PODS, Request
from aicost.ports import Malformed, Unavailable
from tests.cluster.fake_api import FakeApi

LIST = Request("list", PODS, params={"limit": "5"})


async def test_the_credential_is_sent_and_read_anew(api: FakeApi) -> None:
    """A rotated token counts from the next request on."""
    tokens = iter(["Bearer one", "Bearer two"])
    seen: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        return web.json_response({})

    object.__setattr__(api.access, "authorization", lambda: next(tokens))
    async with Connection(api.access) as connection:
        for _ in range(2):
            api.fail_next("GET", note)
            await connection.send(LIST)
    assert seen == ["Bearer one", "Bearer two"]


async def test_an_unreadable_token_file_is_unavailable(api: FakeApi) -> None:
    """It may be there again a moment later; the message says what to look at."""

    def missing() -> str:
        raise FileNotFoundError(2, "No such file", "token")

    object.__setattr__(api.access, "authorization", missing)
    async with Connection(api.access) as connection:
        with pytest.raises(Unavailable, match="is the token or certificate file readable"):
            await connection.send(LIST)


@pytest.mark.parametrize("body", ["<html>", "[1]", ""])
async def test_other_answers_are_malformed(api: FakeApi, connection: Connection, body: str) -> None:
    """A proxy's page with status 200 is no empty cluster."""

    async def fault(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body)

    api.fail_next("GET", fault)
    with pytest.raises(Malformed, match="proxy in between"):
        await connection.send(LIST)


async def test_a_slow_answer_is_unavailable(api: FakeApi) -> None:
    """Every request has an end."""

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await asyncio.sleep(0.3)
        return response

    api.fail_next("GET", slow)
    async with Connection(api.access, timeout=0.05) as connection:
        with pytest.raises(Unavailable, match="no answer"):
            await connection.send(LIST)
