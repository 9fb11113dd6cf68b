"""What a question to the read API names, read and bounded: a month that began, an instant, a number, a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from aicost.core.window import Instant, Period, instant, rfc3339

MOST_NAMED = 20


def period(query: Mapping[str, str], now: Instant) -> Period | None:
    """The month that is named, if any. Raises ValueError for what is none, and for one that has not begun."""
    if not query.get("period"):
        return None
    asked, current = Period(query["period"]), Period.of(now)
    if asked > current:
        raise ValueError(f"{asked} has not begun: the operator's clock says {current}; ask for a month up to that")
    return asked


def as_of(query: Mapping[str, str], now: Instant) -> Instant | None:
    """The instant that is named, if any. Raises ValueError for what is none, and for one of which nobody knows yet."""
    if not query.get("asOf"):
        return None
    asked = instant(query["asOf"])
    if asked > now:
        raise ValueError(
            f"nobody knows yet what is known at {rfc3339(asked)}: the operator's clock says {rfc3339(now)}"
        )
    return asked


def unknown(what: str, name: str, where: str, there: Iterable[str]) -> str:
    """That there is no such thing, and what there is: the most similar names first, of many the first ones."""
    names = sorted(set(there), key=lambda each: (-SequenceMatcher(None, each, name).ratio(), each))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    told = f"there are {', '.join(names[:MOST_NAMED])}{more}" if names else "there is none at all"
    return f"there is no {what} {name} {where}: {told}"
