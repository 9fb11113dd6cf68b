"""The catalogue: tiers, successors, what is still there; and rows that contradict each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.recommendations.models.catalogue import Catalogue, Model, Surcharge
from aicost.core.window import instant

TODAY = instant("2026-11-23T00:00:00Z")
TIERS = (("claude", ("opus", "sonnet", "haiku")),)


def _model(name: str, tier: str = "sonnet", quality: int = 50, successor: str = "") -> Model:
    return Model("anthropic", name, "claude", tier, quality, 200_000, successor=successor)


OLD = _model("old", quality=40, successor="middle")
MIDDLE = _model("middle", successor="new")
NEW = _model("new", quality=60)
SMALL = _model("small", "haiku", quality=30)
CATALOGUE = Catalogue("2026-11-23", TIERS, (OLD, MIDDLE, NEW, SMALL))


def test_the_newest_of_the_tier_follows() -> None:
    """Not the next one, which would have to be changed again; and one that was taken off follows nobody."""
    assert CATALOGUE.successor(OLD, TODAY) == NEW
    assert CATALOGUE.successor(NEW, TODAY) is None
    gone = Catalogue("", TIERS, (OLD, MIDDLE, replace(NEW, retires=TODAY)))
    assert gone.successor(OLD, TODAY) == MIDDLE


def test_smaller_models_are_current_ones_of_lower_tiers() -> None:
    """One that has a successor is none to change to."""
    older = _model("older-small", "haiku", 20, "small")
    catalogue = Catalogue("", TIERS, (*CATALOGUE.models, older))
    assert catalogue.smaller(OLD, TODAY) == (SMALL,)
    assert catalogue.smaller(SMALL, TODAY) == ()
    assert catalogue.smallest(TODAY) == (SMALL,)


def test_a_snapshot_is_the_model_that_it_is_of() -> None:
    """Bills name dates."""
    assert CATALOGUE.model("anthropic", "new-2026-09-01") == NEW
    assert CATALOGUE.model("openai", "new") is None


@pytest.mark.parametrize(
    ("models", "wrong"),
    [
        ((NEW, NEW), "two rows"),
        ((_model("odd", "giant"),), "tier giant"),
        ((MIDDLE,), "of which there is no row"),
        ((MIDDLE, _model("new", "opus", 60)), "of another tier"),
    ],
)
def test_rows_that_contradict_each_other_are_no_catalogue(models: tuple[Model, ...], wrong: str) -> None:
    """It says which and how."""
    with pytest.raises(ValueError, match=wrong):
        Catalogue("", TIERS, models)


def test_rows_of_another_take_the_place_of_rows() -> None:
    """All else stands."""
    better, dearer = replace(SMALL, quality=35), Surcharge("anthropic", "region", "us", 20, "contract")
    catalogue = replace(CATALOGUE, surcharges=(replace(dearer, percent=10),))
    found = catalogue.with_rows((), (better,), (dearer,), "2026-11-24")
    assert found.model("anthropic", "small") == better
    assert found.model("anthropic", "new") == NEW
    assert found.surcharge("anthropic", "region", "us") == dearer
    assert found.surcharge("anthropic", "region", "eu") is None
    assert found.as_of == "2026-11-24"
    with pytest.raises(ValueError, match="is none"):
        replace(dearer, percent=0)


def test_a_server_s_name_for_a_model_finds_it() -> None:
    """By the end of its path, whatever stands behind the name; the longest that fits."""
    own = [replace(SMALL, provider="own", name=name) for name in ("llama-3.1", "llama-3.1-8b", "gpt-oss-20b")]
    catalogue = Catalogue("", TIERS, tuple(own))
    found = ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1", "gpt-oss-20b", "gpt-oss-20", "other")
    assert [of and of.name for of in map(catalogue.served, found)] == [
        *("llama-3.1-8b", "llama-3.1", "gpt-oss-20b"),
        *(None, None),
    ]
