"""What divides shared keys' bill lines: the declared sources that refine, with the usage that desk and ledger know."""

from __future__ import annotations

from collections.abc import Sequence

from aicost.core.bills import BillDay
from aicost.core.declarations import Declarations
from aicost.core.refining import REFINED_BY_NONE, Refinement, refinement
from aicost.core.window import Window
from aicost.ports import Ledger
from aicost.reconcile.bills import BillDesk


def refinement_of(
    declared: Declarations, desk: BillDesk, ledger: Ledger, days: Sequence[BillDay], late: Sequence[BillDay]
) -> Refinement:
    """For these days of bills; `late` ones are of closed months, which divide by what refined them then.

    The ledger stands in for days that the desk did not read since the start, so that a restart takes nothing from anybody.
    """
    read = (*(days if any(source.refines for source in declared.sources) else ()), *late)
    if not read:
        return REFINED_BY_NONE
    over = Window(min(day.day.start for day in read), max(day.day.end for day in read))
    asked = desk.usage_days(over.start)
    known = [row for row in ledger.observed(over, card_use=False).usage if (row.source, row.day) not in asked]
    return refinement(declared.sources, (*desk.usage(over.start), *known))
