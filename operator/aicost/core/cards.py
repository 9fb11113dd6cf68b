"""A node's cards from its labels and capacity: one rule for the live inventory and for recorded series.

Labels are those of NVIDIA GPU Feature Discovery, capacity that of the device plugin. What cannot be known from them is
said to be unknown, and what contradicts is said to: never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.identity import Labels
from aicost.core.layout import Instances, Slot, mig, normalised, profile
from aicost.core.products import model_of

GPU = "nvidia.com/gpu"
SHARED = "nvidia.com/gpu.shared"
MIG = "nvidia.com/mig-"
MIG_CARDS = "nvidia.com/mig"
"""How the cards of a node that are cut into MIG instances of several names are called together."""
PRODUCT = "nvidia.com/gpu.product"
COUNT = "nvidia.com/gpu.count"
REPLICAS = "nvidia.com/gpu.replicas"
STRATEGY = "nvidia.com/gpu.sharing-strategy"
LAYOUT, LAYOUT_STATE = "nvidia.com/mig.config", "nvidia.com/mig.config.state"
"""How the GPU Operator was told to cut the cards, and whether it did."""
_COUNTED, _REPLICATED = ".count", ".replicas"
_TIMESTAMPS = ("nvidia.com/gfd.timestamp", "nvidia_com_gfd_timestamp")
"""When GPU Feature Discovery started, as Kubernetes and as kube-state-metrics write it: no property of the node."""
MOST_DEVICES = 100_000
"""No node has and no container asks for so many devices of one kind: who says so is mistaken, or wants sums to break."""
_SUFFIX = re.compile(r"(?:-MIG-(?P<profile>.+?))?(?P<shared>-SHARED)?$")
TIME_SLICING, MPS, IN_INSTANCES, CONTRADICTORY = "time-slicing", "mps", "mig", "contradictory"
UNCOUNTED = "mig on uncounted cards"
"""In place of `mig` where no label counts the cards: see `_Node.uniform_instances`."""
UNTOLD = "untold"
"""In place of how cards are cut: ResourceClaims hand them out, and nobody watched these."""
DRIVER = "gpu.nvidia.com"
"""NVIDIA's driver for dynamic resource allocation: what it publishes are cards, and what any other one does is not."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards of one product on a node; `resource` names them as a group.

    `sharing` says how they are cut: `time-slicing`, `mps`, `mig`, or empty for whole cards; UNCOUNTED where there are
    `count` at least; `contradictory` where labels and capacity contradict each other; `untold` where nobody knows who
    claimed them. `slots` are the devices that pods ask for; none where nobody knows.
    """

    product: str
    count: int
    sharing: str = ""
    slots: tuple[Slot, ...] = ()
    resource: str = GPU


def cards_of(labels: Mapping[str, str], capacity: Mapping[str, int]) -> tuple[Cards, ...]:
    """What the node has; nothing where it has no card. `labels` by their real keys, `capacity` by resource name."""
    node = _Node(labels, capacity)
    if node.profile:
        return tuple(node.uniform_instances())
    if node.instances:
        return (*node.whole_beside_instances(), *node.mixed_instances())
    return tuple(node.replicated() if node.is_shared else node.whole())


def labels_of_instances(resources: Iterable[str]) -> tuple[str, ...]:
    """The keys of the labels that say more of MIG instances offered by these names."""
    named = sorted(resource for resource in resources if resource.startswith(MIG))
    return tuple(f"{resource}{suffix}" for resource in named for suffix in (_COUNTED, _REPLICATED))


def counted(labels: Mapping[str, str]) -> int:
    """How many cards the node's labels count, 0 where they count none: with MIG strategy `single` they count instances."""
    return 0 if _Node(labels, {}).profile else _number(labels, COUNT)


def unpublished(pool: str, device: str) -> str:
    """The name of a device that a ResourceClaim holds and no ResourceSlice publishes."""
    return f"{DRIVER}/{pool}/{device}"


def is_unpublished(resource: str) -> bool:
    """Whether it is such a name."""
    return resource.startswith(f"{DRIVER}/")


def believed(devices: int) -> int:
    """The number, or none at all where it cannot be: a pod that asked for so many never ran."""
    return devices if 0 < devices < MOST_DEVICES else 0


def lasting(labels: Labels) -> Labels:
    """The labels that say something of the node: those that change with every start of a daemon do not."""
    return frozenset((key, value) for key, value in labels if key not in _TIMESTAMPS)


