"""Which services of FOCUS files are charged later than others. Pure.

No file says that a service is used no more: charges that go on without it do, and those of its own export sooner than others',
which say nothing of whether its own files come later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aicost.core.window import DAY, Instant

GOES_ON = 10 * DAY
"""How far its own export's charges go on without a service that is used no more: providers promise theirs in 3 days, and mean 5."""
ELSEWHERE = 35 * DAY
"""How far only other exports' do: some export a month at a time, and not on its last day."""


@dataclass(frozen=True, slots=True)
class Charged:
    """Until when usage of a service is charged in an export, and until when that export tells of any."""

    service: str
    until: Instant
    export: Instant


def awaited(charged: Iterable[Charged], reach: Instant) -> Mapping[str, Instant]:
    """The services that may be charged yet for days that end by `reach`, how far any charges reach; and where theirs end now."""
    found: dict[str, Instant] = {}
    for each in charged:
        if each.until < reach < each.until + ELSEWHERE and each.export < each.until + GOES_ON:
            found[each.service] = min(each.until, found.get(each.service, each.until))
    return dict(sorted(found.items()))
