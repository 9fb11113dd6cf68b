"""A blocking call is waited for as long as its caller wants, and by nobody else."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aicost.sources.abandonable import abandonable

SOON_S = 5


async def test_what_it_returns_or_raises_is_the_callers() -> None:
    """As if it had been called."""
    assert await abandonable(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await abandonable(divmod, 7, 0)


def test_a_caller_that_gives_up_leaves_it_behind() -> None:
    """The loop ends while the call still waits; when it ends in its turn, nobody is told and nothing fails."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def waits() -> None:
        begun.set()
        may_end.wait(SOON_S)
        ended.set()

    async def gives_up() -> None:
        task = asyncio.create_task(abandonable(waits))
        await asyncio.to_thread(begun.wait, SOON_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(gives_up())
    assert begun.is_set()
    assert not ended.is_set()
    may_end.set()
    assert ended.wait(SOON_S)
