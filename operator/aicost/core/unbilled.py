"""What of token cost no bill tells: what is estimated by usage meanwhile, and what of it has no price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from aicost.core.gaps import Feed, Gap
from aicost.core.ledger import Certainty, Component, Owner, Total
from aicost.core.money import decimal
from aicost.core.reasons import GapReason
from aicost.core.window import Instant

_Sums: TypeAlias = dict[tuple[Owner | None, str, GapReason, str, str], int]
"""By owner, source and reason: nano-units of a currency, or how many of a unit have no amount."""


def unbilled(totals: Iterable[Total], since: Instant) -> tuple[Gap, ...]:
    """One gap for each owner, source and what is counted: of usage without a price, and a notice of what is estimated."""
    return tuple(_gaps(_sums((total.owner, total) for total in totals), since))


def unbilled_of(source: str, totals: Iterable[Total], since: Instant) -> tuple[Gap, ...]:
    """The same of one source, whoever owns it."""
    return tuple(_gaps(_sums((None, total) for total in totals if total.pool == source), since))


def _sums(owned: Iterable[tuple[Owner | None, Total]]) -> _Sums:
    sums: _Sums = defaultdict(int)
    for owner, total in owned:
        if total.component is not Component.TOKENS:
            continue
        if total.gap:
            sums[owner, total.pool, total.gap, "", total.unit] += total.quantity
        elif total.certainty is Certainty.ESTIMATED:
            sums[owner, total.pool, GapReason.USAGE_ESTIMATED, total.currency, ""] += total.nanos
    return sums


def _gaps(sums: _Sums, since: Instant) -> Iterator[Gap]:
    for (owner, source, reason, currency, unit), number in sorted(sums.items(), key=str):
        if not number:
            continue
        quantity = f"{decimal(number)} {currency}" if currency else f"{number} {unit}"
        words = "are estimated by usage" if currency else "have no amount"
        message = f"{quantity} of {source} {words}: its bill is not in"
        workload = owner.workload if owner else None
        of_unit = owner.unit if owner and not owner.workload else None
        yield Gap(reason, Feed.BILLS, since, message, quantity, workload, of_unit, source)
