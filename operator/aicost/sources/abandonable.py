"""Calls that block, and that nobody need wait for: their thread ends with the process, whatever it is waiting for.

`asyncio.to_thread` is not for these: its threads are joined at the end, so that one silent server keeps a process alive.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


async def abandonable(call: Callable[..., T], *args: Any) -> T:
    """What the call returns or raises, from a thread of its own. A caller that is cancelled leaves it behind."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(of: Callable[[Any], None], value: object) -> None:
        if not answer.done():
            of(value)

    def tell(of: Callable[[Any], None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, of, value)

    def work() -> None:
        try:
            result = call(*args)
        except Exception as error:  # noqa: BLE001 # it is the caller's
            tell(answer.set_exception, error)
        else:
            tell(answer.set_result, result)

    Thread(target=work, name=f"aicost-{call.__name__}", daemon=True).start()
    return await answer
