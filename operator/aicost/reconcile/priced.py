"""What a month's bill rows and usage tell beside their sums: prices, and how much is captured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from aicost.core.appraisal import Appraised
from aicost.core.capture import captures
from aicost.core.dividing import Dividing
from aicost.core.estimates import ESTIMATE, estimated_of
from aicost.core.exchange import Exchange
from aicost.core.ledger import Entry, Key
from aicost.core.statement import Facts
from aicost.core.token_uses import doubtful, token_uses
from aicost.core.usage import UsageRow
from aicost.core.window import date
from aicost.ports import TokenPriceList
from aicost.reconcile.pricing import Pricing


def with_tokens(
    facts: Facts, entries: Collection[Entry], usage: Iterable[UsageRow], dividing: Dividing, listed: TokenPriceList
) -> Facts:
    """The facts with what the month's bill rows tell: models of which something is estimated, and how much is captured."""
    declared = facts.declared
    used = tuple(_estimated(entries, usage, Pricing(declared.prices, listed)))
    exchange = Exchange(facts.currency, declared.prices.exchange_rates if declared.prices else ())
    return replace(
        facts,
        token_uses=token_uses(used),
        gaps=(*facts.gaps, *doubtful(used, facts.covered_from)),
        captures=captures(entries, declared.sources, dividing.refiners, exchange, facts.currency),
    )


def _estimated(entries: Iterable[Entry], usage: Iterable[UsageRow], pricing: Pricing) -> Iterator[Appraised]:
    """The usage of the entries that are estimates, with its prices."""
    estimates = [(entry, found) for entry in entries if (found := estimated_of(entry.origin.key))]
    days = {(entry.origin.pool, entry.origin.window) for entry, _ in estimates if entry.origin.quantity}
    rows = {_of(row): row for row in usage if (row.source, row.day) in days}
    for entry, (provider, model) in estimates:
        key = entry.origin.key
        row = rows.get((*key[1:3], *(part for part in key[3:] if not part.startswith(f"{ESTIMATE}="))))
        if row and entry.origin.quantity:
            yield pricing.appraised(row, provider, model.removeprefix(f"{provider}/"))


def _of(row: UsageRow) -> Key:
    """As an estimate's key names it."""
    return row.source, date(row.day.start), *(f"{name}={value}" for name, value in sorted(row.dimensions))
