"""How much memory of a card a server needs: from its peak, or from KV cache and weights where it takes all that there is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy
from aicost.core.usage import FULLY_BUSY_PPM

_PARAMETERS = re.compile(r"(?<![\w.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![\w.])", re.ASCII | re.IGNORECASE)
_BYTES = 2
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Need:
    """MiB with headroom; `estimated` where weights are told by the model's name only."""

    mib: int
    estimated: bool = False


def needed(e: ServerEvidence, policy: Policy) -> Need | str:
    """The need, or why it is not known.

    vLLM, SGLang and the like take most of a card at their start (`gpu_memory_utilization` 0.9): what is used then says
    nothing of the need, which is the weights and of the cache beside them as much as was ever used.
    """
    peak = e.memory
    if peak is None:
        return "how much memory it used is not told (DCGM_FI_DEV_FB_USED)"
    if not e.preallocates:
        return Need(_with_headroom(peak, policy))
    if e.cache is None:
        return f"it takes memory ahead of its need ({peak} MiB), and nothing tells how much of its KV cache is used"
    if e.weights_mib is None:
        return f"it takes memory ahead of its need ({peak} MiB), and its model's name does not tell how large its weights are"
    weights = min(peak, e.weights_mib)
    return Need(_with_headroom(weights + (peak - weights) * e.cache // FULLY_BUSY_PPM, policy), estimated=True)


def _with_headroom(mib: int, policy: Policy) -> int:
    """A fifth more, one GiB at least: an allocator's fragments, a CUDA context."""
    return max(-(-mib * (100 + policy.memory_headroom) // 100), mib + policy.memory_floor_mib)


def weights_mib(model: str) -> int | None:
    """MiB of `Llama-3.1-8B-Instruct` at 16 bits a parameter, which quantised weights stay below; None where no number is told.

    Of `Mixtral-8x7B` all experts are counted; of several numbers (`Qwen3-30B-A3B`) the largest.
    """
    told = [int(times or 1) * float(billions) for times, billions in _PARAMETERS.findall(model)]
    return round(max(told) * 10**9 * _BYTES / _MIB) if told else None
