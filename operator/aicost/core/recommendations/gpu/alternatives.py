"""Of several devices for one server: which is advised, and which is named beside it. Only one of them can be followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from aicost.core.money import rounded
from aicost.core.recommendations.advice import Advice, Basis
from aicost.core.recommendations.chosen import BY_TRIAL


def foremost(found: Iterable[Advice]) -> Advice:
    """Of at least one, the cheapest device first: that one, unless it wants a trial and a dearer one wants none.

    Then the dearer one is advised, since it can be merged today, and the other one is named in its reason and evidence.
    """
    each = iter(found)
    cheapest = next(each)
    if cheapest.basis is Basis.ACTIONABLE:
        return cheapest
    certain = next((other for other in each if other.basis is Basis.ACTIONABLE), None)
    return cheapest if certain is None else _beside(certain, cheapest)


def _beside(certain: Advice, tried: Advice) -> Advice:
    numbers = {BY_TRIAL: tried.proposed, "cheaperByTrialSavesAtMost": rounded(tried.saving.high)}
    return replace(
        certain,
        reason=f"{certain.reason} {tried.proposed} would cost less still, if a trial shows that it serves.",
        evidence=replace(certain.evidence, numbers={**certain.evidence.numbers, **numbers}),
    )
