"""Batch work on the same cards where they cost less, such as nodes that may be taken away: for what can go on from a checkpoint."""

from __future__ import annotations

from aicost.core.recommendations.advice import Advice, Answer, Lever, Saving
from aicost.core.recommendations.gpu.alternatives import foremost
from aicost.core.recommendations.gpu.answers import advised
from aicost.core.recommendations.gpu.devices import cost_of, smaller_card
from aicost.core.recommendations.gpu.evidence import Device, Offer, ServerEvidence
from aicost.core.recommendations.gpu.policy import Policy, too_little

_CHECKPOINTS = "found or to be added: checkpoints, from which the work goes on wherever it starts again"


def cheaper_card(e: ServerEvidence, policy: Policy) -> Answer | None:
    """The same cards on cheaper nodes for batch work, as a hypothesis; a smaller card for all else, and where that needs no trial."""
    now, smaller = e.device, smaller_card(e, policy)
    if now is not None and e.comes_again and not too_little(e, policy):
        offers = [each for each in e.offers if each.where and each.model == now.model and now.is_whole]
        least = min(offers, key=lambda each: each.per_hour, default=None)
        if least and cost_of(e, least) < e.part.monthly_nanos:
            there = _there(e, now, least)
            return foremost((there, smaller)) if isinstance(smaller, Advice) else there
    return smaller


def _there(e: ServerEvidence, now: Device, offer: Offer) -> Advice:
    saved = e.part.monthly_nanos - cost_of(e, offer)
    labels = ", ".join(f"{name}={value}" for name, value in offer.where)
    return advised(
        Lever.USE_SMALLER_GPU,
        e,
        f"{now} on nodes with {labels}",
        Saving(saved // 2, saved),
        f"Nobody waits for it, and {now.model} costs less on nodes with {labels}.",
        trial="trial: run one job there, take its node away once, and see that it ends with the same result",
        requires=(
            _CHECKPOINTS,
            f"found: {offer.nodes} node{'s have' if offer.nodes > 1 else ' has'} them at that price",
        ),
        frees_nodes=True,
    )
