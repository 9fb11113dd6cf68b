"""What divides shared keys' bill lines: the sources that refine each day, with the usage that desk and ledger know."""

from __future__ import annotations

from collections.abc import Sequence

from aicost.core.bills import BillDay
from aicost.core.dividing import Dividing
from aicost.core.refining import REFINED_BY_NONE, Refinement, refinement
from aicost.core.window import Window
from aicost.ports import Ledger
from aicost.reconcile.bills import BillDesk


def refinement_of(
    dividing: Dividing, desk: BillDesk, ledger: Ledger, days: Sequence[BillDay], late: Sequence[BillDay]
) -> Refinement:
    """For these days of bills; `late` ones are of closed months, which divide by what refined them then.

    The ledger stands in for days that the desk did not read since the start, so that a restart takes nothing from anybody.
    """
    refiners = {day.day.start: dividing.refiners(day.day) for day in days}
    read = (*(days if any(refiners.values()) else ()), *late)
    if not read:
        return REFINED_BY_NONE
    over = Window(min(day.day.start for day in read), max(day.day.end for day in read))
    asked = desk.usage_days(over.start)
    known = [row for row in ledger.observed(over, card_use=False).usage if (row.source, row.day) not in asked]
    return refinement(refiners, (*desk.usage(over.start), *known))
