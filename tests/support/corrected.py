"""What entries and the corrections of them come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aicost.core.corrections import original
from aicost.core.ledger import Entry


def sums(entries: Iterable[Entry]) -> dict[tuple[object, ...], tuple[int, int]]:
    """Money and quantity by original key, currency or reason, owner and subject, without what is nothing."""
    found: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        side = entry.origin.amount.currency if entry.origin.amount else entry.origin.gap
        for line in entry.lines:
            into = found[original(entry.origin.key), side, line.owner, line.subject]
            into[0] += line.amount.nanos if line.amount else 0
            into[1] += line.quantity
    return {key: (nanos, quantity) for key, (nanos, quantity) in found.items() if nanos or quantity}
