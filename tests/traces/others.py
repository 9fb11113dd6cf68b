"""What others would say of a server of one card, by the rules that they publish: an oracle for tests, and no more.

Kruize (kruize/autotune): the smallest MIG profile of which the n/7 of its compute and the n/8 of its memory cover a
percentile of GPU_UTIL's and of the memory's interval maxima; the 60th by default ("cost"), the 98th for "performance".
Kubecost (GPU Optimization): a container with one card that is never used is to be removed, all other below 100 percent are
to share the card, without a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from aicost.core.loads import CardLoad
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.gpu.hardware import Hardware, instance

COST, PERFORMANCE = 60, 98
PROFILES = ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb")
"""Of a card of 80 GB, the smallest first."""
_COMPUTE, _MEMORY = 7, 8
_GB_A_SLICE = 10
_FULLY = 1_000_000


def kruize(e: ServerEvidence, percentile: int) -> str | None:
    """The profile; None where only the whole card covers it."""
    busy = _percentile([load.duty_peak_ppm or 0 for load in e.loads], percentile)
    used = _percentile([_used(load) for load in e.loads], percentile)
    fitting = (name for name in PROFILES if _covers(name, busy, used))
    return next(fitting, None)


def kubecost(e: ServerEvidence) -> str | None:
    """Remove, Share, or nothing."""
    if not e.loads:
        return None
    peak = max(load.duty_peak_ppm or 0 for load in e.loads)
    return "Remove" if peak == 0 else "Share" if peak < _FULLY else None


def out_of_memory(e: ServerEvidence, on: Hardware) -> bool:
    """Whether it ever used more than that device has."""
    return max(load.memory_peak_mib or 0 for load in e.loads) > on.memory_mib


def overrun(e: ServerEvidence, now: Hardware, on: Hardware) -> bool:
    """Whether its multiprocessors had more to do in any hour than that device's can."""
    return max(load.high_ppm for load in e.loads) * now.sms > _FULLY * on.sms


def device(profile: str, card: Hardware, model: str) -> Hardware:
    """An instance of the card; of four slices the table of aicost has none, for nothing is left beside it."""
    found = instance(card, profile, model)
    assert found
    return found


def _covers(name: str, busy: int, used: int) -> bool:
    compute, memory = name.removesuffix("gb").split("g.")
    return Fraction(busy, _FULLY) <= Fraction(int(compute), _COMPUTE) and Fraction(used, _FULLY) <= Fraction(
        int(memory), _MEMORY * _GB_A_SLICE
    )


def _used(load: CardLoad) -> int:
    return (load.memory_peak_mib or 0) * _FULLY // (load.memory_mib or 1)


def _percentile(values: Sequence[int], percent: int) -> int:
    """The nearest rank."""
    return sorted(values)[-(-percent * len(values) // 100) - 1]
