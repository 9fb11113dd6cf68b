"""A card that nobody priced on a running operator: estimated by the list to the second, and rated anew by an edit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from aicost.core.money import NANOS_PER_UNIT, accrued
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import GPU, PER_SECOND, PRODUCT, Live, known_until
from e2e.tests.operator.live.test_outages import reasons
from e2e.tests.operator.live.test_seconds import assert_nothing_lost
from e2e.tests.operator.resources import charged, until

NODE, MODEL, LISTED = "live-unpriced", "T4-16GB", 526_000_000
"""What a T4 costs an hour on the list, in nano-dollars."""


@pytest.fixture
def unpriced(scene: Live) -> Iterator[Live]:
    """With a node of two cards that the PriceBook does not name."""
    scene.join(NODE, {PRODUCT: "Tesla-T4"}, {GPU: 2})
    yield scene
    scene.resources.kubectl("delete", "pods", "--all", "-n", "live", "--force", "--grace-period=0")
    scene.resources.kubectl("delete", "node", NODE)


def test_a_declared_price_takes_the_place_of_the_list_price(unpriced: Live, operator: OperatorProcess) -> None:
    """Every second since the pod was bound, with what was edited in the PriceBook's status and in an Event."""
    resources = unpriced.resources
    unpriced.declare("guess")
    since = unpriced.run("guess-1", "guess", 1, on=NODE)
    operator.start()
    operator.ready()
    guess = unpriced.reaching("guess", since + 3)
    nanos = accrued(LISTED, since, known_until(guess))
    assert charged(guess) == Decimal(guess["certainty"]["estimated"]) == Decimal(nanos) / NANOS_PER_UNIT
    assert "BuiltInPrice" in reasons(guess)
    listed = {item["name"]: item["origin"] for item in resources.status("pb", "default")["priced"]}
    assert listed[MODEL] == "BuiltIn"
    rate = {"from": "2026-01-01", "perHour": "3.60"}
    gpus = [*resources.get("pb", "default")["spec"]["gpus"], {"model": MODEL, "rates": [rate]}]
    book = resources.answered("pb", "default", resources.patch("pb", "default", {"gpus": gpus}))
    (change,) = book["rerated"]["changes"]
    assert change.startswith(f"{MODEL}: no price before, 3.60 USD an hour now, from ")
    assert book["summary"]["builtIn"] == 0
    rated = unpriced.reaching("guess", known_until(guess) + 2)
    assert charged(rated) == Decimal(rated["certainty"]["rated"]) == (known_until(rated) - since) * PER_SECOND
    assert "BuiltInPrice" not in reasons(rated)
    until(lambda: "Rerated" in resources.kubectl("get", "events", "-n", "default"), "an Event tells of it")
    assert_nothing_lost(operator)
