"""The HTTP server: it gives the port that it got, and says in words when it gets none."""

from __future__ import annotations

import pytest
from aiohttp import ClientConnectorError, web

from aicost.ports import Unavailable
from aicost.web.server import LOOPBACK, serving
from tests.web.operator import get


async def test_a_port_that_is_taken_is_an_error_in_words() -> None:
    """Address and port are named, with what to do."""
    async with serving(web.RouteTableDef(), LOOPBACK, 0) as port:
        with pytest.raises(Unavailable, match=rf"cannot listen on 127\.0\.0\.1:{port}: .*; choose another port"):
            async with serving(web.RouteTableDef(), LOOPBACK, port):
                pytest.fail("it must not get that far")


async def test_it_is_gone_when_left() -> None:
    """After the block nobody listens."""
    async with serving(web.RouteTableDef(), LOOPBACK, 0) as port:
        assert (await get(port, "/"))[0] == 404
    with pytest.raises(ClientConnectorError):
        await get(port, "/")