class _Node:
    """Labels and capacity, read."""

    def __init__(self, labels: Mapping[str, str], capacity: Mapping[str, int]) -> None:
        self._labels = labels
        self._capacity = capacity
        said = labels.get(PRODUCT, "")
        suffix = _SUFFIX.search(said)
        self.product = said[: suffix.start()] if suffix else said
        self.profile = (suffix and suffix["profile"]) or ""
        self._says_shared = bool(suffix and suffix["shared"])
        self._offered = capacity.get(GPU, 0) or capacity.get(SHARED, 0)
        self._resource = SHARED if capacity.get(SHARED, 0) else GPU
        self._replicas = _number(labels, REPLICAS)
        self._labelled = _number(labels, COUNT)
        self.instances = self._instances()

    @property
    def is_shared(self) -> bool:
        """`replicas` is 1 on nodes that share nothing, and 0 where MIG is mixed."""
        strategy = self._labels.get(STRATEGY, "none") in (TIME_SLICING, MPS)
        return strategy or self._says_shared or self._replicas > 1 or self._resource == SHARED

    @property
    def _is_cut_full(self) -> bool:
        """Whether every card was cut into as many instances of the profile as fit on one."""
        said = self._labels.get(LAYOUT, ""), self._labels.get(LAYOUT_STATE)
        return (normalised(said[0]), said[1]) == (f"all-{normalised(self.profile)}", "success")

    def whole(self) -> Iterator[Cards]:
        """What the device plugin offers; while it restarts and offers nothing, what the label counts."""
        if count := self._offered or self._labelled:
            yield Cards(self.product, count, slots=(Slot(GPU, count),))

    def replicated(self) -> Iterator[Cards]:
        """Cards that several pods share in time or by MPS: `replicas` devices each."""
        sharing = MPS if self._labels.get(STRATEGY) == MPS else TIME_SLICING
        count, replicas = self._labelled, self._replicas
        if count and replicas <= 1 and self._offered % count == 0:
            replicas = self._offered // count
        if not count and replicas > 1 and self._offered % replicas == 0:
            count = self._offered // replicas
        if not count or replicas <= 1:
            yield from self._unknown(sharing)
        elif self._offered not in (0, count * replicas):
            yield Cards(self.product, count, CONTRADICTORY)
        else:
            renamed = self._resource == SHARED or not (self._offered or self._says_shared)
            slot = Slot(SHARED if renamed else GPU, count * replicas)
            yield Cards(self.product, count, sharing, (slot,))

    def uniform_instances(self) -> Iterator[Cards]:
        """MIG strategy `single`: instances of one profile, offered under the card's own name; each card has at least one.

        No label counts the cards. There are as many as instances where no two fit on a card or only one is there, and as
        many as these fill where the GPU Operator cut all cards so (its `all-1g.5gb` is as many as fit: mig-parted's
        config-default.yaml). Where there is an empty card, or two profiles are, Feature Discovery names none.
        """
        devices, replicas = self._offered or self._labelled, max(1, self._replicas)
        of = profile(self.profile, model_of(self.product))
        if of is None or devices % replicas:
            yield Cards(self.product, max(1, devices), IN_INSTANCES)
        elif instances := devices // replicas:
            slot = Slot(self._resource, devices, profile=self.profile, replicas=replicas)
            least = -(-instances // of.per_card)
            known = least == instances or (instances % of.per_card == 0 and self._is_cut_full)
            yield Cards(self.product, least, IN_INSTANCES if known else UNCOUNTED, (slot,))

    def whole_beside_instances(self) -> Iterator[Cards]:
        """MIG strategy `mixed`: cards that are not cut are offered as ever."""
        if count := self._capacity.get(GPU, 0):
            yield Cards(self.product, count, slots=(Slot(GPU, count),))

    def mixed_instances(self) -> Iterator[Cards]:
        """MIG strategy `mixed`: instances of several names, on the cards that the label counts beside the whole ones."""
        if not self._labelled:
            yield Cards(self.product, 1, IN_INSTANCES, resource=MIG_CARDS)
            return
        cards = self._labelled - self._capacity.get(GPU, 0)
        model = model_of(self.product)
        read = [self._read(name, devices, model) for name, devices in sorted(self.instances.items())]
        known = [each for each in read if each]
        slots = mig(known, cards, model) if len(known) == len(read) else ()
        other = any(self._capacity.get(name, 0) not in (0, devices) for name, devices in self.instances.items())
        sharing = CONTRADICTORY if slots is None or other else IN_INSTANCES
        yield Cards(self.product, max(1, cards), sharing, () if other else slots or (), MIG_CARDS)

    def _instances(self) -> dict[str, int]:
        """Devices by name: those that labels count, else those that are offered.

        Capacity keeps what an earlier layout offered until the kubelet restarts, as a real A100 node shows.
        """
        named = [key.removesuffix(_COUNTED) for key in self._labels if key.startswith(MIG) and key.endswith(_COUNTED)]
        counted = {name: _number(self._labels, f"{name}{_COUNTED}") * self._replicas_of(name) for name in named}
        offered = {name: count for name, count in self._capacity.items() if name.startswith(MIG) and count}
        return {name: count for name, count in counted.items() if count} or offered

    def _replicas_of(self, resource: str) -> int:
        return max(1, _number(self._labels, f"{resource}{_REPLICATED}"))

    def _read(self, resource: str, devices: int, model: str) -> Instances | None:
        replicas, name = self._replicas_of(resource), resource.removeprefix(MIG)
        of = profile(name, model)
        return Instances(resource, of, devices // replicas, replicas, name) if of and devices % replicas == 0 else None

    def _unknown(self, sharing: str) -> Iterator[Cards]:
        if count := self._labelled or self._offered:
            yield Cards(self.product, count, sharing)


def _number(labels: Mapping[str, str], key: str) -> int:
    text = labels.get(key, "")
    return believed(int(text)) if text.isascii() and text.isdigit() else 0
