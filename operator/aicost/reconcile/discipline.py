"""The write discipline: when a status that differs from what a resource shows is worth a write. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicost.core.reasons import ConditionReason
from aicost.core.window import Instant

Status = Mapping[str, Any]


def due(shown: Status | None, wanted: Status, written_at: Instant, now: Instant, interval: int) -> bool:
    """At once for a first status, a new spec, a condition or a state; else when the last write is `interval` old.

    How far data reaches moves on by itself: quiet inputs cause no write.
    """
    if not shown:
        return True
    if _numbers(shown) == _numbers(wanted):
        return False
    return _answer(shown) != _answer(wanted) or now - written_at >= interval


def _numbers(status: Status) -> Status:
    return {name: value for name, value in status.items() if name != "dataThrough"}


def _answer(status: Status) -> tuple[Any, ...]:
    """What people wait for: everything but numbers and the texts that carry them."""
    conditions = tuple(
        (c.get("type"), c.get("status"), c.get("reason"), c.get("observedGeneration"))
        for c in status.get("conditions", ())
    )
    return status.get("observedGeneration"), status.get("period"), conditions, status.get("summary", {}).get("state")


def transitions(shown: Status | None, wanted: Status) -> tuple[tuple[str, str, bool], ...]:
    """Conditions that changed, prices that rated time anew, new advice: reason, message and whether it is bad news.

    Of the conditions of a first status only bad news counts.
    """
    before = {c.get("type"): c.get("status") for c in (shown or {}).get("conditions", ())}
    changed = [c for c in wanted.get("conditions", ()) if c["status"] != before.get(c["type"])]
    told = tuple(
        (c["reason"], c.get("message") or f"{c['type']} is {c['status']}", _is_bad(c))
        for c in changed
        if c["type"] in before or _is_bad(c)
    )
    return (*told, *_rerated(shown or {}, wanted), *_recommended(shown or {}, wanted))


def _rerated(shown: Status, wanted: Status) -> Iterator[tuple[str, str, bool]]:
    edit = wanted.get("rerated")
    if edit and edit != shown.get("rerated"):
        message = f"open months are rated anew from {edit['since']}: {'; '.join(edit['changes'])}"
        yield ConditionReason.RERATED.value, message, False


def _recommended(shown: Status, wanted: Status) -> Iterator[tuple[str, str, bool]]:
    """The largest of what is new, and how many more there are: one Event, however much it is."""
    before = {each["id"] for each in shown.get("recommendations", ())}
    new = [each for each in wanted.get("recommendations", ()) if each["id"] not in before]
    if new:
        first, saving = new[0], new[0]["monthlySaving"]
        target = f"{first['target']['kind']} {first['target']['name']}"
        range_ = saving["low"] if saving["low"] == saving["high"] else f"{saving['low']} to {saving['high']}"
        amount = f"{range_} {wanted.get('currency', '')} a month ({first['effect']}, {first['basis']})"
        more = f"; and {len(new) - 1} more" if new[1:] else ""
        message = f"{first['kind']} of {target} saves {amount}{more}: see status.recommendations. {first['reason']}"
        yield ConditionReason.RECOMMENDED.value, message, False


_GOOD = frozenset({"Ready", "DataAvailable"})


def _is_bad(condition: Mapping[str, Any]) -> bool:
    return bool((condition["type"] in _GOOD) is (condition["status"] == "False"))
