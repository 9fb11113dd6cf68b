"""Budgets as people declare them: an amount for a period, and the thresholds that should be announced."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StrictInt

from aicost.api.lists import Distinct
from aicost.api.model import Model
from aicost.api.scalars import PositiveAmount

Thresholds: TypeAlias = Annotated[
    tuple[Annotated[StrictInt, Field(ge=1, le=1000)], ...], Field(max_length=10), Distinct()
]
Period: TypeAlias = Literal["Month", "Quarter", "Year"]


class Budget(Model):
    """What a workload may cost in a UTC month. A budget warns, it stops nothing."""

    amount: PositiveAmount
    """Amount for the month in the currency of the workload's business unit, a decimal string. Example: `"50000"`."""
    thresholds: Thresholds = (50, 80, 100)
    """Percentages of the amount that matter. Not evaluated in this version, which warns from 80 percent on and announces
    what passes 100. Default: 50, 80 and 100."""


class UnitBudget(Model):
    """What a business unit and its children may cost in a period. A budget warns, it stops nothing."""

    amount: PositiveAmount
    """Amount for the period in the unit's currency, a decimal string. Example: `"90000"`."""
    period: Period = "Month"
    """Calendar period in UTC that the amount is for: `Month`, `Quarter` or `Year`. Default: `Month`.
    Of the months of a quarter or a year counts what the ledger has."""
    thresholds: Thresholds = (50, 80, 100)
    """Percentages of the amount that matter. Not evaluated in this version, which warns from 80 percent on and announces
    what passes 100. Default: 50, 80 and 100."""
