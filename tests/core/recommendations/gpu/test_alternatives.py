"""Which of several devices is advised."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.recommendations.advice import Advice, Basis, Part, Saving
from aicost.core.recommendations.gpu.alternatives import foremost
from tests.support.advising import ADVICE

COSTS = Part(("gpu", "notebook"), 4_000_000_000)
CERTAIN = replace(ADVICE, touched=COSTS, proposed="an A30", saving=Saving(2, 2), basis=Basis.ACTIONABLE, requires=())
TRIED = replace(CERTAIN, proposed="an L4", saving=Saving(2, 4_000_000_000), basis=Basis.HYPOTHESIS, requires=("trial",))


def named(*found: Advice) -> tuple[str, str | None]:
    advice = foremost(found)
    return advice.proposed, advice.evidence.numbers.get("cheaperByTrial")


def test_what_wants_no_trial_is_advised_and_what_costs_less_is_named_beside_it() -> None:
    """With what it would save: never both, so nothing is stacked."""
    advice = foremost((TRIED, replace(TRIED, proposed="an L40S"), CERTAIN))
    assert (advice.proposed, advice.saving, advice.basis) == ("an A30", Saving(2, 2), Basis.ACTIONABLE)
    assert advice.reason.endswith(" an L4 would cost less still, if a trial shows that it serves.")
    assert advice.evidence.numbers.items() >= {"cheaperByTrial": "an L4", "cheaperByTrialSavesAtMost": "4.00"}.items()


def test_the_cheapest_is_advised_where_none_or_all_want_a_trial() -> None:
    """And nothing is beside it."""
    assert named(CERTAIN, TRIED) == ("an A30", None)
    assert named(TRIED, replace(TRIED, proposed="an L40S")) == ("an L4", None)
