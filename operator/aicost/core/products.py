"""From the product names that nodes carry to the model names that people price: one dated table.

Source of the names: NVIDIA GPU Feature Discovery sets `nvidia.com/gpu.product` to the NVML name with blanks replaced
by hyphens. Table as of 2026-11-24.
"""

from __future__ import annotations

AS_OF = "2026-11-24"

_MODELS = {
    "NVIDIA-H100-80GB-HBM3": "H100-80GB",
    "NVIDIA-H100-PCIe": "H100-80GB",
    "NVIDIA-H100-NVL": "H100-94GB",
    "NVIDIA-H200": "H200-141GB",
    "NVIDIA-B200": "B200-180GB",
    "NVIDIA-GH200-480GB": "GH200-96GB",
    "NVIDIA-A100-SXM4-40GB": "A100-40GB",
    "NVIDIA-A100-PCIE-40GB": "A100-40GB",
    "NVIDIA-A100-SXM4-80GB": "A100-80GB",
    "NVIDIA-A100-80GB-PCIe": "A100-80GB",
    "NVIDIA-A30": "A30-24GB",
    "NVIDIA-A10": "A10-24GB",
    "NVIDIA-A10G": "A10G-24GB",
    "NVIDIA-L4": "L4-24GB",
    "NVIDIA-L40": "L40-48GB",
    "NVIDIA-L40S": "L40S-48GB",
    "Tesla-T4": "T4-16GB",
    "Tesla-V100-SXM2-16GB": "V100-16GB",
    "Tesla-V100-SXM2-32GB": "V100-32GB",
}


def models() -> frozenset[str]:
    """Every model that the table knows."""
    return frozenset(_MODELS.values())


def model_of(product: str) -> str:
    """The model that a product is priced as; a product that the table lacks is its own model name."""
    return _MODELS.get(product, product)
