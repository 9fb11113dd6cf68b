"""Another device for the same work: a MIG instance, a card that is shared in time, a smaller or cheaper card."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aicost.core.recommendations.advice import Advice, Answer, Lever, Obstacle, Saving
from aicost.core.recommendations.changes import Resize
from aicost.core.recommendations.gpu.alternatives import foremost
from aicost.core.recommendations.gpu.answers import advised, refused, shown
from aicost.core.recommendations.gpu.evidence import Device, Offer, ServerEvidence
from aicost.core.recommendations.gpu.fit import Fits, Misfit, fit
from aicost.core.recommendations.gpu.policy import Policy, doubt, too_little
from aicost.core.recommendations.gpu.slowing import AS_LONG, at_most, keeps_waiting, lasts, times


def mig_slice(e: ServerEvidence, policy: Policy) -> Answer | None:
    """The cheapest MIG instance of the same model that holds it, such as needs no trial first."""
    if e.high >= policy.no_slice_from and e.loads and e.device and e.device.count == 1 and e.device.is_whole:
        works = (
            f"it works at {shown(e.high)} percent, and from {shown(policy.no_slice_from)} percent on a slice is no gain"
        )
        return too_early(Lever.USE_MIG_SLICE, e, policy) or refused(Lever.USE_MIG_SLICE, e, Obstacle.BUSY, works)
    return _instead(Lever.USE_MIG_SLICE, e, policy, lambda now, offer: bool(offer.profile) and offer.model == now.model)


def shared_card(e: ServerEvidence, policy: Policy) -> Answer | None:
    """The cheapest card shared in time, where the workload waives isolation: its memory is everybody's."""
    if e.isolated and _one_whole_card(e):
        asks = "spec.rightSizing.isolation asks for isolation, and cards that are shared in time have none"
        return refused(Lever.USE_SHARED_GPU, e, Obstacle.ISOLATION_REQUIRED, asks)
    return _instead(Lever.USE_SHARED_GPU, e, policy, lambda _, offer: offer.replicas > 1)


def smaller_card(e: ServerEvidence, policy: Policy) -> Answer | None:
    """The cheapest whole card that holds it, of those that the cluster has or the price book prices; such as needs no trial first."""
    return _instead(
        Lever.USE_SMALLER_GPU,
        e,
        policy,
        lambda now, offer: not offer.profile and offer.replicas == 1 and offer.model != now.model,
    )


def too_early(lever: Lever, e: ServerEvidence, policy: Policy) -> Answer | None:
    """A refusal for all levers that move work to another device, where its numbers do not suffice."""
    if why := too_little(e, policy):
        return refused(lever, e, Obstacle.TOO_LITTLE_DATA, why)
    if why := doubt(e, policy, policy.doubtful_share):
        return refused(lever, e, Obstacle.DOUBTFUL_SIGNAL, why)
    if e.peak < policy.idle_below:
        return refused(lever, e, Obstacle.TOO_LITTLE_DATA, "it never worked: what it needs when it does is not known")
    return None


def _one_whole_card(e: ServerEvidence) -> bool:
    return e.device is not None and e.device.is_whole and e.device.count == 1


def _instead(
    lever: Lever, e: ServerEvidence, policy: Policy, of_kind: Callable[[Device, Offer], bool]
) -> Answer | None:
    now = e.device
    if now is None or not now.is_whole:
        return None
    if now.count > 1:
        joined = f"its pods use {now.count} cards together: {_UNHEARD}"
        return refused(lever, e, Obstacle.INTERCONNECT, joined)
    if e.works_together and lever is not Lever.USE_SMALLER_GPU:
        joined = f"{e.at_once} of its pods ran at once and may be one work: {_UNHEARD}"
        return refused(lever, e, Obstacle.INTERCONNECT, joined)
    if early := too_early(lever, e, policy):
        return early
    offers = sorted(
        (o for o in e.offers if of_kind(now, o) and not o.where), key=lambda o: (o.per_hour, not o.nodes, o.name)
    )
    cheaper = [offer for offer in offers if cost_of(e, offer) < e.part.monthly_nanos]
    return _cheapest(lever, e, now, cheaper, policy) if cheaper else _not_cheaper(lever, e, offers)


def _not_cheaper(lever: Lever, e: ServerEvidence, offers: Sequence[Offer]) -> Answer:
    if not offers:
        nowhere = "neither the cluster nor the price book has such a device with a price"
        return refused(lever, e, Obstacle.NOT_OFFERED, nowhere)
    return refused(lever, e, Obstacle.NOT_CHEAPER, f"{offers[0].name} costs no less")


def _cheapest(lever: Lever, e: ServerEvidence, now: Device, offers: Sequence[Offer], policy: Policy) -> Answer:
    judged = [(offer, fit(e, now, offer, policy)) for offer in offers]
    fitting = [(offer, found) for offer, found in judged if isinstance(found, Fits)]
    if not fitting:
        misfits = [found for _, found in judged if isinstance(found, Misfit)]
        return refused(lever, e, misfits[-1].obstacle, misfits[-1].message)
    return foremost(_instead_by(lever, e, now, offer, found) for offer, found in fitting)


