"""Which cards there are, and what they cost at this moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.cli.doctor.checks.cards import cards
from aicost.cli.doctor.findings import Finding, State
from aicost.core.cards import UNCOUNTED
from aicost.core.declarations import Declarations
from aicost.core.meanings import MEANINGS
from aicost.core.reasons import GapReason
from tests.cli.doctor.literal import DECLARED, a_node, cluster, declared
from tests.support.builders import T0, a_book, a_price, at, usd

H100 = "Price of NVIDIA-H100-80GB-HBM3"


def found(*nodes: Any, of: Declarations = DECLARED) -> dict[str, Finding]:
    return {finding.check: finding for finding in cards(cluster(nodes=nodes, declared=declared(of)), T0)}


def test_a_priced_product_tells_model_and_rate() -> None:
    """With the number of its cards."""
    assert found(a_node(), a_node("b"))[H100].found == "model H100-80GB: 4 cards at 4.00 USD an hour"


def test_a_rate_that_begins_tomorrow_is_no_price_today() -> None:
    """The row says which model to add, and from when."""
    later = replace(DECLARED, prices=a_book(a_price(since=at(86400))))
    finding = found(a_node(), of=later)[H100]
    assert finding.state is State.MISSING
    assert 'model: H100-80GB, rates: [{from: "2026-11-01"' in finding.remedy


def test_a_price_for_some_nodes_only() -> None:
    """The others are named."""
    some = replace(DECLARED, prices=a_book(a_price(pool="x")))
    finding = found(a_node(), of=some)[H100]
    assert (finding.state, finding.found) == (State.MISSING, "model H100-80GB: no price today for 2 cards on a")


def test_a_product_that_the_table_lacks_may_be_priced_by_its_own_name() -> None:
    """That is said, and is no fault."""
    own = replace(DECLARED, prices=a_book(a_price(usd(9), model="Z9")))
    finding = found(a_node(product="Z9"), of=own)["Price of Z9"]
    assert finding.state is State.OK
    assert finding.found == "no model in the table of 2026-11-24, priced by its own name: 2 cards at 9.00 USD an hour"


def test_without_a_price_book_nothing_has_a_price() -> None:
    """Each product says so."""
    assert found(a_node(), of=replace(DECLARED, prices=None))[H100].state is State.MISSING


def test_nodes_without_a_product_are_named() -> None:
    """A few of many, and no price is looked up for them."""
    of = found(*(a_node(name, product="") for name in "dcba"))
    finding = of["GPU nodes without a product"]
    assert (finding.state, finding.found) == (State.MISSING, "a, b, c and 1 more: no label tells it")
    assert "Price of " not in of


def test_nodes_that_share_cards_are_told() -> None:
    """With how they share."""
    of = found(a_node(sharing="mig", devices=7), a_node("b", sharing="time-slicing", devices=8), a_node("c"))
    assert of["GPU nodes that share cards"].state is State.OK
    assert "a, b (mig, time-slicing)" in of["GPU nodes that share cards"].found


def test_cards_that_no_label_counts_are_told() -> None:
    """They are no fault of the cluster, but need somebody who counts them."""
    finding = found(a_node(sharing=UNCOUNTED, devices=7))["GPU nodes that share cards"]
    assert (finding.state, finding.remedy) == (State.WARN, MEANINGS[GapReason.LAYOUT_UNKNOWN][1])
    assert finding.found.startswith("a: no label counts cards")


@pytest.mark.parametrize(
    ("sharing", "reason"),
    [("mig", GapReason.LAYOUT_UNKNOWN), ("contradictory", GapReason.LABELS_CONTRADICT)],
)
def test_cards_that_nobody_can_divide_are_missing(sharing: str, reason: GapReason) -> None:
    """With the node, what is wrong with it, and what to do."""
    of = found(a_node(sharing=sharing), a_node("b", sharing="time-slicing", devices=8))["GPU nodes that share cards"]
    meaning, remedy = MEANINGS[reason]
    assert (of.state, of.found, of.remedy) == (State.MISSING, f"a: {meaning}", remedy)


def test_a_cluster_without_cards_is_a_warning() -> None:
    """It may be right: some clusters only call providers."""
    of = found(a_node(cards=0))
    assert [(finding.check, finding.state) for finding in of.values()] == [("GPU nodes", State.WARN)]


def test_a_list_price_is_told_as_one() -> None:
    """Cards that only the built-in table prices are a warning, with the rate and what to do."""
    listed = replace(DECLARED, prices=replace(a_book(a_price(pool="x")), built_in=True))
    finding = found(a_node(), of=listed)[H100]
    assert (finding.state, finding.remedy) == (State.WARN, MEANINGS[GapReason.BUILT_IN_PRICE][1])
    assert finding.found == "model H100-80GB: 2 cards at 6.88 USD an hour, by a built-in list price"
