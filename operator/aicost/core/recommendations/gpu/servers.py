"""From what the ledger knows of a window to the evidence of each server: pods by their controller, with what they did and cost.

Prices, shares and owners are the ledger's: a server costs what the workload's lines of its pods say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from aicost.core.coverage import Coverage, union, within
from aicost.core.declarations import Unit, Workload
from aicost.core.holdings import Devices, Holding
from aicost.core.identity import ObjectRef, PodIdentity, WorkloadRef
from aicost.core.ledger import Component, Total
from aicost.core.loads import CardLoad, Loads, ServerLoad
from aicost.core.products import model_of
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Part, Target
from aicost.core.recommendations.asking import AskAbout, about_any
from aicost.core.recommendations.gpu.evidence import BATCH_KINDS, BATCH_PURPOSES, Device, Offer, ServerEvidence
from aicost.core.recommendations.gpu.memory import weights_mib
from aicost.core.recommendations.gpu.offers import Market, by_resource, part_of, replicas_of
from aicost.core.recommendations.gpu.room import Room, Yard
from aicost.core.recommendations.live import Live
from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import HOUR, Instant, Window

PodName: TypeAlias = tuple[str, str]
"""Namespace and name: by it lines, loads and counts name pods."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known of a window of whole hours, and of which time it is known who held cards: `covered`.

    `totals` are by subject, and in `currency` where they have one.
    """

    window: Window
    workloads: Mapping[WorkloadRef, Workload]
    devices: Devices
    totals: tuple[Total, ...]
    loads: Loads
    counted: tuple[PodTokens, ...]
    market: Market
    live: Live
    currency: str
    covered: Coverage = ()
    units: tuple[Unit, ...] = ()


def servers(scene: Scene, ask: AskAbout = about_any) -> Iterator[ServerEvidence]:
    """The evidence of every server that cost a workload something in the window, in a stable order; each may fail alone."""
    known = _Known(scene)
    offers = scene.market.offers()
    for (ref, owner), pods in sorted(known.servers().items()):
        if ref in scene.workloads:
            yield from ask(ref)("evidence", partial(known.evidence, scene.workloads[ref], owner, pods, offers))


def controller(pod: PodIdentity) -> ObjectRef:
    """The top of its owner chain, or the pod itself; the node that owns a static pod controls nothing."""
    owners = [each for each in pod.owners if (each.group, each.kind) != ("", "Node")]
    return owners[-1] if owners else ObjectRef("", "Pod", pod.name)


_KSERVE = "serving.kserve.io"
_KNATIVE = "serving.knative.dev"


def _in_parts(owner: ObjectRef, holdings: Iterable[Holding]) -> bool:
    """Whether its pods are replicas of several things beneath it, or not of the one whose number it has: KServe's predictor."""
    if owner.group != _KSERVE:
        return False
    beneath = {held.pod.owners[-2:-1] for held in holdings}
    numbered = all(part and part[0].name.startswith(f"{owner.name}-predictor") for part in beneath)
    return len(beneath) > 1 or (owner.kind == "InferenceService" and not numbered)


def _autoscaled(live: Live, namespace: str, owners: tuple[ObjectRef, ...]) -> bool | None:
    """Whether anything scales it; None where nobody knows: Knative's own autoscaler is not among those that are listed."""
    if live.scaler(namespace, owners):
        return True
    return None if live.scalers is None or any(each.group == _KNATIVE for each in owners) else False


def _name(subject: str) -> PodName:
    """The pod of a line: its name, without the UID that stands behind it where a name came back."""
    namespace, _, pod = subject.partition(" ")[0].partition("/")
    return namespace, pod


