"""Accounts of devices out of recorded series: windows put into queries, and the days' accounts put together."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import reduce

from aicost.core.coverage import Coverage, union, within
from aicost.core.holdings import clipped, merged
from aicost.core.identity import Labels
from aicost.core.window import DAY, Instant, Window, window
from aicost.ports import Account
from aicost.sources.matchers import selecting
from aicost.sources.prometheus import in_parts

LOOK_BACK = 300
"""Seconds that an instant query looks back, unless Prometheus' `query.lookback-delta` says otherwise."""
_TERM = re.compile(r"\$([a-z]+)\b")


def filled(query: str, over: Window, interval: int, only: Labels, **more: str) -> str:
    """The query for a window that is asked at its end, with `$window`, `$wide`, `$step`, `$end` and `$only` put in.

    `$wide` reaches as far back as presence can be seen. Presence is looked for every `$step`, twice in an interval,
    so that no sample is overlooked that a staleness mark follows. `$only` are the labels of the scrape to believe, `more`
    are further terms; all is put in at once, so that nothing in them is ever taken for a term.
    """
    terms = {
        "window": f"{over.seconds}s",
        "wide": f"{over.seconds + LOOK_BACK}s",
        "step": f"{max(min(interval, LOOK_BACK) // 2, 1)}s",
        "end": str(over.end),
        "only": selecting(only),
        **more,
    }
    return _TERM.sub(lambda found: terms[found[1]], query)


async def day_by_day(account: Callable[[Window], Awaitable[Account | None]], over: Window) -> Account | None:
    """The accounts of the window's days, oldest first, as one; None when no day has any."""
    parts = [part for day in over.pieces(DAY) for part in await in_parts(account, day)]
    known = [part for part in parts if part is not None]
    if not known:
        return None
    whole = reduce(_continued, known)
    return Account(clipped(whole.devices, over), within(whole.covered, over))


def _continued(known: Account, day: Account) -> Account:
    """Samples alone never prove that something ended before it was last seen."""
    return Account(merged(known.devices, day.devices, closes=False), union((*known.covered, *day.covered)))


def told(first: Instant, last: Instant, over: Window, interval: int) -> Coverage:
    """The part of a window that samples from `first` to `last` tell of.

    A sample speaks for the interval before it and after it; as far as an instant query looks back, silence at the
    window's edges is none.
    """
    reach = max(interval, LOOK_BACK)
    start = over.start if first - reach <= over.start else Instant(first - interval)
    end = over.end if last + reach >= over.end else Instant(last + interval)
    spoken = window(start, end)
    return within((spoken,), over) if spoken else ()
