"""Whose customers used what, by LiteLLM's daily activity of customers (`/customer/daily/activity`): pure parsers.

Source of the shapes: `litellm` 1.109. The table behind it has customer, key and model of each row, but no answer tells all
three at once: asked for one model, each customer's part by key is exact. Rows without a customer are not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.window import Window, date
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.litellm.activity import Activity, activity, caller, used_of
from aicost.sources.tokens.used import Used

PATH = "/customer/daily/activity"
MOST_PAGES = 2
"""Of a day: where there are more customers than that, they are none whom anybody invoices, and no ledger should hold them."""
_NOBODY = "Unassigned"
"""How LiteLLM calls what has no customer."""

Customers: TypeAlias = dict[Dimensions, dict[Dimensions, Used]]
"""What was counted by caller and model, by the customer whom that was for."""


def parse_models(answer: Answer, day: Window) -> Activity:
    """A page of one day: rows of the models that customers used. Raises Malformed, with the path of what is wrong."""
    rows = {
        dimensions_of((("model", model),)): used_of(entry.field("metrics"))
        for result in _results(answer, day)
        for model, entry in result.field("breakdown").field("models").entries()
    }
    return activity(answer, rows)


def parse_customers(answer: Answer, day: Window, model: str) -> Activity:
    """A page of one day and model: rows by caller and customer. Raises Malformed likewise."""
    rows: dict[Dimensions, Used] = defaultdict(Used)
    for result in _results(answer, day):
        for customer, entry in result.field("breakdown").field("entities").entries():
            for key, part in entry.field("api_key_breakdown").entries():
                if customer not in ("", _NOBODY):
                    of = dimensions_of((*caller(key, part), ("model", model), ("customer", customer)))
                    rows[of] += used_of(part.field("metrics"))
    return activity(answer, rows)


def customer_of(row: Dimensions) -> Dimensions:
    """The customer of a row."""
    return dimensions_of(pair for pair in row if pair[0] == "customer")


def _results(answer: Answer, day: Window) -> Iterator[Answer]:
    for result in answer.field("results").items():
        result.field("date").exactly(date(day.start))
        yield result
