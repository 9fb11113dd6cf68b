"""What was found of closed months since they were closed: of bills that were read again, of holes that were filled."""

from __future__ import annotations

from aicost.core.ledger import Entry
from aicost.reconcile.decide import Observation
from aicost.reconcile.evaluated import EPOCH
from aicost.reconcile.months import Months
from aicost.reconcile.owners import DeclarationRecord
from aicost.reconcile.restated import restated


def corrected(seen: Observation, months: Months, owners: DeclarationRecord, settles_after: int) -> tuple[Entry, ...]:
    """The corrections that the current month holds because of what this evaluation knows; reads the ledger.

    `settles_after` are hours until a day's bill is complete.
    """
    until = seen.open.end
    of_cards = (entry for of in seen.filled for entry in months.learnt(of, owners.ownership_as_of, until))
    return (*of_cards, *(_of_bills(seen, months, owners, settles_after) if seen.late_days else ()))


def _of_bills(seen: Observation, months: Months, owners: DeclarationRecord, settles_after: int) -> tuple[Entry, ...]:
    closed = months.restated(seen.late_days, seen.declared.sources, owners.ownership_as_of)
    owned = owners.ownership(EPOCH)
    return restated(seen.late_days, closed, owned, seen.open.end, settles_after, seen.refinement)
