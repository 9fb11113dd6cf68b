"""Which claims compete: those between which the time of each may decide who owns a thing (accounting rule 7)."""

from __future__ import annotations

from typing import TypeAlias

from aicost.core.claims import NAMED_BY_CALLERS
from aicost.core.declarations import Dimensions, PodClaim, UsageClaim
from aicost.core.identity import Labels, WorkloadRef

Claimed: TypeAlias = tuple[WorkloadRef, PodClaim | UsageClaim | None]
"""What a workload claims: pods, usage, or no pods."""

_TWICE_IN_A_CHAIN = frozenset({("apps", "StatefulSet")})
"""Kinds of which two may own one pod: a LeaderWorkerSet's workers have a StatefulSet under that of their leader's pod."""


def compete(one: Claimed, other: Claimed) -> bool:
    """Whether there may be a thing that both match and that goes to whoever claimed it first.

    Within a namespace the longer match wins whoever was first, so only those of one length compete there. Between two what was
    called with wins over what callers name, so only those of one rank do.
    """
    (ref, claim), (other_ref, other_claim) = one, other
    if ref == other_ref:
        return False
    together = ref.namespace == other_ref.namespace
    if isinstance(claim, UsageClaim) and isinstance(other_claim, UsageClaim):
        of_one_length = len(claim.match) == len(other_claim.match)
        by_time = of_one_length if together else _of_one_rank(claim.match, other_claim.match)
        return by_time and claim.source == other_claim.source and _agree(claim.match, other_claim.match)
    if isinstance(claim, PodClaim) and isinstance(other_claim, PodClaim):
        return together and _same_pods(claim, other_claim)
    return False


def _same_pods(one: PodClaim, other: PodClaim) -> bool:
    if one.selector and other.selector:
        return len(one.selector) == len(other.selector) and _agree(one.selector, other.selector)
    if one.target and other.target:
        kinds = {(of.group, of.kind) for of in (one.target, other.target)}
        return one.target == other.target or len(kinds) > 1 or kinds <= _TWICE_IN_A_CHAIN
    return False


def _of_one_rank(one: Dimensions, other: Dimensions) -> bool:
    """Whether both may stand by what callers name, or both by what was called with: of one that says both its grants decide."""
    names = [{name for name, _ in match} for match in (one, other)]
    pairs = (names, reversed(names))
    return not any(mine <= NAMED_BY_CALLERS and not theirs & NAMED_BY_CALLERS for mine, theirs in pairs)


def _agree(one: Labels | Dimensions, other: Labels | Dimensions) -> bool:
    """Whether one thing may carry all of both: no name has two values."""
    both = one | other
    return len(both) == len({name for name, _ in both})
