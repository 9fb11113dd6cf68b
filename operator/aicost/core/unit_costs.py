"""What one of something costs a workload: what it incurred by what was counted of it.

What callers of a model server pay for it is counted at the server, so incurred and not charged is divided. Where an amount
or a count is known to be missing there is no quotient: it would be too small or too large, and nobody could tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.directions import Directions
from aicost.core.gaps import Feed
from aicost.core.layout import WHOLE
from aicost.core.reasons import GapReason
from aicost.core.statement import WorkloadStatement
from aicost.core.usage import Tokens
from aicost.core.window import HOUR

THOUSAND, MILLION = 1_000, 1_000_000


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Nano-units, rounded down, of the workload's currency; None where there is nothing to divide by.

    Tokens are input and output. `with_training` is for 1,000,000 of them, with what was used up of trainings. Input and output
    apart are of days whose bill tells them apart.
    """

    thousand_requests: int | None = None
    million_tokens: int | None = None
    million_tokens_with_training: int | None = None
    card_hour: int | None = None
    million_input: int | None = None
    million_output: int | None = None


def unit_costs(of: WorkloadStatement) -> UnitCosts | None:
    """Of a month to date; None where nothing can be said."""
    if any(gap.hides_cost or (gap.feed is Feed.USAGE and gap.reason not in _NO_COUNTS) for gap in of.gaps):
        return None
    counted, incurred = of.tokens or Tokens(), of.cost.incurred - of.cost.corrections
    tokens, apart = counted.input + counted.output, of.directions or Directions()
    found = UnitCosts(
        thousand_requests=_per(THOUSAND, counted.requests, incurred),
        million_tokens=_per(MILLION, tokens, incurred),
        million_tokens_with_training=_per(MILLION, tokens, incurred + of.amortised) if of.workload.trained_by else None,
        card_hour=_per(HOUR * WHOLE, of.card_microseconds, of.cost.gpu),
        million_input=_per(MILLION, apart.input_tokens, apart.input_nanos),
        million_output=_per(MILLION, apart.output_tokens, apart.output_nanos),
    )
    return None if found == UnitCosts() else found


_NO_COUNTS = (GapReason.NO_UTILISATION,)
"""What is missing of use, and counts nothing that is divided by."""


def _per(many: int, count: int, nanos: int) -> int | None:
    return nanos * many // count if count > 0 else None
