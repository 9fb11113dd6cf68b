"""Asking for the finest split that a provider gives: some accounts are refused some groupings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aicost.sources.tokens.pages import QueryRefused

Found = TypeVar("Found")


async def finest(
    groupings: Sequence[tuple[str, ...]], ask: Callable[[tuple[str, ...]], Awaitable[Found]]
) -> tuple[Found, tuple[str, ...]]:
    """What the first grouping that is not refused gives, and the names of the very first that this one lacks.

    Raises QueryRefused when every grouping is refused, and whatever else `ask` raises.
    """
    refusal = QueryRefused("nothing to ask")
    for grouping in groupings:
        try:
            found = await ask(grouping)
        except QueryRefused as error:
            refusal = error
        else:
            return found, tuple(name for name in groupings[0] if name not in grouping)
    raise refusal
