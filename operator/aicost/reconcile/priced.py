"""What was used and has no bill yet, with the prices by which it is estimated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aicost.core.appraisal import Appraised
from aicost.core.estimates import estimated_of, measure_of
from aicost.core.ledger import Entry, Key
from aicost.core.usage import UsageRow
from aicost.core.window import date
from aicost.reconcile.pricing import Pricing


def estimated_usage(entries: Iterable[Entry], usage: Iterable[UsageRow], pricing: Pricing) -> Iterator[Appraised]:
    """The usage of the entries that are estimates, with its prices."""
    estimates = [(entry, found) for entry in entries if (found := estimated_of(entry.origin.key))]
    days = {(entry.origin.pool, entry.origin.window) for entry, _ in estimates if entry.origin.quantity}
    rows = {_of(row): row for row in usage if (row.source, row.day) in days}
    for entry, (provider, model) in estimates:
        key = entry.origin.key
        row = rows.get((*key[1:3], *key[4 + bool(measure_of(key)) :]))
        if row and entry.origin.quantity:
            yield pricing.appraised(row, provider, model.removeprefix(f"{provider}/"), measure_of(key))


def _of(row: UsageRow) -> Key:
    """As an estimate's key names it."""
    return row.source, date(row.day.start), *(f"{name}={value}" for name, value in sorted(row.dimensions))
