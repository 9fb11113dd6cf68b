"""How levers about GPUs say what they found: the numbers of the evidence by name, what a change touches, what it frees."""

from __future__ import annotations

from collections.abc import Mapping

from aicost.core.recommendations.advice import Advice, Basis, Effect, Evidence, Lever, Obstacle, Refused, Saving
from aicost.core.recommendations.changes import Change
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.usage import SIGNALS

_CALLED = dict(zip(SIGNALS, ("smActive", "grEngineActive", "gpuUtil"), strict=True))
_PPM_OF_A_PERCENT = 10_000
_NO_REASON_TO_DOUBT = SIGNALS[:-1]


def shown(ppm: int) -> str:
    """Parts per million as a percentage: `12.5`; rounded up, so that what is not nothing never reads as nothing."""
    tenths = -(-ppm * 10 // _PPM_OF_A_PERCENT)
    return f"{tenths // 10}.{tenths % 10}"


def evidence_of(e: ServerEvidence, **more: object) -> Evidence:
    """All numbers that are known; what nobody told is absent."""
    shares = {
        f"{_CALLED.get(e.signal, 'busy')}PeakPercent": e.peak if e.loads else None,
        f"{_CALLED.get(e.signal, 'busy')}P95Percent": e.high if e.loads else None,
        "gpuUtilPeakPercent": e.duty,
        "memoryBandwidthPeakPercent": e.bandwidth,
        "kvCachePeakPercent": e.cache,
        "coveragePercent": e.coverage,
    }
    numbers: dict[str, object] = {
        "signal": e.signal or None,
        **{name: shown(ppm) for name, ppm in shares.items() if ppm is not None},
        "memoryPeakMiB": e.memory,
        "powerPeakWatts": None if e.power is None else e.power // 1000,
        "hours": len(e.hours),
        "deviceHours": e.device_hours,
        "replicas": e.running,
        "tokensServed": None if e.tokens is None else e.tokens.input + e.tokens.output,
        **more,
    }
    told: Mapping[str, str] = {name: str(value) for name, value in numbers.items() if value is not None}
    return Evidence(e.window, e.samples, told)


def refused(lever: Lever, e: ServerEvidence, obstacle: Obstacle, message: str) -> Refused:
    """What speaks against a lever, with the numbers that say so."""
    return Refused(lever, e.target, obstacle, message, evidence_of(e))


def advised(
    lever: Lever,
    e: ServerEvidence,
    proposed: str,
    saving: Saving,
    reason: str,
    *,
    change: Change | None = None,
    trial: str = "",
    requires: tuple[str, ...] = (),
    frees_nodes: bool = False,
    current: str = "",
    **numbers: object,
) -> Advice:
    """Advice about the server. With a `trial` it is a hypothesis; so is all that rests on the duty cycle alone.

    So is what only the next run can do with less, of which nothing is saved for certain. `saving` is at the window's pace: what no longer runs on its last day is not saved, and a hypothesis without a band of
    its own saves half of it at least. `frees_nodes`: nothing of the server stays on its nodes, so that these can go where nobody else needs them.
    """
    doubt = "" if e.signal in _NO_REASON_TO_DOUBT else ON_DUTY_CYCLE
    next_run = e.is_one_run and lever is not Lever.REMOVE_GPU
    first = trial or doubt or (_next_run(e) if next_run else "")
    effect, removal = effect_of(e) if frees_nodes else (Effect.FREED_CAPACITY, ())
    return Advice(
        lever=lever,
        effect=effect,
        basis=Basis.HYPOTHESIS if first else Basis.ACTIONABLE,
        target=e.target,
        current=current or (str(e.device) if e.device else ""),
        proposed=proposed,
        saving=Saving(0, e.lasting(saving.high)) if next_run else _band(e, saving, bool(first)),
        currency=e.currency,
        touched=e.part,
        reason=reason,
        evidence=evidence_of(e, **numbers),
        requires=(*((first,) if first else ()), *requires, *removal),
        change=change,
    )


def _band(e: ServerEvidence, saving: Saving, is_hypothesis: bool) -> Saving:
    low = saving.low // 2 if is_hypothesis and saving.low == saving.high else saving.low
    return Saving(e.lasting(low), e.lasting(saving.high))


def _next_run(e: ServerEvidence) -> str:
    now = "let it end, for nothing is saved of what runs" if e.running else "it is over"
    return f"trial: {now}; if it is run again, let the next run have less, and compare how long it takes"


ON_DUTY_CYCLE = (
    "trial: export DCGM_FI_PROF_SM_ACTIVE or GR_ENGINE_ACTIVE for a week and compare, for GPU_UTIL alone says how often a"
    " card is used and not how much of it"
)


def effect_of(e: ServerEvidence) -> tuple[Effect, tuple[str, ...]]:
    """A bill gets smaller only where whole nodes can go: nobody else holds a card of them, and nobody bought them."""
    if not e.alone or not e.nodes:
        return Effect.FREED_CAPACITY, ()
    return Effect.BILL_REDUCTION, (f"remove {_listed(e.nodes)} once nothing runs there: idle nodes go on costing",)


_SHOWN = 3


def _listed(nodes: tuple[str, ...]) -> str:
    more = f" and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else ""
    return f"node{'s' if len(nodes) > 1 else ''} {', '.join(nodes[:_SHOWN])}{more}"
