"""DropSurcharge, beside its cases in the corpus."""

from __future__ import annotations

from aicost.core.recommendations.advice import Advice, Basis
from aicost.core.recommendations.models.surcharge import drop_surcharge
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market


def test_where_somebody_waits_speed_is_tried_without_first() -> None:
    """What is faster may be what is wanted; that no contract asks for it is to be true either way."""
    (waited,) = drop_surcharge(case(CORPUS / "priority-where-somebody-waits.yaml").usage, market())
    (free,) = drop_surcharge(case(CORPUS / "priority-where-nobody-waits.yaml").usage, market())
    assert isinstance(waited, Advice)
    assert isinstance(free, Advice)
    assert (waited.basis, free.basis) == (Basis.HYPOTHESIS, Basis.ACTIONABLE)
    assert waited.requires[0].startswith("Trial")
    assert waited.requires[-1] == free.requires[-1]
