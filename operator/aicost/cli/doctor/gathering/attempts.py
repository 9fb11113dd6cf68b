"""One question to the outside world: its answer, or why there is none. Nothing that fails here fails anything else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import TypeVar

from aicost.cli.doctor.facts import Fact, Unknown
from aicost.ports import Forbidden, Malformed, Unavailable

SECONDS = 20.0
"""How long one question may take."""

_PROMISE = re.compile(r"[;:] it is asked again$")
"""What the operator's messages promise, and doctor does not do: it asks once."""

T = TypeVar("T")


async def attempted(question: Awaitable[T], seconds: float = SECONDS) -> Fact[T]:
    """The answer within so many seconds, or Unknown."""
    try:
        async with asyncio.timeout(seconds):
            return await question
    except (Unavailable, Forbidden, Malformed) as problem:
        return Unknown(_PROMISE.sub("", str(problem)))
    except TimeoutError:
        return Unknown(f"no answer within {seconds:g} s")
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        # An answer of an unforeseen shape: its text may hold anything, so only the kind of the fault is told.
        return Unknown(f"the answer cannot be read ({type(problem).__name__})")
