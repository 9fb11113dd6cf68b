"""Whether a server fits a device that it could ask for instead: memory first, then compute and bandwidth."""

from __future__ import annotations

from dataclasses import dataclass

from aicost.core.recommendations.advice import Obstacle
from aicost.core.recommendations.gpu.answers import shown
from aicost.core.recommendations.gpu.evidence import Device, Offer, ServerEvidence
from aicost.core.recommendations.gpu.hardware import Hardware
from aicost.core.recommendations.gpu.memory import Need, needed
from aicost.core.recommendations.gpu.policy import Policy
from aicost.core.usage import FULLY_BUSY_PPM


@dataclass(frozen=True, slots=True)
class Misfit:
    """What speaks against a device."""

    obstacle: Obstacle
    message: str


@dataclass(frozen=True, slots=True)
class Fits:
    """It fits; `doubts` are what is not known of it, so that a trial has to show it."""

    doubts: tuple[str, ...] = ()


def fit(e: ServerEvidence, now: Device, offer: Offer, policy: Policy) -> Fits | Misfit:
    """By peaks, and for multiprocessors by the highest 95th percentile of an hour. `now` needs hardware."""
    if now.hardware is None:
        return Misfit(Obstacle.NOT_OFFERED, f"what a {now.model} can do is not known")
    if now.hardware.capability >= _AMPERE > offer.hardware.capability > 0:
        lacks = f"{offer.name} is older than Ampere: it has no bf16, and newer kernels do not run on it"
        return Misfit(Obstacle.CAPABILITY_MISSING, lacks)
    need = needed(e, policy)
    if isinstance(need, str):
        return Misfit(Obstacle.MEMORY_UNKNOWN, need)
    room = offer.hardware.memory_mib // offer.replicas
    if need.mib > room:
        return Misfit(Obstacle.MEMORY_NEEDED, f"it needs {need.mib} MiB with headroom, and {offer.name} has {room}")
    return (
        _turns(e, offer, policy)
        or _strength(e, now.hardware, offer, policy)
        or Fits((*_other_generation(now.hardware, offer), *_doubts(e, need, offer)))
    )


def _turns(e: ServerEvidence, offer: Offer, policy: Policy) -> Misfit | None:
    """Time slices run one after the other, however few multiprocessors each needs: its time must be free.

    Measured on an H100: four processes of one block each, 0.8 percent of its multiprocessors, had 23 percent of their speed.
    """
    if e.duty is None or offer.replicas == 1 or e.duty * offer.replicas <= policy.full:
        return None
    what = (
        f"its kernels ran {shown(e.duty)} percent of the time at most, and {offer.replicas} take turns on {offer.name}"
    )
    return Misfit(Obstacle.BUSY, what)


def _strength(e: ServerEvidence, now: Hardware, offer: Offer, policy: Policy) -> Misfit | None:
    """The same work on fewer or slower multiprocessors takes a larger part of them; likewise with bandwidth."""
    then, bandwidth = offer.hardware, e.bandwidth
    if bandwidth is not None and then.bandwidth // offer.replicas < now.bandwidth:
        filled = bandwidth * now.bandwidth * offer.replicas // then.bandwidth
        bound = bandwidth >= policy.memory_bound and e.high < FULLY_BUSY_PPM // 2
        if bound or filled > policy.full:
            what = f"it used {shown(bandwidth)} percent of its memory bandwidth, and {offer.name} has less"
            return Misfit(Obstacle.MEMORY_BOUND if bound else Obstacle.BUSY, what)
    filled = e.high * _times_the_part(now, then) * offer.replicas // FULLY_BUSY_PPM
    if filled > policy.full:
        return Misfit(Obstacle.BUSY, f"its work would fill {offer.name} to {shown(filled)} percent")
    return None


def _times_the_part(now: Hardware, then: Hardware) -> int:
    """Of as many multiprocessors the work takes more where tensor cores of the same generation are slower, in parts per million.

    Between generations by their number alone: what of it those cores did is not known, and a trial has to show it.
    """
    by_number = now.sms * FULLY_BUSY_PPM // then.sms
    if now.capability != then.capability or not now.tensor or not then.tensor:
        return by_number
    return max(by_number, now.tensor * FULLY_BUSY_PPM // then.tensor)


_AMPERE = 80
"""The first compute capability with bf16, by NVIDIA's CUDA programming guide; FP8 came with 8.9."""


def _other_generation(now: Hardware, offer: Offer) -> tuple[str, ...]:
    then = offer.hardware.capability
    if then == now.capability:
        return ()
    capabilities = f"{offer.name} has compute capability {_tenths(then)} and not {_tenths(now.capability)}"
    return (f"{capabilities}: its data types and kernels have to be there (bf16 from 8.0 on, FP8 from 8.9 on)",)


def _tenths(capability: int) -> str:
    return f"{capability // 10}.{capability % 10}" if capability else "that is not known"


def _doubts(e: ServerEvidence, need: Need, offer: Offer) -> tuple[str, ...]:
    doubts = []
    if offer.replicas > 1 and e.duty is None:
        doubts.append("how much of the time its kernels run is not told (DCGM_FI_DEV_GPU_UTIL), and sharers take turns")
    if e.power is not None and e.power > offer.hardware.board_watts * 1000:
        doubts.append(f"it drew {e.power // 1000} W, and {offer.name} may draw {offer.hardware.board_watts}")
    if e.bandwidth is None:
        doubts.append("its memory bandwidth is not told (DCGM_FI_PROF_DRAM_ACTIVE)")
    if need.estimated:
        doubts.append(f"its need of {need.mib} MiB rests on its KV cache and on weights that its model's name tells")
    return tuple(doubts)
