"""OpenAI's costs (`/organization/costs`), by project, API key, user and line item."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from aicost.core.bills import BillRow
from aicost.core.declarations import Dimensions
from aicost.core.window import Window
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import amount
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer
from aicost.sources.tokens.openai.pages import page
from aicost.sources.tokens.pages import Page

PATH = "/organization/costs"
SPLIT_BY = (
    ("project_id", "api_key_id", "user_id", "line_item"),
    ("project_id", "api_key_id", "line_item"),
    ("project_id", "user_id", "line_item"),
    ("project_id", "line_item"),
    ("project_id", "api_key_id", "user_id"),
    ("project_id", "api_key_id"),
    ("project_id", "user_id"),
    ("project_id",),
)
"""How costs are asked to be split: the next where OpenAI refuses one, as it does for some organisations and times.

One dimension is given up at a time, the user first, the line item last: without it a shared key cannot be divided.
"""
QUANTITIES = {
    "tokens": (1, "tokens"),
    "1000_tokens": (1000, "tokens"),
    "duration_seconds": (1, "seconds"),
    "duration_minutes": (60, "seconds"),
    "duration_hours": (3600, "seconds"),
    "gibibyte_hours": (3600, "gibibyte-seconds"),
    "images": (1, "images"),
    "characters": (1, "characters"),
}
"""OpenAI's units as whole numbers of a smaller unit; a quantity in another unit is left out, its amount never."""


def parse_costs(answer: Answer, day: Window) -> Page[BillRow]:
    """A page of costs of one day. Raises Malformed, with the path of what is wrong."""
    return page(answer, day, "organization.costs.result", _cost)


def _cost(answer: Answer, dimensions: Dimensions) -> BillRow:
    money = answer.field("amount")
    quantity, unit = _quantity(answer)
    return BillRow(dimensions, amount(money.field("value"), money.field("currency")), quantity, unit)


def _quantity(answer: Answer) -> tuple[int, str]:
    value, unit = answer.optional("quantity"), answer.optional("quantity_unit")
    factor, ours = QUANTITIES.get(unit.text(), (0, "")) if unit else (0, "")
    if value is None or not ours:
        return 0, ""
    counted = value.number()
    if abs(counted) > LARGEST_COUNT // factor:
        raise Malformed(f"{value.path} is out of range")
    return int((counted * Decimal(factor)).to_integral_value(ROUND_HALF_EVEN)), ours
