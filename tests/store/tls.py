"""TLS before a PostgreSQL server that was built without it: what a client asks for by SSLRequest, and then TLS.

https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
_STARTS_WITHIN_S = 10
_PIECE = 65536


@contextmanager
def before(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """A port of loopback that speaks TLS alone, and passes what is said on to `port` in clear."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    front = _Front(port, context)
    thread = threading.Thread(target=front.serve, daemon=True)
    thread.start()
    assert front.ready.wait(_STARTS_WITHIN_S)
    try:
        yield front.port
    finally:
        front.stop()
        thread.join()


class _Front:
    def __init__(self, behind: int, context: ssl.SSLContext) -> None:
        self.port = 0
        self.ready = threading.Event()
        self._behind, self._context = behind, context
        self._loop, self._done = asyncio.new_event_loop(), asyncio.Event()

    def serve(self) -> None:
        """Until it is stopped."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        """Cut whoever is connected."""
        self._loop.call_soon_threadsafe(self._done.set)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1")
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self._done.wait()
        server.close()

    async def _talk(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Whoever does not ask for TLS is cut off; who does not trust the certificate goes by itself."""
        with suppress(OSError, asyncio.IncompleteReadError), closing(to_client):
            if await client.readexactly(len(_SSL_REQUEST)) == _SSL_REQUEST:
                to_client.write(b"S")
                await to_client.start_tls(self._context)
                server, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
                with closing(to_server):
                    both = [asyncio.create_task(_copy(*pair)) for pair in ((client, to_server), (server, to_client))]
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                    for each in both:
                        each.cancel()
                    await asyncio.gather(*both, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE):
        target.write(piece)
        await target.drain()
