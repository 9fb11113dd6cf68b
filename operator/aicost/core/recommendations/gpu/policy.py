"""By which thresholds GPUs are judged, and what must hold before any lever says anything: enough data, no contradiction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicost.core.loads import CardLoad
from aicost.core.recommendations.gpu.answers import shown
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.usage import FULLY_BUSY_PPM


def percent(of: int) -> int:
    """In parts per million."""
    return of * FULLY_BUSY_PPM // 100


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds of the levers; shares are parts per million.

    `least_hours`, `least_samples`, `least_coverage`: no answer rests on less (AWS Compute Optimizer asks for 30 hours, KRR
    for 100 points; a fifth of the time may be unseen). `idle_hours`: an idle week, since work is weekly. `idle_below`: the
    peak of an idle card (gpu-pruner asks for 0, Kempner for less than 5 percent). `doubtful_power`: the share of its board's power that no
    idle card draws; `doubtful_rise`: peak over lowest draw, in percent, for a CUDA context alone lifts an
    H100 from 73 to 127 W (measured, and no more than that). `busy_pcie`: bytes a second that say that data moves. `doubtful_share`: contradictions in more hours than these are no noise.
    `full`: what a device is filled to at most after a change, `replica_target` a replica (VPA and NVIDIA's guide leave 15 to 30 percent).
    `no_slice_from`: who works as hard as that gets no MIG instance. `memory_bound`: bandwidth from which work is bound by it
    while less than half of the multiprocessors work (Kempner). `memory_headroom` percent and `memory_floor_mib`: beyond the
    peak of memory, which PyTorch's allocator keeps. `unused_mib`: what a CUDA context may hold on an unused card.
    """

    least_hours: int = 24
    least_samples: int = 100
    least_coverage: int = percent(80)
    idle_hours: int = 168
    idle_below: int = percent(1)
    doubtful_power: int = percent(50)
    doubtful_rise: int = 200
    busy_pcie: int = 100_000_000
    doubtful_share: int = percent(5)
    full: int = percent(80)
    replica_target: int = percent(70)
    least_replicas: int = 2
    no_slice_from: int = percent(50)
    memory_bound: int = percent(50)
    memory_headroom: int = 20
    memory_floor_mib: int = 1024
    unused_mib: int = 2048
    longest_day: int = 14


POLICY = Policy()


def too_little(e: ServerEvidence, policy: Policy) -> str:
    """Why nothing can be said yet; empty where enough is known."""
    if not e.loads:
        return "no series tells how hard its GPUs worked: is dcgm-exporter scraped with pod labels?"
    if len(e.hours) < policy.least_hours or e.samples < policy.least_samples:
        return (
            f"{len(e.hours)} hours with {e.samples} samples are known, and advice needs {policy.least_hours} hours and"
            f" {policy.least_samples} samples"
        )
    if e.coverage < policy.least_coverage:
        return (
            f"of {shown(e.coverage)} percent of the time that its pods held GPUs it is known how hard these worked, and"
            f" advice needs {shown(policy.least_coverage)} percent"
        )
    return ""


def doubt(e: ServerEvidence, policy: Policy, tolerated: int = 0) -> str:
    """Why signals of cards that seem idle cannot be believed; empty where nothing contradicts them.

    Where they need not all be idle, contradictions in a part of the hours are `tolerated`, in parts per million.

    DCGM_FI_PROF_GR_ENGINE_ACTIVE is known to get stuck at 0 while GPU_UTIL shows 99 (dcgm-exporter issue 662).
    """
    quiet = [load for load in e.loads if load.peak_ppm < policy.idle_below]
    lows = _lows(e)
    why = [found for load in quiet if (found := _contradiction(e, load, lows, policy))]
    if len(why) * FULLY_BUSY_PPM > len(e.loads) * tolerated:
        return why[0]
    return _traffic(quiet, policy)


def _lows(e: ServerEvidence) -> dict[str, int]:
    """The least that each card drew, in milliwatts."""
    lows: dict[str, int] = {}
    for load in e.loads:
        if load.power_low_mw is not None:
            lows[load.card] = min(load.power_low_mw, lows.get(load.card, load.power_low_mw))
    return lows


def _contradiction(e: ServerEvidence, load: CardLoad, lows: Mapping[str, int], policy: Policy) -> str:
    """What says that the card worked in an hour in which its signal says that it did not."""
    where = f"{load.signal} of card {load.card} shows {shown(load.peak_ppm)} percent at most"
    if load.duty_peak_ppm is not None and load.duty_peak_ppm >= policy.idle_below:
        cause = (
            "a stuck dcgm-exporter is to be restarted" if load.peak_ppm == 0 else "little runs on it, and not nothing"
        )
        return f"{where} while GPU_UTIL shows {shown(load.duty_peak_ppm)}: {cause}"
    drawn, low = load.power_peak_mw, lows.get(load.card, 0)
    if drawn is None or e.device is None or not e.device.is_whole:
        return ""
    board = e.device.hardware.board_watts if e.device.hardware else None
    much = board is not None and drawn * FULLY_BUSY_PPM >= board * 1000 * policy.doubtful_power
    if much or (low > 0 and drawn * 100 > low * policy.doubtful_rise):
        return f"{where} while it drew {drawn // 1000} W: an idle card does not"
    return ""


def _traffic(quiet: Sequence[CardLoad], policy: Policy) -> str:
    told = [load.pcie_peak_bytes for load in quiet if load.pcie_peak_bytes is not None]
    moved = sum(peak >= policy.busy_pcie for peak in told)
    if moved * FULLY_BUSY_PPM > len(told) * policy.doubtful_share:
        return f"data moved to its cards in {moved} of {len(told)} hours in which they seem idle"
    return ""
