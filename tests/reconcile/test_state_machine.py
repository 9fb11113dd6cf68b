"""Whatever happens in a cluster, in whatever order: after each evaluation the ledger holds what the exact model says.

Times are multiples of five minutes and prices whole micro-dollars a second, so that no amount has a part of a nano-unit
and the two can be compared to the last digit. `HYPOTHESIS_PROFILE=thorough` lives through more lives, and longer ones.
"""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from aicost.ports import Malformed, Unavailable
from tests.reconcile.beginning import LABELS, NAMESPACES, declare, populate
from tests.reconcile.carried import EUROS
from tests.reconcile.claiming import Claiming
from tests.reconcile.declaring import PRICES, UPKEEPS
from tests.reconcile.layouts import CUTS, LAYOUTS
from tests.reconcile.life import STEP
from tests.reconcile.model import BOUGHT, DAY, HOUR, NANOS, NEVER, POOL, SHARED, Node, Pod
from tests.reconcile.october import NOVEMBER, OCTOBER, close

FAULTS = (Unavailable("Prometheus is down"), Malformed("Prometheus: the answer is cut off"))


class ClusterLife(Claiming):
    """What happens in the cluster, to the operator, and to those whom it asks."""

    @initialize(price=st.sampled_from(PRICES), cut=st.sampled_from(sorted(LAYOUTS)))
    def begin(self, price: str, cut: str) -> None:
        """With a node that is cut in any of the ways, and a bill of a key that several share."""
        declare(self.world)
        self.the_server_moves("find")
        self.a_training_is_spread(2)
        populate(self.model, cut)
        self.restated = {(-1, SHARED): 8 * NANOS, (0, EUROS): 5 * NANOS}
        self.named = len(self.model.pods) + 1
        self.edit_the_prices(price, UPKEEPS[0])
        self.evaluate()

    @rule(steps=st.integers(1, 40))
    def time_passes(self, steps: int) -> None:
        """Up to a few hours."""
        self.pass_by(steps * STEP)

    @rule()
    def a_day_passes(self) -> None:
        """So that months end and are closed."""
        self.pass_by(DAY)

    @rule(cards=st.integers(1, 8), cut=st.sampled_from(sorted(CUTS)), pool=st.sampled_from(["", POOL, BOUGHT]))
    def a_node_appears(self, cards: int, cut: str, pool: str) -> None:
        """A name that no node had, or one that is used again; its cards are whole, in instances, or shared in time.

        They may be bought, or reserved.
        """
        names = [f"node-{n}" for n in range(4)]
        if free := [name for name in names if name not in self.alive()]:
            node = Node(free[0], cards, self.now, cut=cut, pool=pool, devices=CUTS[cut].devices)
            self.model.nodes.append(node)
            self.pass_by(STEP)

    @precondition(lambda self: self.plugged())
    @rule(of=st.integers(0, 9))
    def a_node_goes(self, of: int) -> None:
        """With all that runs on it."""
        names = self.plugged()
        self.model.end(self.now, node=names[of % len(names)])
        self.pass_by(STEP)

    @precondition(lambda self: any(self.model.free(node) for node in self.plugged()))
    @rule(
        of=st.integers(0, 9),
        namespace=st.sampled_from(sorted(NAMESPACES)),
        labels=st.sampled_from(LABELS),
        again=st.booleans(),
    )
    def a_pod_is_bound(self, of: int, namespace: str, labels: dict[str, str], again: bool) -> None:
        """To a node that has devices left; a StatefulSet's comes again under the name of one that ended."""
        free = sorted((node, *device) for node in self.plugged() for device in self.model.free(node).items())
        node, resource, left = free[of % len(free)]
        running = {pod.name for pod in self.model.pods if pod.until == NEVER}
        ended = sorted({pod.name for pod in self.model.pods if not pod.own} - running)
        name, uid, self.named = f"pod-{self.named}", f"uid-{self.named}", self.named + 1
        self.model.pods.append(
            Pod(
                ended[of % len(ended)] if again and ended else name,
                namespace,
                frozenset(labels.items()),
                node,
                1 + of % left,
                self.now,
                resource=resource,
                uid=uid,
            )
        )
        self.pass_by(STEP)

    @precondition(lambda self: any(pod.until == NEVER and not pod.claim for pod in self.model.pods))
    @rule(of=st.integers(0, 9))
    def a_pod_ends(self, of: int) -> None:
        """Its cards are free for others from then on."""
        names = [pod.name for pod in self.model.pods if pod.until == NEVER and not pod.claim]
        self.model.end(self.now, pod=names[of % len(names)])
        self.pass_by(STEP)

    @rule(fault=st.sampled_from(FAULTS))
    def a_blackout_begins(self, fault: Exception) -> None:
        """The watch is lost, and Prometheus is down or answers what cannot be believed."""
        self.evaluate()
        self.lost, self.silent = True, fault
        self.evaluate()

    @precondition(lambda self: self.silent)
    @rule()
    def the_blackout_ends(self) -> None:
        """Recorded series tell what nobody saw."""
        self.lost, self.silent = False, None
        self.evaluate()

    @precondition(lambda self: not self.lost)
    @rule(fault=st.sampled_from(FAULTS))
    def prometheus_stops(self, fault: Exception) -> None:
        """The watch goes on."""
        self.silent = fault

    @rule(busy=st.sampled_from([0, 500_000, 1_000_000]))
    def dcgm_tells(self, busy: int) -> None:
        """The same value for each pod that shares a card, of the last hour or of none: who pays how much is not its matter."""
        hour = self.now // HOUR - 1
        for pod in (pod for pod in self.model.pods if pod.until == NEVER and not pod.own):
            self.world.observe_use(pod.name, pod.namespace, range(hour, hour + 1), busy)

    @rule()
    def the_operator_is_killed(self) -> None:
        """And started again: what is not in the ledger is lost."""
        self.world.restart()
        self.polled, self.watching_since = -NEVER, -1
        self.evaluate()

    @precondition(lambda self: self.now > 0 and self.model.closed is None and not self.silent)
    @rule()
    def somebody_closes_october(self) -> None:
        """Before its day."""
        self.evaluate()
        self.loop.run_until_complete(close(self.world))
        self.model.close()
        self.look_at_the_closed()

    @rule()
    def evaluate(self) -> None:
        """What the model expects is there, and nothing else."""
        self.evaluated()

    @invariant()
    def every_entry_is_proved(self) -> None:
        """Lines sum to origins, in rows of the ledger."""
        proofs = (*self.world.ledger.proofs(OCTOBER), *self.world.ledger.proofs(NOVEMBER))
        assert all((proof.difference, proof.broken) == (0, 0) for proof in proofs)


TestClusterLife: Any = ClusterLife.TestCase
TestClusterLife.settings = settings(stateful_step_count=25, phases=(Phase.generate, Phase.shrink))
