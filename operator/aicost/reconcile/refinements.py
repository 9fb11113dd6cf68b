"""What divides shared keys' bill lines: the declared sources that refine, with the usage that desk and ledger know."""

from __future__ import annotations

from collections.abc import Sequence

from aicost.core.bills import BillDay
from aicost.core.declarations import Declarations
from aicost.core.refining import REFINED_BY_NONE, Refinement, refinement
from aicost.core.window import Window
from aicost.ports import Ledger
from aicost.reconcile.bills import BillDesk


def refinement_of(declared: Declarations, desk: BillDesk, ledger: Ledger, days: Sequence[BillDay]) -> Refinement:
    """For these days of bills.

    The ledger stands in for days that the desk did not read since the start, so that a restart takes nothing from anybody.
    """
    if not days or not any(source.refines for source in declared.sources):
        return REFINED_BY_NONE
    over = Window(min(day.day.start for day in days), max(day.day.end for day in days))
    read = desk.usage_days(over.start)
    known = [row for row in ledger.observed(over, card_use=False).usage if (row.source, row.day) not in read]
    return refinement(declared.sources, (*desk.usage(over.start), *known))
