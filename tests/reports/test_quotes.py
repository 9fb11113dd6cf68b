"""Quotes of manifests as a document and as tables."""

from __future__ import annotations

from aicost.core.identity import ObjectRef
from aicost.core.ledger import UNCLAIMED
from aicost.core.quotes import Between, Pods, Quote, Room, Server
from aicost.reports.quotes import breaks_budget, is_known, quotes_to_json, render_quotes, unknown_budgets
from tests.core.test_quotes import CHEAP
from tests.support.builders import owned_by, usd

SERVER = Server(
    "support", ObjectRef("apps", "Deployment", "chat"), frozenset(), (Pods((("nvidia.com/gpu", 1),), 2, 2),)
)
KNOWN = Quote(SERVER, owned_by(), Between(usd(2).nanos, usd(3).nanos), Between(), (CHEAP,))
UNKNOWN = Quote(SERVER, UNCLAIMED, None, None)


def test_a_cheaper_device_is_told_with_what_all_replicas_would_cost() -> None:
    """And with its memory, which decides first."""
    document = quotes_to_json([KNOWN], [], "USD")
    (shape,) = document["quotes"][0]["cheaper"]
    assert (shape["name"], shape["monthly"], shape["memoryMiB"] > 20_000) == ("L4-24GB", "1460.00", True)
    assert "Deployment chat" in render_quotes(document, "table").split("Cheaper devices")[1]


def test_what_is_not_known_is_said_and_breaks_nothing() -> None:
    """Neither cost nor budget."""
    document = quotes_to_json([KNOWN, UNKNOWN], [Room("care", "USD", 5, 4, None)], "USD")
    assert (is_known(document), breaks_budget(document)) == (False, False)
    said = render_quotes(document, "table")
    assert said.count("not known") == 5
    assert "support: nobody claims it" in said


def test_a_budget_of_which_nobody_knows_is_not_known_to_fit() -> None:
    """Though all has a price: a currency without a rate."""
    rooms = [Room("care", "USD", 5, 4, Between(1, 1)), Room("euro", "EUR", 5, 4, None)]
    document = quotes_to_json([KNOWN], rooms, "USD")
    assert (is_known(document), unknown_budgets(document)) == (False, ("euro",))


def test_a_broken_budget_is_found() -> None:
    """Among those that hold."""
    rooms = [Room("care", "USD", 5, 4, Between(1, 1)), Room("group", "USD", 5, 4, Between(1, 2))]
    document = quotes_to_json([KNOWN], rooms, "USD")
    assert (is_known(document), breaks_budget(document)) == (True, True)
