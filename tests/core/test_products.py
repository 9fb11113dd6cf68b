"""Products: node labels become the model names that people price."""

from __future__ import annotations

import pytest

from aicost.core.products import AS_OF, model_of
from aicost.core.window import instant


@pytest.mark.parametrize(
    ("product", "model"),
    [
        ("NVIDIA-H100-80GB-HBM3", "H100-80GB"),
        ("NVIDIA-A100-SXM4-40GB", "A100-40GB"),
        ("NVIDIA-A100-SXM4-80GB", "A100-80GB"),
        ("NVIDIA-L4", "L4-24GB"),
        ("Tesla-T4", "T4-16GB"),
    ],
)
def test_known_products_have_a_model(product: str, model: str) -> None:
    """The product label of GPU Feature Discovery leads to the model that a price book names."""
    assert model_of(product) == model


@pytest.mark.parametrize("product", ["NVIDIA-B999", "H100-80GB", ""])
def test_an_unknown_product_is_its_own_model(product: str) -> None:
    """A product that the table lacks can be priced by its own name, and is never mistaken for another."""
    assert model_of(product) == product


def test_the_table_is_dated() -> None:
    """The table says as of when it holds."""
    assert instant(f"{AS_OF}T00:00:00Z")
