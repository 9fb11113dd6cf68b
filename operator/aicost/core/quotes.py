"""What GPUs of a manifest will cost before it is applied: at the prices of devices that nodes have, and beside budgets.

Which card serves a pod is the scheduler's; where several may, the cost is a range. What no node offers has no price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from aicost.core.declarations import Workload
from aicost.core.holdings import CardGroup
from aicost.core.identity import Labels, ObjectRef
from aicost.core.ledger import Owner
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH
from aicost.core.recommendations.gpu.evidence import Offer
from aicost.core.recommendations.live import Asking, Live, Scaler
from aicost.core.window import Instant

HOURS_OF_A_DAY = 24
MOST_SHAPES = 3
SCALED = frozenset(
    {("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout")}
)
"""Kinds whose `replicas` are their pods: an autoscaler of another one sets what is not known."""
_HPA = "HorizontalPodAutoscaler "


@dataclass(frozen=True, slots=True)
class Pods:
    """From `least` to `most` of them, each with these devices by resource; `product` is the card that nodes must have.

    `told`: whether the manifest says how many; else as many go on as run. `nodes`: instead one on each node that has these labels and a device, at most, for taints are not known.
    """

    devices: tuple[tuple[str, int], ...]
    least: int
    most: int
    product: str = ""
    nodes: Labels | None = None
    told: bool = True

    def on(self, groups: Iterable[CardGroup], at: Instant) -> Pods:
        """As many as the nodes that there are at an instant; where there are none yet nobody knows."""
        if self.nodes is None:
            return self
        asked = {name for name, _ in self.devices}
        found = {
            group.node.name
            for group in groups
            if at in group.window and self.nodes <= group.labels and asked & {slot.resource for slot in group.devices}
        }
        return replace(self, least=0, most=len(found), nodes=None) if found else self

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or any(count < 1 for _, count in self.devices):
            raise ValueError("counts of replicas and devices are no numbers of things")


@dataclass(frozen=True, slots=True)
class Server:
    """What a manifest runs: pods of one or several shapes, whose `labels` say whose they are.

    `replaces` is what is scaled down to none as soon as these run.
    """

    namespace: str
    ref: ObjectRef
    labels: Labels
    pods: tuple[Pods, ...]
    replaces: ObjectRef | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a set of manifests runs, the workloads that it declares, which may claim it, and who scales what."""

    servers: tuple[Server, ...]
    workloads: tuple[Workload, ...] = ()
    scalers: tuple[Scaler, ...] = ()


@dataclass(frozen=True, slots=True)
class Between:
    """Nano-units a month of 730 hours, at least and at most."""

    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What a server will cost a month, and what costs what runs under its name now, or of what it replaces; None: some of it has no price.

    `cheaper` are devices that cost less than any that may serve it now: whether one of them holds it only a run tells.
    `payers` are the units with a budget that may have to pay it, where nobody claims its pods.
    """

    server: Server
    owner: Owner
    monthly: Between | None
    now: Between | None
    cheaper: tuple[Offer, ...] = ()
    payers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """A unit's budget of a month, what the unit costs a month at the pace of its last complete day, and what is added.

    `budget` is a month's part of a quarter's or a year's; `added` is None where it is not known in the unit's currency.
    `whole` says whether all that the day cost is known: else it is costlier than `pace`.
    """

    unit: str
    currency: str
    budget: int
    pace: int
    added: Between | None
    whole: bool = True

    @property
    def fits(self) -> bool | None:
        """Whether it fits at most; None where that is not known. What is missing of the pace makes nothing fit."""
        if self.added is None:
            return None
        if self.pace + self.added.high > self.budget:
            return False
        return True if self.whole else None


def quote(server: Server, owner: Owner, offers: Iterable[Offer], live: Live) -> Quote:
    """At the offers of the price book's currency; `owner` is whose its pods will be.

    An autoscaler's range counts, whatever the manifest says; where neither says how many, what runs goes on.
    """
    here = [offer for offer in offers if offer.nodes]
    own = {each.pod for each in _running(live, server.namespace, server.ref)}
    runs: Counter[str] = Counter()
    for ref in (server.ref, server.replaces):
        for each in _running(live, server.namespace, ref):
            runs.update(dict(each.devices))
    scaler = live.scaler(server.namespace, (server.ref,))
    told = replace(server, pods=tuple(_scaled(each, scaler, len(own)) for each in server.pods))
    is_known = scaler is None or (server.ref.group, server.ref.kind) in SCALED
    monthly = _together(told.pods, here) if is_known else None
    return Quote(told, owner, monthly, _now(runs, told, here), tuple(_cheaper(told, here)))


def replaced_once(servers: Sequence[Server]) -> tuple[Server, ...]:
    """Each with what it replaces, unless another one does before it, or that is among them: it is taken off once."""
    seen: set[tuple[str, ObjectRef | None]] = {(server.namespace, server.ref) for server in servers}
    found = []
    for server in servers:
        of = server.namespace, server.replaces
        found.append(replace(server, replaces=None) if of in seen else server)
        seen.add(of)
    return tuple(found)


def _running(live: Live, namespace: str, ref: ObjectRef | None) -> list[Asking]:
    """The containers of an object's pods, or of the pod that it is; of no object none."""
    mine = (each for each in live.asking if each.namespace == namespace)
    return [each for each in mine if ref in (*each.owners, ObjectRef("", "Pod", each.pod))]