@dataclass
class _Known:
    scene: Scene
    costs: dict[PodName, Counter[WorkloadRef]] = field(default_factory=lambda: defaultdict(Counter))
    held: dict[PodName, list[Holding]] = field(default_factory=lambda: defaultdict(list))
    loads: dict[PodName, list[CardLoad]] = field(default_factory=lambda: defaultdict(list))
    caches: dict[PodName, list[ServerLoad]] = field(default_factory=lambda: defaultdict(list))
    counted: dict[PodName, list[PodTokens]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for total in self.scene.totals:
            if total.component is Component.GPU and total.owner.workload:
                priced = total.nanos if total.gap is None and total.currency == self.scene.currency else 0
                self.costs[_name(total.subject)][total.owner.workload] += priced
        for holding in self.scene.devices.holdings:
            self.held[holding.pod.namespace, holding.pod.name].append(holding)
        for card in self.scene.loads.cards:
            self.loads[card.namespace, card.pod].append(card)
        for cache in self.scene.loads.servers:
            self.caches[cache.namespace, cache.pod].append(cache)
        for tokens in self.scene.counted:
            self.counted[tokens.namespace, tokens.pod].append(tokens)
        self._cards = by_resource(self.scene.devices.groups)
        scene = self.scene
        told = within(scene.covered, scene.window) == (scene.window,)
        self._yard = Yard(scene.window, scene.devices, scene.market.is_bought, scene.units) if told else None

    def servers(self) -> Mapping[tuple[WorkloadRef, ObjectRef], tuple[PodName, ...]]:
        """Pods by the workload that pays most of them and by what controls them."""
        found: dict[tuple[WorkloadRef, ObjectRef], list[PodName]] = defaultdict(list)
        for name in sorted(self.costs.keys() & self.held.keys()):
            ref = max(sorted(self.costs[name]), key=lambda ref: self.costs[name][ref])
            found[ref, controller(self.held[name][-1].pod)].append(name)
        return {key: tuple(names) for key, names in found.items()}

    def evidence(
        self, workload: Workload, owner: ObjectRef, names: tuple[PodName, ...], offers: tuple[Offer, ...]
    ) -> Iterator[ServerEvidence]:
        """Of one server."""
        scene, ref = self.scene, workload.ref
        holdings = tuple(held for name in names for held in self.held[name])
        owners = tuple({owner, *(each for held in holdings for each in held.pod.owners)})
        containers = scene.live.containers(ref.namespace, owner)
        counted = [each for name in names for each in self.counted.get(name, ())]
        models = frozenset(each.model for each in counted if each.model)
        told = [weights_mib(model) for model in sorted(models)]
        nodes = tuple(sorted({held.node for held in holdings}))
        yield ServerEvidence(
            workload=ref,
            target=Target(owner),
            container=containers[0] if len(containers) == 1 else "",
            window=scene.window,
            device=(device := self._device(holdings)),
            part=self._part(ref, owner, names),
            in_parts=_in_parts(owner, holdings),
            currency=scene.currency,
            replicas=tuple(_replicas(holdings, scene.window)),
            device_hours=sum(held.window.seconds * held.count for held in holdings) // HOUR,
            loads=tuple(load for name in names for load in self.loads.get(name, ())),
            caches=tuple(load for name in names for load in self.caches.get(name, ())),
            tokens=sum((each.tokens for each in counted), start=Tokens()) if counted else None,
            models=models,
            weights_mib=None if not told or None in told else max(each for each in told if each is not None),
            purpose=workload.purpose,
            latency=workload.latency,
            isolated=workload.right_sizing.isolated,
            alone=self._alone(nodes, frozenset(names)),
            nodes=nodes,
            autoscaled=_autoscaled(scene.live, ref.namespace, owners),
            batch=(batch := any(each.kind in BATCH_KINDS for each in owners)),
            offers=offers,
            room=self._room(device, holdings, workload.unit) if batch or workload.purpose in BATCH_PURPOSES else None,
        )

    def _room(self, device: Device | None, own: tuple[Holding, ...], unit: str) -> Room | None:
        return self._yard.room(device.model, device.count, own, unit) if self._yard and device else None

    def _part(self, ref: WorkloadRef, owner: ObjectRef, names: tuple[PodName, ...]) -> Part:
        """At the pace of the window, but no dearer a pod than those are that are there at its end: what they hold may be another."""
        cost, seconds = self._paid(ref, names)
        end = self.scene.window.end
        now, left = self._paid(ref, [name for name in names if any(held.window.end >= end for held in self.held[name])])
        monthly = cost * HOURS_OF_A_MONTH * HOUR // self.scene.window.seconds
        if left and now * seconds < cost * left:
            monthly = monthly * now * seconds // (cost * left)
        return Part(("gpu", ref.namespace, owner.kind.lower(), owner.name), max(0, monthly))

    def _paid(self, ref: WorkloadRef, names: Iterable[PodName]) -> tuple[int, int]:
        """What pods cost the workload in the window, and how many seconds of pods that was."""
        lives = {name: union(held.window for held in self.held[name]) for name in names}
        seconds = sum(each.seconds for of in lives.values() for each in within(of, self.scene.window))
        return sum(self.costs[name][ref] for name in lives), seconds

    def _device(self, holdings: Iterable[Holding]) -> Device | None:
        """What all its pods ask for; None where that is of several kinds or not known."""
        found = {self._asked(held) for held in holdings}
        return found.pop() if len(found) == 1 else None

    def _asked(self, held: Holding) -> Device | None:
        for group, slot in self._cards.get((held.node, held.resource), ()):
            if group.window.meets(held.window):
                shared = group.sharing or ("time-slicing" if replicas_of(group, slot) > 1 else "")
                model = model_of(group.product)
                return Device(held.resource, model, held.count, shared, slot.profile, part_of(group, slot))
        return None

    def _alone(self, nodes: tuple[str, ...], pods: frozenset[PodName]) -> bool:
        """Whether its pods held every card of these nodes and nobody else any, and nobody bought them."""
        scene = self.scene
        held: Counter[str] = Counter()
        for holding in scene.devices.holdings:
            if holding.node in nodes and holding.window.end >= scene.window.end:
                held[holding.node] += holding.count
            if holding.node in nodes and (holding.pod.namespace, holding.pod.name) not in pods:
                return False
        groups = [
            group for group in scene.devices.groups if group.node.name in nodes and group.window.end >= scene.window.end
        ]
        there = {
            name: sum(slot.count for group in groups if group.node.name == name for slot in group.devices)
            for name in nodes
        }
        return (
            bool(nodes)
            and not any(map(scene.market.is_bought, groups))
            and all(there[name] and there[name] == held[name] for name in nodes)
        )


def _replicas(holdings: Iterable[Holding], window: Window) -> Iterator[int]:
    """Pods that are there at the last second of each hour."""
    alive: dict[str, list[Window]] = defaultdict(list)
    for held in holdings:
        alive[held.pod.uid].append(held.window)
    lives = [each for of in alive.values() for each in union(of)]
    for hour in window.pieces(HOUR):
        last = Instant(hour.end - 1)
        yield sum(last in life for life in lives)
