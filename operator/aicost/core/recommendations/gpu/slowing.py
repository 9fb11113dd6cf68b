"""How much longer the same work may take on a weaker device: what fits an hour is not as fast within it.

While its kernels run, work can use all multiprocessors and all bandwidth, whatever the average of an hour says. A bound, and
not what will be: on an H100 an 8B model decoded single answers as fast on 43 percent of the multiprocessors, and read prompts
at 60 percent of the speed on 46 (docs/right-sizing-gpus.md has the measurements).
"""

from __future__ import annotations

from aicost.core.declarations import LatencyClass
from aicost.core.recommendations.gpu.evidence import Device, Offer, ServerEvidence
from aicost.core.usage import FULLY_BUSY_PPM

AS_LONG = 1000
"""Times as long, in thousandths."""


def at_most(now: Device, offer: Offer) -> int | None:
    """Times as long that a kernel takes at most, in thousandths; None between generations, whose multiprocessors differ.

    By what is scarcest: multiprocessors, the rate of tensor cores, bandwidth, or the power that a card may draw, which lowers
    its clocks by no more than that. Sharers of a card take turns besides.
    """
    was, then = now.hardware, offer.hardware
    if was is None or was.capability != then.capability:
        return None
    pairs = (
        (was.sms, then.sms),
        (was.tensor, then.tensor),
        (was.bandwidth, then.bandwidth),
        (was.board_watts, then.board_watts),
    )
    return max(AS_LONG, *(_ratio(*pair) for pair in pairs)) * offer.replicas


def _ratio(was: int, then: int) -> int:
    """Nothing where it is not known."""
    return -(-was * AS_LONG // then) if then else 0


def lasts(e: ServerEvidence, longer: int) -> int:
    """Times as long that a job lasts at most, in thousandths: only the time in which its kernels run is longer."""
    duty = FULLY_BUSY_PPM if e.duty is None else e.duty
    return AS_LONG + -(-(longer - AS_LONG) * duty // FULLY_BUSY_PPM)


def keeps_waiting(e: ServerEvidence) -> bool:
    """Whether somebody waits for its answers; its workload says if nobody does."""
    return not e.comes_again and e.latency is LatencyClass.INTERACTIVE


def times(thousandths: int) -> str:
    """`2.3`, rounded up: what may be is never told as less."""
    tenths = -(-thousandths * 10 // AS_LONG)
    return f"{tenths // 10}.{tenths % 10}"
