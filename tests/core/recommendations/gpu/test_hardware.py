"""What cards can do: every priced model is known, and no instance can do more than its card."""

from __future__ import annotations

import pytest

from aicost.core.layout import profile
from aicost.core.products import model_of, models
from aicost.core.recommendations.gpu.hardware import instance, of_model, of_product, profiles_of


@pytest.mark.parametrize("model", sorted(models()))
def test_every_model_that_people_price_is_known(model: str) -> None:
    """The table of products and this one name the same cards; its profiles are ones of the model."""
    card = of_model(model)
    assert card
    for name in profiles_of(model):
        of, part = profile(name, model), instance(card, name, model)
        assert of
        assert part
        assert of.per_card > 1
        assert part.sms * of.per_card <= card.sms
        assert part.memory_mib * of.per_card < card.memory_mib
        assert part.bandwidth * of.per_card <= card.bandwidth


def test_of_several_cards_sold_as_one_model_the_least_counts() -> None:
    """An H100 on PCIe is slower than one on SXM."""
    sxm, least = of_product("NVIDIA-H100-80GB-HBM3"), of_model("H100-80GB")
    assert sxm
    assert least
    assert (sxm.sms, sxm.bandwidth, least.sms, least.bandwidth, least.board_watts) == (132, 3350, 114, 2000, 350)


def test_an_instance_has_at_least_what_nvidia_tells() -> None:
    """A100 40 GB: a slice has 14 of 108 multiprocessors and 4864 MiB."""
    card = of_product("NVIDIA-A100-SXM4-40GB")
    assert card
    part = instance(card, "1g.5gb", model_of("NVIDIA-A100-SXM4-40GB"))
    assert part
    assert part.sms <= 14
    assert part.memory_mib == 4864
    thirty = of_product("NVIDIA-A30")
    assert thirty
    quarter = instance(thirty, "1g.6gb", "A30-24GB")
    assert quarter
    assert (quarter.sms, quarter.bandwidth) == (14, 233)


def test_what_no_table_knows_is_not_known() -> None:
    """Neither a card nor a profile that does not go with it."""
    card = of_product("NVIDIA-H100-80GB-HBM3")
    assert card
    assert of_product("NVIDIA-X") is None
    assert of_model("X") is None
    assert instance(card, "9g.10gb", "H100-80GB") is None
    assert profiles_of("T4-16GB") == ()