def _scaled(pods: Pods, scaler: Scaler | None, running: int) -> Pods:
    """A HorizontalPodAutoscaler rests while a manifest says that none run."""
    if scaler and (pods.most or not scaler.by.startswith(_HPA)):
        return replace(pods, least=scaler.least, most=max(scaler.least, scaler.most))
    return pods if pods.told or not running else replace(pods, least=running, most=running)


def _together(pods: Iterable[Pods], offers: Sequence[Offer]) -> Between | None:
    """All shapes at their fewest and at their most; None where any has no price, or no number yet."""
    low = high = 0
    for each in pods:
        if each.nodes is not None or (one := _monthly(dict(each.devices), offers, each.product)) is None:
            return None
        low += one.low * each.least
        high += one.high * each.most
    return Between(low, high)


def _now(runs: Mapping[str, int], server: Server, offers: Sequence[Offer]) -> Between | None:
    """On the card that the manifest names, where it names one for all."""
    products = {each.product for each in server.pods}
    return _monthly(runs, offers, products.pop() if len(products) == 1 else "")


def added(quotes: Sequence[Quote], rate: Fraction | None, paid: int) -> Between | None:
    """What they cost more than what runs under their names; at most is the dearest future less the cheapest present.

    What runs beyond what is `paid` at the pace of the day, in the unit's currency, began since: it is added to that.
    """
    if rate is None or any(each.monthly is None or each.now is None for each in quotes):
        return None
    pairs = [(each.monthly, each.now) for each in quotes if each.monthly and each.now]
    since = max(Fraction(0), sum(now.low for _, now in pairs) - paid / rate)
    low = since + sum(will.low - now.high for will, now in pairs)
    high = since + sum(will.high - now.low if will != now else 0 for will, now in pairs)
    return Between((min(low, high) * rate).__floor__(), -((-high * rate).__floor__()))


def pace(last_day_nanos: int) -> int:
    """A month at the pace of a day."""
    return last_day_nanos * HOURS_OF_A_MONTH // HOURS_OF_A_DAY


def _monthly(devices: Mapping[str, int], offers: Sequence[Offer], product: str) -> Between | None:
    low = high = 0
    for name, count in devices.items():
        prices = [offer.per_hour for offer in _serving(name, offers, product)]
        if not prices:
            return None
        low += count * min(prices) * HOURS_OF_A_MONTH
        high += count * max(prices) * HOURS_OF_A_MONTH
    return Between(low, high)


def _serving(resource: str, offers: Iterable[Offer], product: str) -> list[Offer]:
    return [offer for offer in offers if offer.resource == resource and product in ("", offer.product)]


def _cheaper(server: Server, offers: Sequence[Offer]) -> list[Offer]:
    """For a pod that asks for one device; the dearest of them first, which are most like it. None that is shared in time."""
    if [[count for _, count in each.devices] for each in server.pods] != [[1]]:
        return []
    (pods,) = server.pods
    ((resource, _),) = pods.devices
    served = _serving(resource, offers, pods.product)
    least = min((offer.per_hour for offer in served), default=0)
    less = {offer.name: offer for offer in offers if offer.per_hour < least and offer.replicas == 1}
    return sorted(less.values(), key=lambda offer: (-offer.per_hour, offer.name))[:MOST_SHAPES]