def _instead_by(lever: Lever, e: ServerEvidence, now: Device, offer: Offer, found: Fits) -> Advice:
    saved, longer = e.part.monthly_nanos - cost_of(e, offer), at_most(now, offer)
    trial, requires = _conditions(lever, e, offer, (*_waits(e, offer, longer), *found.doubts))
    return advised(
        lever,
        e,
        _asked(offer),
        Saving(min(_at_least(offer, saved), _if_it_lasts(e, offer, longer)), saved),
        f"What it uses at most, with headroom, fits {offer.name}.",
        change=_resize(e, now, offer),
        trial=trial,
        requires=(*requires, *_worth_it(e, offer, longer)),
        frees_nodes=bool(offer.nodes) or not _is_part(offer),
        proposedMemoryMiB=offer.hardware.memory_mib // offer.replicas,
        timesAsLongAtMost=None if longer is None else times(longer),
    )


def _waits(e: ServerEvidence, offer: Offer, longer: int | None) -> tuple[str, ...]:
    """What has to be tried of how long it takes: whether who waits for its answers can, and whether it saves anything."""
    if longer == AS_LONG or e.is_one_run:
        return ()
    if keeps_waiting(e):
        return (f"an answer may take {times(longer)} times as long on {offer.name}",) if longer else ()
    if e.comes_again and not _if_it_lasts(e, offer, longer):
        return (f"it may take so long on {offer.name} that it saves nothing",)
    return ()


def _worth_it(e: ServerEvidence, offer: Offer, longer: int | None) -> tuple[str, ...]:
    """Who pays for as long as it takes saves nothing from some time on."""
    costs = cost_of(e, offer)
    if not e.comes_again or longer == AS_LONG or not costs:
        return ()
    even = e.part.monthly_nanos * 100 // costs
    return (f"it takes less than {even} percent of its time now there: from then on it costs more",)


def _if_it_lasts(e: ServerEvidence, offer: Offer, longer: int | None) -> int:
    """What is saved at least: batch work holds a weaker device for longer, and pays for it as long."""
    if not e.comes_again:
        return e.part.monthly_nanos
    return max(0, e.part.monthly_nanos - cost_of(e, offer) * lasts(e, longer) // AS_LONG) if longer else 0


def _is_part(offer: Offer) -> bool:
    """Of a card that has to be paid whole: as long as no node is cut so, it would be one for this server alone."""
    return bool(offer.profile) or offer.replicas > 1


def _at_least(offer: Offer, saved: int) -> int:
    """Of a part that nobody has yet nothing; of a card that is shared in time an estimate, for neighbours take their time."""
    if _is_part(offer) and not offer.nodes:
        return 0
    return saved // 2 if offer.replicas > 1 else saved


def cost_of(e: ServerEvidence, offer: Offer) -> int:
    """What the server's pace would cost a month on that device, in nano-units."""
    return e.pace * offer.per_hour // 1000


def _conditions(lever: Lever, e: ServerEvidence, offer: Offer, doubts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The trial, where one is needed, and what must be true first."""
    offering = f"{offer.nodes} node{'s offer' if offer.nodes > 1 else ' offers'} {offer.name}"
    requires = [f"found: {offering}" if offer.nodes else _needed(offer)]
    if others := _namesakes(e, offer):
        requires.append(
            f"its pods stay on nodes with {offer.model}, for those with {', '.join(others)} offer {offer.resource}, too"
        )
    reasons = [*doubts, *([] if offer.nodes else [f"no node offers {offer.name}"])]
    if lever is Lever.USE_SHARED_GPU:
        reasons.append("how it gets on with its neighbours is not known, and the saving is an estimate")
    if e.works_together:
        reasons.append(f"its pods may be one work, and {_UNHEARD}")
    first = _TOGETHER if e.works_together else _ONE_RUN if e.comes_again else _ONE_REPLICA
    trial = f"trial: run {first}, for {'; '.join(reasons)}"
    return trial if reasons else "", tuple(requires)


_TOGETHER = "all its pods there once and compare how long they take"
_ONE_RUN = "it there once and compare how long it takes"
_ONE_REPLICA = "one replica there for a week and compare latency and errors"
_UNHEARD = "how much they say to each other is not known"


def _namesakes(e: ServerEvidence, offer: Offer) -> tuple[str, ...]:
    """Other models of which nodes offer something by the same name, such as a 3g.40gb of an A100 and of an H100."""
    alike = (
        each.model for each in e.offers if each.nodes and each.resource == offer.resource and each.model != offer.model
    )
    return tuple(sorted(set(alike))) if offer.profile else ()


def _needed(offer: Offer) -> str:
    if offer.profile:
        return f"needed: a node of {offer.model} whose cards are cut into {offer.profile} (nvidia.com/mig.config)"
    return f"needed: a node with {offer.model}"


def _asked(offer: Offer) -> str:
    if offer.profile:
        return f"{offer.resource}: 1"
    return f"{offer.resource}: 1 on {offer.name if offer.replicas > 1 else offer.product or offer.model}"


def _resize(e: ServerEvidence, now: Device, offer: Offer) -> Resize | None:
    """Where only the name of what is asked for changes and tells the card; on which nodes pods run aicost does not choose."""
    if not e.container or not offer.nodes or offer.resource == now.resource or _namesakes(e, offer):
        return None
    return Resize(e.container, tuple(sorted(((now.resource, None), (offer.resource, 1)))))
