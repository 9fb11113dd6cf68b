"""An aiohttp application on a loopback port, in a thread of its own, so that any caller can start and stop it."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import Self

from aiohttp import web

STARTS_WITHIN_S = 10


class Serving:
    """Serves `app` from `start` to `stop`; a context manager that does both. `url` is known after the start."""

    def __init__(self, app: web.Application, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.url = ""
        self._app = app
        self._port = port
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="emulator", daemon=True)

    def start(self) -> str:
        """Listen, and give the URL. Raises OSError when the port cannot be had."""
        self._thread.start()
        if not self._ready.wait(STARTS_WITHIN_S):
            raise OSError(f"the emulator did not start within {STARTS_WITHIN_S} s")
        if self._failure is not None:
            raise self._failure
        return self.url

    def stop(self) -> None:
        """Stop listening, and cut what still runs."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _work(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, ssl_context=self._tls).start()
            self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
            self._ready.set()
            await self._done.wait()
        except OSError as error:
            self._failure = error
            self._ready.set()
        finally:
            await runner.cleanup()
