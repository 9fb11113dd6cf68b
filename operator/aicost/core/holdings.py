"""Who held which GPU, and when: card groups, holdings, and how accounts of them are merged.

Devices come from Kubernetes alone; utilisation has no say here (accounting rule 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from aicost.core.coverage import missing, union
from aicost.core.identity import Labels, NodeRef, PodIdentity
from aicost.core.layout import Slot
from aicost.core.placements import Placement, together
from aicost.core.window import Instant, Window, window

FOREVER = Instant(2**53)
"""The end of what still goes on."""


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Cards of one product on one node that Kubernetes does not tell apart, while the node had them.

    `product` is the node's `nvidia.com/gpu.product` label, empty when the node has none; `cards` counts cards, however
    they are cut. `labels` are the node's. `sharing` and `slots` as of core.cards.Cards. `claimable`: ResourceClaims
    hand out cards of the node, so that only who watches claims knows who holds them.
    """

    node: NodeRef
    resource: str
    product: str
    cards: int
    window: Window
    labels: Labels = frozenset()
    sharing: str = ""
    slots: tuple[Slot, ...] = ()
    claimable: bool = False

    def __post_init__(self) -> None:
        if self.cards < 1:
            raise ValueError(f"{self.node} has {self.cards} cards: a group has at least one")

    @property
    def devices(self) -> tuple[Slot, ...]:
        """What pods ask for: whole cards, or the slots that they are cut into; nothing where nobody knows how."""
        return self.slots or (() if self.sharing else (Slot(self.resource, self.cards),))


@dataclass(frozen=True, slots=True)
class Holding:
    """A pod that held `count` devices named `resource` on a node over a half-open window.

    `assumed_from` is where knowledge ends when only a last sample shows the end: from there to the window's end the
    card is assumed to be held still. None: the end is known. `claim` is the UID of the ResourceClaim that the devices
    are held by, empty for those of a device plugin; pods that hold the same claim at once share its devices.
    """

    pod: PodIdentity
    node: str
    resource: str
    count: int
    window: Window
    assumed_from: Instant | None = None
    claim: str = ""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"{self.pod} holds {self.count} of {self.resource}: a holding has at least one")
        if self.assumed_from is not None and not self.window.start <= self.assumed_from < self.window.end:
            raise ValueError(f"{self.pod} cannot be assumed to hold from {self.assumed_from} on in {self.window}")

    def lasting(self, over: Window, assumed_from: Instant | None) -> Holding:
        """It over another window, assumed from that instant if that lies within."""
        within = assumed_from is not None and assumed_from < over.end
        return replace(self, window=over, assumed_from=max(over.start, assumed_from or over.start) if within else None)

    @property
    def key(self) -> tuple[str, str, str]:
        """Pod UID, resource and claim: a pod holds a resource once, and once by each claim."""
        return self.pod.uid, self.resource, self.claim

    @property
    def is_unreserved(self) -> bool:
        """Whether it is the claim's own: what it holds while it is reserved for no pod. See `unreserved`."""
        return bool(self.claim) and self.pod.uid.startswith(f"{self.claim}@")


def unreserved(claim: str, namespace: str, name: str, since: Instant) -> PodIdentity:
    """A ResourceClaim as the holder of its devices: in place of a pod, since it was allocated, without any label."""
    return PodIdentity(f"{claim}@{since}", namespace, f"resourceclaim/{name}")


@dataclass(frozen=True, slots=True)
class Devices:
    """An account of who held which cards: nodes' card groups and pods' holdings.

    `ended` are pods, by UID, of which the account knows when they ended but may not know any more what they held: a
    claim is deleted with its pod. `placements` are where MIG instances lie, of nodes whose cards are cut differently.
    """

    groups: tuple[CardGroup, ...] = ()
    holdings: tuple[Holding, ...] = ()
    ended: tuple[tuple[str, Instant], ...] = ()
    placements: tuple[Placement, ...] = ()


def merged(known: Devices, told: Devices, *, closes: bool) -> Devices:
    """What is known, extended by another account of it. Sorted, so that equal facts give equal values.

    A pod's holding lasts from its earliest start to its latest end: a hole in the samples of one UID is no hole in its
    holding. What was seen stands against what is assumed. Only an account that `closes`, which watches, may end what
    was going on (FOREVER), and its identities stand. Of a node's cards an account knows best about the time that it
    tells of. What was asked for by name and handed out by a claim is held by the claim, though one account knows only
    the name.
    """
    claims = {(held.pod.uid, held.resource): held.claim for held in (*known.holdings, *told.holdings) if held.claim}
    holdings: dict[tuple[str, str, str], Holding] = {}
    for of, ends in ((known, False), (told, closes)):
        for each in of.holdings:
            claim = claims.get((each.pod.uid, each.resource)) if claims and not each.claim else None
            holding = replace(each, claim=claim) if claim else each
            before = holdings.get(holding.key)
            holdings[holding.key] = _extended(before, holding, closes=ends) if before else holding
    earlier, later = _by_name(known.groups), _by_name(told.groups)
    names = sorted(earlier.keys() | later.keys())
    return Devices(
        tuple(group for name in names for group in _timeline(earlier[name], later[name], closes=closes)),
        tuple(sorted(holdings.values(), key=in_order)),
        placements=together((*known.placements, *told.placements)),
    )


