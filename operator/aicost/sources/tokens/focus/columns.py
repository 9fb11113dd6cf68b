"""The columns of a FOCUS Cost and Usage file, and what a row says in them. Pure: a row is its columns' texts by their names.

Columns: focus.finops.org, versions 1.0 to 1.4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aicost.core.declarations import Dimensions
from aicost.core.window import Instant, rfc3339
from aicost.ports import Malformed
from aicost.sources.tokens.amounts import written
from aicost.sources.tokens.answers import LARGEST_COUNT, Answer
from aicost.sources.tokens.answers import dimensions_of as shared

COST, CURRENCY, START, END = NEEDED = ("BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd")
"""What every version has and no row may lack."""
SERVICE, ACCOUNT, CATEGORY, TAGS = "ServiceName", "SubAccountId", "ChargeCategory", "Tags"
QUANTITY, UNIT = "ConsumedQuantity", "ConsumedUnit"
PAYER, PERIOD = "BillingAccountId", "BillingPeriodStart"
"""Whose invoice a row is on, and of which month: rows of two of them are never told again by each other."""
REGION, RESOURCE, SKU = FINER = ("RegionId", "ResourceId", "SkuId")
"""What tells rows apart, as far as they say it, of which one may be another told again."""
WANTED = (*NEEDED, SERVICE, ACCOUNT, CATEGORY, TAGS, QUANTITY, UNIT, PAYER, PERIOD, *FINER)
USAGE = "Usage"
"""The category of what was used, as opposed to taxes, fees and credits; it is no dimension."""
LONGEST_VALUE = 256


def dimensions_of(row: Answer, tags: Mapping[str, str]) -> Dimensions:
    """What a row is of; `tags` says which tag holds which dimension. Raises Malformed for what no name can be."""
    carried = _tags(row.optional(TAGS)) if tags else {}
    named = {name: carried.get(tag, "") for name, tag in tags.items()}
    named |= {"service": name_of(row, SERVICE), "account": name_of(row, ACCOUNT)}
    category = name_of(row, CATEGORY)
    named["category"] = "" if category == USAGE else category
    if any(len(value) > LONGEST_VALUE for value in named.values()):
        raise Malformed(f"{row.path}: a tag or a name has more than {LONGEST_VALUE} characters")
    return shared((name, value) for name, value in named.items() if value)


def tokens_of(row: Answer) -> Decimal:
    """How many tokens a row that is counted in tokens consumes."""
    quantity = row.optional(QUANTITY)
    if quantity is None:
        return Decimal(0)
    if not abs(counted := written(quantity)) <= LARGEST_COUNT:
        raise Malformed(f"{quantity.path} is not a count of at most {LARGEST_COUNT}")
    return counted


def bill_of(row: Answer) -> tuple[str, ...]:
    """What rows have in common that may tell the same again."""
    return (*(name_of(row, column) for column in (SERVICE, ACCOUNT, PAYER)), period_of(row))


def period_of(row: Answer) -> str:
    """Which month's invoice a row is on, alike in all formats; what is no time is taken as it is."""
    try:
        return rfc3339(instant_of(row.field(PERIOD))) if name_of(row, PERIOD) else ""
    except Malformed:
        return name_of(row, PERIOD)


def name_of(row: Answer, column: str) -> str:
    """A text that may be missing; empty then."""
    found = row.optional(column)
    return "" if found is None else found.text()


def instant_of(answer: Answer) -> Instant:
    """FOCUS wants UTC, so a time without an offset is that."""
    try:
        at = datetime.fromisoformat(answer.text())
        return Instant(int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{answer.path} is no time: FOCUS writes 2026-11-01T00:00:00Z") from error


def _tags(answer: Answer | None) -> Mapping[str, str]:
    """A JSON object, or a list of keys and values as some exports have it. A tag without a value is none."""
    if answer is None:
        return {}
    try:
        found: Any = json.loads(answer.text() or "{}") or {}
        pairs = found.items() if isinstance(found, dict) else [(each["key"], each["value"]) for each in found]
        return {str(key): str(value) for key, value in pairs if value not in (None, "")}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Malformed(f"{answer.path} is not a JSON object") from error
