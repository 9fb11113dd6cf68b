"""What the advice of many workloads saves."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.recommendations.advice import Lever, Saving
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.savings import OpenSavings, open_savings
from tests.support.advising import ADVICE


def test_savings_of_several_workloads_add_up() -> None:
    """Also where parts of two workloads have one name: only within a workload they overlap."""
    smaller = replace(ADVICE, lever=Lever.REMOVE_GPU, saving=Saving(500, 900))
    told = Told((ADVICE, smaller))
    assert open_savings([told]) == OpenSavings(Saving(1_000, 1_000), 2)
    assert open_savings([told, told]) == OpenSavings(Saving(2_000, 2_000), 4)


def test_what_nobody_looked_at_saves_nothing_that_is_known() -> None:
    """That is not zero; what was looked at without a finding is."""
    assert open_savings([]) is None
    assert open_savings([Told()]) == OpenSavings(Saving(0, 0), 0)
