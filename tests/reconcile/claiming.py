"""Cards that ResourceClaims hand out in a life of the state machine: to one pod, to several at once, or to none.

No series tell of claims: what ends while nobody watches is not told by anybody, so here the watch sees each end.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.reconcile.beginning import LABELS, NAMESPACES
from tests.reconcile.declaring import Declaring
from tests.reconcile.life import STEP
from tests.reconcile.model import CLAIMED, NEVER, Pod

_MOST = 2
"""Pods that share a claim: what they share divides."""


class Claiming(Declaring):
    """Claims are allocated, shared, reserved for nobody, and given back."""

    def plugged(self) -> list[str]:
        """The nodes whose cards a device plugin offers."""
        return sorted(node.name for node in self.model.nodes if node.until == NEVER and node.cut != CLAIMED)

    def handed_out(self) -> list[str]:
        """The nodes whose cards claims hand out."""
        return sorted(self.alive() - {*self.plugged()})

    def claims(self, pods: int = _MOST) -> list[Pod]:
        """What claims hold now that so many pods share at most."""
        own = [pod for pod in self.model.pods if pod.own and pod.until == NEVER]
        return [of for of in own if len(self.sharers(of.claim)) <= pods]

    def sharers(self, claim: str) -> list[Pod]:
        """The pods that a claim is reserved for now."""
        return [pod for pod in self.model.pods if pod.claim == claim and not pod.own and pod.until == NEVER]

    @precondition(lambda self: any(self.model.free(node) for node in self.handed_out()))
    @rule(of=st.integers(0, 9), namespace=st.sampled_from(sorted(NAMESPACES)), used=st.booleans())
    def a_claim_is_allocated(self, of: int, namespace: str, used: bool) -> None:
        """Some of a node's cards, for a pod or for none yet."""
        free = sorted((node, *device) for node in self.handed_out() for device in self.model.free(node).items())
        (node, _, left), uid = free[of % len(free)], f"claim-{self.named}"
        own = Pod(f"resourceclaim/{uid}", namespace, frozenset(), node, 1 + of % left, self.now, claim=uid, own=True)
        self.named += 1
        self.model.pods.append(own)
        if used:
            self._reserve(own, of)
        self.pass_by(STEP)

    @precondition(lambda self: self.claims(_MOST - 1))
    @rule(of=st.integers(0, 9))
    def a_pod_shares_a_claim(self, of: int) -> None:
        """Or is the first that the claim is reserved for."""
        claims = self.claims(_MOST - 1)
        self._reserve(claims[of % len(claims)], of)
        self.pass_by(STEP)

    @precondition(lambda self: not self.lost and any(self.sharers(of.claim) for of in self.claims()))
    @rule(of=st.integers(0, 9))
    def a_claims_pod_ends(self, of: int) -> None:
        """The claim's other pod, or the claim itself, holds what it held."""
        names = [pod.name for own in self.claims() for pod in self.sharers(own.claim)]
        self.model.end(self.now, pod=names[of % len(names)])
        self._seen()

    @precondition(lambda self: not self.lost and self.claims())
    @rule(of=st.integers(0, 9))
    def a_claim_is_given_back(self, of: int) -> None:
        """With its pods."""
        claims = self.claims()
        self.model.end(self.now, claim=claims[of % len(claims)].claim)
        self._seen()

    @precondition(lambda self: not self.lost and self.handed_out())
    @rule(of=st.integers(0, 9))
    def a_node_of_claims_goes(self, of: int) -> None:
        """With all that its claims held."""
        names = self.handed_out()
        self.model.end(self.now, node=names[of % len(names)])
        self._seen()

    def _reserve(self, own: Pod, of: int) -> None:
        name, labels = f"pod-{self.named}", frozenset(LABELS[of % len(LABELS)].items())
        uid, self.named = f"uid-{self.named}", self.named + 1
        self.model.pods.append(
            Pod(name, own.namespace, labels, own.node, own.count, self.now, uid=uid, claim=own.claim)
        )

    def _seen(self) -> None:
        """The watch sees it before anything else happens."""
        self.pass_by(STEP)
        self.evaluated()
