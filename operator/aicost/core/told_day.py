"""Whether all that a unit cost on the last complete day is known, so that its pace is one."""

from __future__ import annotations

from collections.abc import Iterable

from aicost.core.claims import Claims
from aicost.core.declarations import BILL
from aicost.core.gaps import Gap
from aicost.core.ledger import Certainty, Component
from aicost.core.reasons import GapReason
from aicost.core.statement import Facts
from aicost.core.window import DAY, instant


def is_told(facts: Facts, claims: Claims, units: frozenset[str], gaps: Iterable[Gap]) -> bool:
    """Of units together, whom these gaps concern: their cards, and each bill that they claim of or what is estimated of it.

    Bills may still change for days: that is no lack. Holes in who held what count on that day only.
    """
    hides = any(gap.hides_cost and gap.reason is not GapReason.NO_POD_HISTORY for gap in gaps)
    return facts.last_day.held and not hides and all(_is_in(facts, name) for name in _sources(facts, claims, units))


def _sources(facts: Facts, claims: Claims, units: frozenset[str]) -> set[str]:
    """The bills that workloads of the units claim of, themselves or by what divides them."""
    mine = {workload.ref for workload in facts.declared.workloads if workload.unit in units}
    claimed = [of for of in facts.declared.sources if claims.claimants(of.name) & mine]
    return {of.name for of in claimed if of.role == BILL} | {bill for of in claimed for bill, _ in of.refines}


def _is_in(facts: Facts, source: str) -> bool:
    """Whether its bill reaches the day's end, or usage tells what it will say."""
    end = instant(f"{facts.last_day.date}T00:00:00Z") + DAY
    estimated = any(
        total.component is Component.TOKENS and total.pool == source and total.certainty is Certainty.ESTIMATED
        for total in facts.last_day.totals
    )
    return estimated or facts.bills_through.get(source, 0) >= end
