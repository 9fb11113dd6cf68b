"""Whatever happens in a cluster, in whatever order: after each evaluation the ledger holds what the exact model says.

Times are multiples of five minutes and prices whole micro-dollars a second, so that no amount has a part of a nano-unit
and the two can be compared to the last digit. `HYPOTHESIS_PROFILE=thorough` lives through more lives, and longer ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from aicost.ports import Malformed, ResourceRef, Unavailable
from tests.reconcile.beginning import LABELS, NAMESPACES, declare, populate
from tests.reconcile.gateway import GatewayWorld
from tests.reconcile.layouts import LAYOUTS
from tests.reconcile.model import DAY, HOUR, NANOS, NEVER, SHARED, Claim, Costs, Model, Node, Pod
from tests.reconcile.october import NOVEMBER, OCTOBER, close
from tests.reconcile.shown import BEGIN, show, show_bills, stored
from tests.reconcile.world import a_book_of
from tests.support.builders import at

NOW, STEP, CLOSE_DAY, LATENESS = DAY, 300, 4 * DAY, 900
SELECTORS = {"narrow": {"app": "x", "tier": "gold"}, "wide": {"tier": "gold"}, "other": {"app": "y"}}
PRICES = ("3.6", "1.8", "7.2")
FAULTS = (Unavailable("Prometheus is down"), Malformed("Prometheus: the answer is cut off"))


class ClusterLife(RuleBasedStateMachine):
    """One operator over its ledger, and the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world, self.model = GatewayWorld(NOW), Model()
        self.now, self.seen, self.named = NOW, -1, 0
        self.polled, self.watching_since, self.lost = -NEVER, -1, False
        self.silent: Exception | None = None
        self.price = Fraction(0)
        self.declared: dict[tuple[str, str], Claim] = {}
        self.restated: dict[tuple[int, str], int] = {}
        self.closed_digest = ""

    def teardown(self) -> None:
        self.loop.close()

    @initialize(price=st.sampled_from(PRICES), cut=st.sampled_from(sorted(LAYOUTS)))
    def begin(self, price: str, cut: str) -> None:
        """With a node that is cut in any of the ways, and a bill of a key that several share."""
        declare(self.world)
        self.the_server_moves("find")
        populate(self.model, cut)
        self.restated[-1, SHARED] = 8 * NANOS
        self.named = len(self.model.pods) + 1
        self.edit_the_price(price)
        self.evaluate()

    @rule(steps=st.integers(1, 40))
    def time_passes(self, steps: int) -> None:
        """Up to a few hours."""
        self._pass(steps * STEP)

    @rule()
    def a_day_passes(self) -> None:
        """So that months end and are closed."""
        self._pass(DAY)

    @rule(cards=st.integers(1, 8), cut=st.sampled_from(sorted(LAYOUTS)))
    def a_node_appears(self, cards: int, cut: str) -> None:
        """A name that no node had, or one that is used again; its cards are whole, in instances, or shared in time."""
        names = [f"node-{n}" for n in range(3)]
        if free := [name for name in names if name not in self._alive()]:
            self.model.nodes.append(Node(free[0], cards, self.now, cut=cut, devices=LAYOUTS[cut].devices))
            self._pass(STEP)

    @precondition(lambda self: self._alive())
    @rule(of=st.integers(0, 9))
    def a_node_goes(self, of: int) -> None:
        """With all that runs on it."""
        names = sorted(self._alive())
        self.model.end(self.now, node=names[of % len(names)])
        self._pass(STEP)

    @precondition(lambda self: any(self.model.free(node) for node in self._alive()))
    @rule(
        of=st.integers(0, 9),
        namespace=st.sampled_from(sorted(NAMESPACES)),
        labels=st.sampled_from(LABELS),
        again=st.booleans(),
    )
    def a_pod_is_bound(self, of: int, namespace: str, labels: dict[str, str], again: bool) -> None:
        """To a node that has devices left; a StatefulSet's comes again under the name of one that ended."""
        free = sorted((node, *device) for node in self._alive() for device in self.model.free(node).items())
        node, resource, left = free[of % len(free)]
        running = {pod.name for pod in self.model.pods if pod.until == NEVER}
        ended = sorted({pod.name for pod in self.model.pods} - running)
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
        self._pass(STEP)

    @precondition(lambda self: any(pod.until == NEVER for pod in self.model.pods))
    @rule(of=st.integers(0, 9))
    def a_pod_ends(self, of: int) -> None:
        """Its cards are free for others from then on."""
        names = [pod.name for pod in self.model.pods if pod.until == NEVER]
        self.model.end(self.now, pod=names[of % len(names)])
        self._pass(STEP)

    @rule(price=st.sampled_from(PRICES))
    def edit_the_price(self, price: str) -> None:
        """For all months that are open."""
        self.world.store.apply("PriceBook", "default", a_book_of(price))
        self.price = Fraction(price)

    @rule(
        namespace=st.sampled_from(sorted(NAMESPACES)),
        name=st.sampled_from(sorted(SELECTORS)),
        unit=st.integers(0, 1),
    )
    def a_workload_claims(self, namespace: str, name: str, unit: int) -> None:
        """Or moves to another unit."""
        selector, of = SELECTORS[name], NAMESPACES[namespace][unit]
        spec = {"businessUnit": of, "pods": {"selector": {"matchLabels": selector}}}
        before = self.declared.get((namespace, name))
        self.world.store.apply("AIWorkload", name, spec, namespace=namespace)
        if before is None or before.unit != of:
            self.declared[namespace, name] = Claim(self.now, namespace, name, frozenset(selector.items()), of)

    @rule(unit=st.sampled_from(["care", "find", "shared"]))
    def the_server_moves(self, unit: str) -> None:
        """The workload whose cost its callers carry: what it cost each unit is passed on from there."""
        spec = {"businessUnit": unit, "pods": {"selector": {"matchLabels": {"app": "llm"}}}}
        before = self.declared.get(("platform", "llm"))
        self.world.store.apply("AIWorkload", "llm", spec, namespace="platform")
        if before is None or before.unit != unit:
            selector = frozenset({("app", "llm")})
            self.declared["platform", "llm"] = Claim(self.now, "platform", "llm", selector, unit)

    @precondition(lambda self: len(self.declared) > 1)
    @rule(of=st.integers(0, 9))
    def a_workload_is_removed(self, of: int) -> None:
        """What it owned stays its own."""
        names = sorted(of for of in self.declared if of[0] in NAMESPACES)
        namespace, name = names[of % len(names)]
        self.world.store.delete(ResourceRef("AIWorkload", namespace, name))
        del self.declared[namespace, name]

    @rule(day=st.integers(-1, 4), project=st.sampled_from(["p", "q", SHARED]), dollars=st.integers(0, 30))
    def a_bill_is_restated(self, day: int, project: str, dollars: int) -> None:
        """Or told for the first time."""
        if day * DAY <= self.now:
            self.restated[day, project] = dollars * NANOS

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
        for pod in (pod for pod in self.model.pods if pod.until == NEVER):
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
        self._closed()

    @rule()
    def evaluate(self) -> None:
        """All that the model expects is there, no more and no less; and doing it again changes nothing."""
        self._tell()
        self._expect()
        self.loop.run_until_complete(self.world.cycle())
        self._closed()
        assert stored(self.world) == self._expected()
        told = self.world.ledger.digest(OCTOBER), self.world.ledger.digest(NOVEMBER)
        assert self.loop.run_until_complete(self.world.cycle()) == 0
        assert self.world.ledger.new[-1] == 0
        assert (self.world.ledger.digest(OCTOBER), self.world.ledger.digest(NOVEMBER)) == told

    @invariant()
    def every_entry_is_proved(self) -> None:
        """Lines sum to origins, in rows of the ledger."""
        proofs = (*self.world.ledger.proofs(OCTOBER), *self.world.ledger.proofs(NOVEMBER))
        assert all((proof.difference, proof.broken) == (0, 0) for proof in proofs)

    def _pass(self, seconds: int) -> None:
        self.now += seconds
        self.world.clock.at = at(self.now)

    def _alive(self) -> set[str]:
        return {node.name for node in self.model.nodes if node.until == NEVER}

    def _tell(self) -> None:
        since = self.watching_since if self.watching_since >= 0 else self.now
        show(self.world, self.model, since, lost=self.lost, silent=self.silent)
        show_bills(self.world, self.restated)

    def _expect(self) -> None:
        """What the operator learns by looking now; of a month from its close day on nothing but corrections."""
        if self.lost:
            self.watching_since = -1
        elif self.watching_since < 0:
            self.watching_since = self.now
        known = [] if self.lost else [(self.watching_since, self.now)]
        told = self.now if self.lost else self.watching_since
        self.model.learn(*known, *([] if self.silent else [(BEGIN, told)]))
        if not self.silent:
            self.model.called_until = max(self.model.called_until, (self.now - LATENESS) // HOUR * HOUR)
        due = self.now >= CLOSE_DAY and self.model.closed is None
        if due:
            self.model.close()
        self._claims_are_seen()
        self.model.price = self.price
        if self.now >= self.polled + HOUR:
            october = self.model.bills if due else self.restated
            before = {key: nanos for key, nanos in october.items() if key[0] < 0}
            self.model.bills = before | {key: nanos for key, nanos in self.restated.items() if key[0] >= 0}
            self.polled = self.now

    def _claims_are_seen(self) -> None:
        """A change counts from when it was written, but not from before the last look."""
        last = {(claim.namespace, claim.name): claim for claim in self.model.claims}
        for key in sorted({*last, *self.declared}):
            was, now = last.get(key), self.declared.get(key)
            if now and (was is None or was.unit != now.unit):
                self.model.claims.append(replace(now, since=max(self.seen + 1, now.since)))
            elif was and was.unit and now is None:
                self.model.claims.append(replace(was, since=max(self.seen + 1, self.now), unit=""))
        self.model.claims.sort(key=lambda claim: claim.since)
        self.seen = max([self.seen, self.now, *(claim.since for claim in self.model.claims)])

    def _closed(self) -> None:
        """What is closed is what it was then, for good."""
        digest = self.world.ledger.digest(OCTOBER)
        assert bool(self.world.months.closing(OCTOBER)) is (self.model.closed is not None)
        if self.model.closed and not self.closed_digest:
            self.closed_digest = digest
        assert self.closed_digest in ("", digest)

    def _expected(self) -> Costs:
        return {part: cost for part, cost in self.model.costs().items() if any(cost)}


TestClusterLife: Any = ClusterLife.TestCase
TestClusterLife.settings = settings(stateful_step_count=25, phases=(Phase.generate, Phase.shrink))
