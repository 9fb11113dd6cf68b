"""What a server is like now: the days since another number of its replicas ran, at the pace of these."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.window import DAY, HOUR, Instant, Window

_HOURS = DAY // HOUR
_STEADY_PERCENT = 10
"""A day is like the last one while its replica-hours differ by no more: a rollout or an hour's outage changes nothing."""


def since_change(e: ServerEvidence) -> ServerEvidence:
    """Its evidence over the last whole days of the window that are like the very last.

    All of it where something scales it or it is batch work: there change is what it is like. The part is what it costs at
    the pace of these days, by its replicas; the ledger's own lines are those of the window.
    """
    ran = sum(e.replicas)
    days = [sum(e.replicas[at : at + _HOURS]) for at in range(0, len(e.replicas), _HOURS)]
    like = sum(1 for _ in takewhile(lambda day: _alike(day, days[-1]), reversed(days)))
    if e.autoscaled or e.comes_again or not ran or like == len(days):
        return e
    kept = e.replicas[-like * _HOURS :]
    start = Instant(e.window.end - like * DAY)
    return replace(
        e,
        window=Window(start, e.window.end),
        replicas=kept,
        device_hours=e.device_hours * sum(kept) // ran,
        part=replace(e.part, monthly_nanos=e.part.monthly_nanos * sum(kept) * len(e.replicas) // (ran * len(kept))),
        loads=tuple(load for load in e.loads if load.hour.start >= start),
        caches=tuple(load for load in e.caches if load.hour.start >= start),
    )


def _alike(day: int, last: int) -> bool:
    return abs(day - last) * 100 <= _STEADY_PERCENT * last
