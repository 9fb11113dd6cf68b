"""The words of the column STATE: the kinds' own, each explained once."""

from __future__ import annotations

from typing import get_args

from aicost.api.model import Model
from aicost.api.prices_status import PricesSummary
from aicost.api.source_status import SourceSummary
from aicost.api.unit_status import UnitSummary
from aicost.api.workload_status import Summary
from aicost.core.states import STATES

SUMMARIES: tuple[type[Model], ...] = (Summary, UnitSummary, SourceSummary, PricesSummary)


def words(summary: type[Model]) -> set[str]:
    optional = summary.model_fields["state"].annotation
    return {word for branch in get_args(optional) for word in get_args(branch)}


def test_every_state_is_explained() -> None:
    """No kind shows a word that docs/reference/reasons.md does not explain, and it explains no other."""
    assert set().union(*map(words, SUMMARIES)) == set(STATES)
