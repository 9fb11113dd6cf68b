"""What is not there: prices, Prometheus, products. Named gaps and whole quantities, never a zero that looks like a cost."""

from __future__ import annotations

from e2e.tests.operator.conftest import Operators
from e2e.tests.operator.november.conftest import NOW, Scene
from e2e.tests.operator.resources import Body, Resources, condition, until


def gap(status: Body, reason: str) -> Body:
    """The gap of a reason; empty where there is none."""
    return next((of for of in status.get("gaps", ()) if of["reason"] == reason), {})


def test_without_a_price_cards_are_counted_and_cost_is_a_gap(scene: Scene, operators: Operators) -> None:
    """No PriceBook: out of every total, in cardHours, said; a book added later prices the whole month at once."""
    resources = scene.resources
    book = resources.get("pb", "default")
    resources.delete("pb", "default")
    operator = operators(**scene.settings())
    operator.start()
    operator.ready()
    llm = resources.status("aicost", "platform/llm")
    assert (llm["cost"]["charged"], llm["summary"]["state"], llm["gpu"]["cardHours"]) == ("0.00", "Partial", "96.00")
    assert gap(llm, "NoPrice")["quantity"] == "96.00 card hours"
    assert condition(llm, "DataAvailable")["status"] == "False"
    assert condition(llm, "Ready")["status"] == "True"
    unallocated = resources.status("bu", "unallocated")
    assert (unallocated["pools"]["idle"], unallocated["pools"]["unclaimed"]) == ("0.00", "480.00")
    unpriced = {of["quantity"] for of in unallocated["gaps"] if of["reason"] == "NoPrice"}
    assert unpriced == {"168.00 card hours", "12.00 card hours", "6.00 card hours"}
    assert resources.status("aicost", "support/chat")["cost"]["charged"] == "2500.00"
    resources.apply({part: book[part] for part in ("apiVersion", "kind", "spec")} | {"metadata": {"name": "default"}})
    until(lambda: charged(resources, "support/chat") == "2696.80", "the month is priced, and passed on", 5)
    until(lambda: resources.status("bu", "unallocated")["pools"]["idle"] == "700.80", "and what is idle", 5)
    assert resources.status("aicost", "platform/llm")["gaps"] == []


def test_a_book_without_the_model_says_which_entry_is_missing(scene: Scene, operators: Operators) -> None:
    """Without built-in prices the PriceBook's own status counts the card hours and says what to add; with them it is told."""
    resources = scene.resources
    entry, *others = resources.get("pb", "default")["spec"]["gpus"]
    other = {"gpus": [{**entry, "model": "L40-48GB"}, *others]}
    resources.patch("pb", "default", {**other, "builtInPrices": False})
    operator = operators(**scene.settings())
    operator.start()
    operator.ready()
    prices = resources.status("pb", "default")
    assert prices["summary"] == {"priced": 2, "builtIn": 0, "missing": 1, "state": "Missing"}
    assert [(of["name"], of["quantity"]) for of in prices["missing"]] == [("H100-80GB", "384.00 card hours")]
    assert gap(resources.status("aicost", "fraud/train"), "NoPrice")["quantity"] == "96.00 card hours"
    resources.patch("pb", "default", {"builtInPrices": True})
    train = until(
        lambda: (at := resources.status("aicost", "fraud/train"))["gaps"] != [] and gap(at, "BuiltInPrice") and at,
        "it is",
    )
    assert train["certainty"]["estimated"] == train["cost"]["charged"] != "0.00"


def test_without_prometheus_bills_are_charged_and_nothing_else_is_claimed_to_be_known(
    scene: Scene, operators: Operators
) -> None:
    """Not configured: GPU cost is known from the watch on, which `coveredFrom` says; before, it is not called zero."""
    resources = scene.resources
    operator = operators(**scene.settings(PROMETHEUS_URL=""))
    operator.start()
    operator.ready()
    assert charged(resources, "support/chat") == "2500.00"
    llm = resources.status("aicost", "platform/llm")
    assert (llm["coveredFrom"], llm["dataThrough"]["gpu"]) == (NOW, NOW)
    assert llm["lastDay"]["state"] == "Preliminary"
    assert [proof["component"] for proof in operator.report().json()["proofs"]] == ["tokens"]


def charged(resources: Resources, name: str) -> str:
    return str(resources.status("aicost", name)["cost"]["charged"])
