"""Asking for the finest split that a provider gives: some accounts are refused some groupings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aicost.sources.tokens.pages import QueryRefused

Found = TypeVar("Found")


@dataclass(slots=True)
class Refusals:
    """Questions that a provider refused, though it answered coarser ones: the process asks none again for some seconds.

    Each by itself, since a provider may refuse for some times what it answers for others.
    """

    for_s: float
    _until: dict[Hashable, float] = field(default_factory=dict)

    def stands(self, question: Hashable) -> bool:
        """Whether it was refused of late."""
        return question in self._until and _now() < self._until[question]

    def note(self, questions: Sequence[Hashable]) -> None:
        """They were refused now."""
        now = _now()
        lately = {question: until for question, until in self._until.items() if now < until}
        self._until = lately | dict.fromkeys(questions, now + self.for_s)


async def finest(
    groupings: Sequence[tuple[str, ...]],
    ask: Callable[[tuple[str, ...]], Awaitable[Found]],
    refusals: Refusals | None = None,
    about: Hashable = (),
) -> tuple[Found, tuple[str, ...]]:
    """What the first grouping that is not refused gives, and the names of the very first that this one lacks.

    What `refusals` remember of what this is `about` is not asked. Raises QueryRefused when every grouping is refused, and
    whatever else `ask` raises.
    """
    refused: list[Hashable] = []
    refusal = QueryRefused("nothing to ask")
    for grouping in groupings:
        if refusals and refusals.stands((about, grouping)):
            continue
        try:
            found = await ask(grouping)
        except QueryRefused as error:
            refusal = error
            refused.append((about, grouping))
        else:
            if refusals and refused:
                refusals.note(refused)
            return found, tuple(name for name in groupings[0] if name not in grouping)
    raise refusal


def _now() -> float:
    return asyncio.get_running_loop().time()