def _by_name(groups: Iterable[CardGroup]) -> defaultdict[tuple[str, str], list[CardGroup]]:
    named: defaultdict[tuple[str, str], list[CardGroup]] = defaultdict(list)
    for group in groups:
        named[group.node.name, group.resource].append(group)
    return named


def _extended(known: Holding, told: Holding, *, closes: bool) -> Holding:
    """A watch knows who the pod is; other accounts may lack its labels, so they never take the identity's place."""
    start = min(known.window.start, told.window.start)
    end, assumed_from = _end(known, told) if not _ends(known.window, told.window, closes=closes) else _own_end(told)
    return replace(known, pod=told.pod if closes else known.pod).lasting(Window(start, end), assumed_from)


def _ends(known: Window, told: Window, *, closes: bool) -> bool:
    return closes and known.end == FOREVER and told.end != FOREVER


def _end(known: Holding, told: Holding) -> tuple[Instant, Instant | None]:
    """The end of both: what was seen stands, and is assumed to go on only as far as nobody knows better."""
    if known.assumed_from is None and known.window.end >= _seen(told):
        return _own_end(known)
    if told.assumed_from is None:
        return _own_end(told if told.window.end > _seen(known) else known)
    seen = max(_seen(known), told.assumed_from)
    ends = [holding.window.end for holding in (known, told) if holding.window.end > seen]
    return (min(ends), seen) if ends else (seen, None)


def _own_end(holding: Holding) -> tuple[Instant, Instant | None]:
    return holding.window.end, holding.assumed_from


def _seen(holding: Holding) -> Instant:
    """The last instant up to which the holding is known, not assumed."""
    return holding.window.end if holding.assumed_from is None else holding.assumed_from


def _timeline(known: list[CardGroup], told: list[CardGroup], *, closes: bool) -> list[CardGroup]:
    """The groups of one node name in time: those told, and those known around them; alike neighbours are one.

    A name exists once at a time: a node ends at the latest when one of its name is created later.
    """
    creations = {group.node.created for group in (*known, *told)}
    told = _in_turn([alive for group in told for alive in _alive(group, creations)])
    spoken = union(group.window for group in told)
    ends: dict[NodeRef, Instant] = {}
    for group in told if closes else ():
        ends[group.node] = max(ends.get(group.node, group.window.end), group.window.end)
    around = [
        replace(group, window=part)
        for group in known
        for alive in _alive(group, creations)
        for part in missing(alive.window, spoken)
        if group.window.end != FOREVER or part.start < ends.get(group.node, FOREVER)
    ]
    return _in_turn([*around, *told])


def _in_turn(groups: list[CardGroup]) -> list[CardGroup]:
    """Groups one after the other: each ends where one of other cards begins; alike ones are one, holes or not."""
    line: list[CardGroup] = []
    for group in sorted(groups, key=lambda group: (group.window.start, group.cards, group.node)):
        while line and group.window.start < line[-1].window.end and not _alike(line[-1], group):
            line[-1:] = _until(line[-1], group.window.start)
        if line and _alike(line[-1], group):
            end = max(line[-1].window.end, group.window.end)
            line[-1] = replace(group, window=Window(line[-1].window.start, end))
        else:
            line.append(group)
    return line


def _alike(one: CardGroup, other: CardGroup) -> bool:
    return replace(one, window=other.window) == other


def _until(group: CardGroup, end: Instant) -> list[CardGroup]:
    shorter = window(group.window.start, end)
    return [replace(group, window=shorter)] if shorter else []


def _alive(group: CardGroup, creations: set[Instant]) -> list[CardGroup]:
    later = min((created for created in creations if created > group.node.created), default=FOREVER)
    return _until(group, min(group.window.end, later))


def clipped(devices: Devices, to: Window) -> Devices:
    """The account as far as it lies in a window; placements by whole hours."""
    return Devices(
        tuple(replace(g, window=common) for g in devices.groups if (common := g.window.overlap(to))),
        tuple(h.lasting(common, h.assumed_from) for h in devices.holdings if (common := h.window.overlap(to))),
        placements=tuple(each for each in devices.placements if each.window.meets(to)),
    )


def in_order(holding: Holding) -> tuple[str, int, str, str, str]:
    """What sorts holdings: by node, then by start, the same whatever order they came in."""
    return holding.node, holding.window.start, *holding.key
