"""What cards can do, by product as nodes name it: one dated table, for what fits where.

Source: NVIDIA's data sheets of each card (streaming multiprocessors, memory bandwidth, board power, tensor cores) and its list of CUDA
compute capabilities, memory as NVML tells it of the product. MIG profiles: NVIDIA's MIG user guide, as mig-parted's default configuration lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.layout import profile, slices_of
from aicost.core.products import model_of

AS_OF = "2026-11-26"
_SEVEN_SLICES = 7
_PERCENT_OF_SMS_A_SLICE = 12
"""Of a card with seven compute slices each has so many at least: 14 of an A100's 108, 16 of an H100's 132."""
_PERCENT_OF_MEMORY = 95
"""Of its slices' memory an instance can use so much at least: 4864 MiB of an A100's 5120 a slice."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """Streaming multiprocessors, bandwidth in GB/s, memory in MiB and the most power in W; of an instance its card's power.

    `capability` is its CUDA compute capability in tenths, 90 for 9.0, 0 where it is not known: data types and kernels depend on it.
    `tensor` are the teraflops of its tensor cores in 16 bits, without sparsity, 0 where they are not known.
    """

    sms: int
    bandwidth: int
    memory_mib: int
    board_watts: int
    capability: int = 0
    tensor: int = 0


_CARDS = {
    "Tesla-T4": Hardware(40, 320, 15360, 70, 75, 65),
    "Tesla-V100-SXM2-16GB": Hardware(80, 900, 16384, 300, 70, 125),
    "Tesla-V100-SXM2-32GB": Hardware(80, 900, 32768, 300, 70, 125),
    "NVIDIA-A10": Hardware(72, 600, 23028, 150, 86, 125),
    "NVIDIA-A10G": Hardware(80, 600, 23028, 300, 86, 70),
    "NVIDIA-L4": Hardware(58, 300, 23034, 72, 89, 121),
    "NVIDIA-L40": Hardware(142, 864, 46068, 300, 89, 181),
    "NVIDIA-L40S": Hardware(142, 864, 46068, 350, 89, 362),
    "NVIDIA-A30": Hardware(56, 933, 24576, 165, 80, 165),
    "NVIDIA-A100-PCIE-40GB": Hardware(108, 1555, 40960, 250, 80, 312),
    "NVIDIA-A100-SXM4-40GB": Hardware(108, 1555, 40960, 400, 80, 312),
    "NVIDIA-A100-80GB-PCIe": Hardware(108, 1935, 81920, 300, 80, 312),
    "NVIDIA-A100-SXM4-80GB": Hardware(108, 2039, 81920, 400, 80, 312),
    "NVIDIA-H100-PCIe": Hardware(114, 2000, 81559, 350, 90, 756),
    "NVIDIA-H100-80GB-HBM3": Hardware(132, 3350, 81559, 700, 90, 989),
    "NVIDIA-H100-NVL": Hardware(132, 3938, 95830, 400, 90, 835),
    "NVIDIA-H200": Hardware(132, 4800, 143771, 700, 90, 989),
    "NVIDIA-GH200-480GB": Hardware(132, 4000, 97871, 900, 90, 989),
    "NVIDIA-B200": Hardware(148, 8000, 183359, 1000, 100, 2250),
}
_PROFILES: Mapping[str, tuple[str, ...]] = {
    "A30-24GB": ("1g.6gb", "2g.12gb"),
    "A100-40GB": ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb"),
    "A100-80GB": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb"),
    "H100-80GB": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb"),
    "H100-94GB": ("1g.12gb", "1g.24gb", "2g.24gb", "3g.47gb"),
    "GH200-96GB": ("1g.12gb", "1g.24gb", "2g.24gb", "3g.48gb"),
    "H200-141GB": ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb"),
    "B200-180GB": ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb"),
}
"""Those of which a card has two instances at least: of the larger ones nothing is left for others."""


def of_product(product: str) -> Hardware | None:
    """A card of a product; None where the table lacks it."""
    return _CARDS.get(product)


def of_model(model: str) -> Hardware | None:
    """The least that cards of a model can do, as people price them: `H100-80GB` is also sold as a slower PCIe card."""
    found = [card for product, card in _CARDS.items() if model_of(product) == model]
    if not found:
        return None
    return Hardware(
        min(card.sms for card in found),
        min(card.bandwidth for card in found),
        min(card.memory_mib for card in found),
        min(card.board_watts for card in found),
        min(card.capability for card in found),
        min(card.tensor for card in found),
    )


def profiles_of(model: str) -> tuple[str, ...]:
    """The MIG profiles of a model by which several share a card, the smallest first; none where it cannot be cut."""
    return _PROFILES.get(model, ())


def instance(card: Hardware, name: str, model: str) -> Hardware | None:
    """What a MIG instance of the card can do at least; None where the profile does not go with the model."""
    of = profile(name, model)
    if of is None:
        return None
    compute, memory = slices_of(model)
    sms = (
        card.sms * of.compute * _PERCENT_OF_SMS_A_SLICE // 100
        if compute == _SEVEN_SLICES
        else card.sms * of.compute // compute
    )
    usable = card.memory_mib * of.memory * _PERCENT_OF_MEMORY // (memory * 100)
    bandwidth, tensor = card.bandwidth * of.memory // memory, card.tensor * sms // card.sms
    return Hardware(sms, bandwidth, usable, card.board_watts, card.capability, tensor)
