"""Rows of Anthropic's analytics of costs and usage: pure parsers.

Source of the shapes: the types `beta.organization.analytics` of the `anthropic` package 2.12. Amounts are cents. Rows
are paged, not buckets; a dimension that is null, or was not grouped by, is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from aicost.core.bills import BillRow
from aicost.core.declarations import Dimensions
from aicost.core.window import Window
from aicost.sources.tokens.amounts import cents
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.anthropic import manners
from aicost.sources.tokens.anthropic.parts import named, used, within
from aicost.sources.tokens.pages import Page
from aicost.sources.tokens.used import Used

DIMENSIONS = {"workspace_id": "workspace", "api_key_id": "apiKey", "user_profile_id": "customer", "model": "model"}
"""Anthropic's names of dimensions and ours. A user profile stands for a customer of the one who calls."""
ACTORS = {
    "user_actor": ("user", "user_id"),
    "service_account_actor": ("serviceAccount", "service_account_id"),
    "federated_actor": ("serviceAccount", "subject"),
}
"""Our dimension for each kind of identity, and the field that names it; a key's own is its `api_key_id`."""
IDENTITIES = tuple(dict.fromkeys(ours for ours, _ in ACTORS.values()))

Row = TypeVar("Row")


def parse_costs(answer: Answer, day: Window) -> Page[BillRow]:
    """A page of costs of one day. Raises Malformed, with the path of what is wrong."""
    return _page(answer, day, _cost)


def parse_usage(answer: Answer, day: Window) -> Page[Used]:
    """A page of usage of one day. Raises Malformed likewise."""
    return _page(answer, day, lambda row, _: _usage(row))


def parse_manners(answer: Answer, day: Window) -> Page[None]:
    """A page of the manners of one day's usage: each once, whatever was used in it. Raises Malformed likewise."""
    rows = answer.field("data").items()
    for row in rows:
        within(row, day)
    found = dict.fromkeys(manners.manner(row.field("group")) for row in rows)
    return Page((tuple(found.items()),), _following(answer))


def _page(answer: Answer, day: Window, parse: Callable[[Answer, Dimensions], Row]) -> Page[Row]:
    bucket = tuple(_row(row, day, parse) for row in answer.field("data").items())
    return Page((bucket,), _following(answer))


def _following(answer: Answer) -> str | None:
    return answer.field("next_page").text() if answer.field("has_more").flag() else None


def _row(answer: Answer, day: Window, parse: Callable[[Answer, Dimensions], Row]) -> tuple[Dimensions, Row]:
    within(answer, day)
    group = answer.field("group")
    dimensions = dimensions_of((*named(group, DIMENSIONS.items()), *_actor(group), *_component(group)))
    return dimensions, parse(answer, dimensions)


def _actor(group: Answer) -> Iterator[tuple[str, str]]:
    actor = group.optional("actor")
    kind = ACTORS.get(actor.field("type").text()) if actor is not None else None
    name = actor.optional(kind[1]) if actor is not None and kind else None
    if kind and name is not None and name.text():
        yield kind[0], name.text()


def _component(group: Answer) -> Iterator[tuple[str, str]]:
    """What the money was for: a kind of token, or else what is not paid by token."""
    part = group.optional("token_type") or group.optional("cost_type")
    if part is not None:
        yield "lineItem", part.text()


def _cost(answer: Answer, dimensions: Dimensions) -> BillRow:
    cost = answer.field("cost")
    currency, listed = cost.field("currency"), cost.optional("list_amount")
    at_list = cents(listed, currency) if listed is not None else None
    return BillRow(dimensions, cents(cost.field("amount"), currency), listed=at_list)


def _usage(answer: Answer) -> Used:
    usage = answer.field("usage")
    requests = usage.optional("requests")
    return used(usage, requests.count() if requests is not None else 0)
