"""Who owns pods and idle nodes, ruled on once each however many hours they had; and how their lines are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aicost.core.claims import Contest
from aicost.core.identity import Labels, PodIdentity
from aicost.core.ledger import Owner
from aicost.core.ownership import Ownership
from aicost.core.succession import Succession


class Rulings:
    """Answers by ownership; `contests` are those of all pods that were asked about."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._pods: dict[str, Succession] = {}
        self._nodes: dict[Labels, Succession] = {}
        self.contests: set[Contest] = set()

    def owners(self, pod: PodIdentity) -> Succession:
        """Who owns what the pod costs."""
        if (known := self._pods.get(pod.uid)) is None:
            known = self._pods[pod.uid] = self._ownership.pod(pod)
            self.contests.update(known.contests)
        return known

    def idle(self, node: Labels) -> Succession:
        """Who owns what no pod holds of a node: the unit that reserves it, else nobody."""
        if (known := self._nodes.get(node)) is None:
            known = self._nodes[node] = self._ownership.idle(node)
        return known


def subjects(pods: Iterable[PodIdentity]) -> Mapping[str, str]:
    """What each pod is called in lines, by UID: its name, with its UID where several have that name."""
    uids: dict[str, set[str]] = defaultdict(set)
    for pod in pods:
        uids[str(pod)].add(pod.uid)
    return {uid: name if len(of) == 1 else f"{name} {uid}" for name, of in uids.items() for uid in of}


def by_owner(item: tuple[tuple[Owner, str], object]) -> tuple[str, str, str, str]:
    """What sorts parts by owner and subject, so that equal inputs give equal entries in any order."""
    (owner, subject), _ = item
    return owner.kind, owner.unit, str(owner.workload or ""), subject
