"""On which invoice what was told is: compared only where both say it. Pure.

What was remembered before that was known, and what a file's columns do not say, may be on any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

from aicost.core.billed_files import Charge, Shares, ToldDay, anywhere
from aicost.core.window import Instant

Now: TypeAlias = Callable[[Instant], Mapping[Charge, Shares]]
"""What files tell of the charges of the UTC day that begins then."""


def comparable(before: Mapping[Instant, ToldDay], now: Now) -> tuple[Mapping[Instant, ToldDay], Now]:
    """What was told, and what is told now: of days on which a charge names no invoice, on whichever."""
    vague = {at for at, day in before.items() if not all(charge.invoiced for charge in (*day.shares, *now(at)))}
    was = {at: _anywhere(day) if at in vague else day for at, day in before.items()}
    return was, cache(lambda at: anywhere(now(at)) if at in vague else now(at))


def _anywhere(day: ToldDay) -> ToldDay:
    return ToldDay.of(day.day, day.files, anywhere(day.shares))
