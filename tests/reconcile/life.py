"""What a life of the state machine is made of: one operator over its ledger, and the model beside it.

What lives here is asked and told at each evaluation; what may happen in a life is said by rules elsewhere.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction

from hypothesis.stateful import RuleBasedStateMachine

from tests.reconcile import carried, hosted, shown, uncounted
from tests.reconcile.carried import Terms
from tests.reconcile.gateway import GatewayWorld
from tests.reconcile.model import DAY, HOUR, NEVER, Claim, Costs, Model, Reserving
from tests.reconcile.october import NOVEMBER, OCTOBER
from tests.reconcile.shown import BEGIN, show, show_bills, stored
from tests.support.builders import at

NOW, STEP, CLOSE_DAY, LATENESS = DAY, 300, 4 * DAY, 900
_ROUNDED = 20
"""Nano-units by which parts of a pool that do not divide may differ, certainty by certainty."""


class Life(RuleBasedStateMachine):
    """What is declared and shown now is of the test; what the operator may know of it is the model's."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world, self.model = GatewayWorld(NOW), Model()
        self.now, self.seen, self.named = NOW, -1, 0
        self.polled, self.watching_since, self.lost = -NEVER, -1, False
        self.silent: Exception | None = None
        self.price, self.upkeep, self.terms = Fraction(0), Fraction(0), Terms()
        self.declared: dict[tuple[str, str], Claim] = {}
        self.reserving: dict[str, Reserving] = {}
        self.restated: dict[tuple[int, str], int] = {}
        self.closed_digest = ""

    def teardown(self) -> None:
        self.loop.close()

    def cycle(self) -> int:
        """How many statuses an evaluation wrote."""
        return self.loop.run_until_complete(self.world.cycle())

    def told(self) -> tuple[str, str]:
        """Digests of both months."""
        return self.world.ledger.digest(OCTOBER), self.world.ledger.digest(NOVEMBER)

    def pass_by(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds
        self.world.clock.at = at(self.now)

    def alive(self) -> set[str]:
        """The nodes that are there."""
        return {node.name for node in self.model.nodes if node.until == NEVER}

    def show(self) -> None:
        """Let the operator see what there is to be seen."""
        since = self.watching_since if self.watching_since >= 0 else self.now
        show(self.world, self.model, since, lost=self.lost, silent=self.silent)
        self.world.instances.failure = self.silent
        self.world.instances.seen = tuple(uncounted.instances(self.model.nodes, BEGIN, self.now))
        show_bills(self.world, self.restated)

    def expect(self) -> None:
        """What the operator learns by looking now; of a month from its close day on nothing but corrections."""
        if self.lost:
            self.watching_since = -1
        elif self.watching_since < 0:
            self.watching_since = self.now
        known = [] if self.lost else [(self.watching_since, self.now)]
        told = self.now if self.lost else self.watching_since
        self.model.learn(*known, *([] if self.silent else [(BEGIN, told)]))
        if not self.silent:
            over = (self.now - LATENESS) // HOUR * HOUR
            self.model.called_until = max(self.model.called_until, over)
            hosted.tell(self.model, over)
            uncounted.tell(self.model, BEGIN if self.model.closed is None else 0, over)
        due = self.now >= CLOSE_DAY and self.model.closed is None
        if due:
            self.model.close()
        if self.model.closed is None:
            self.model.months = self.terms.months
        self._declarations_are_seen()
        self.model.price, self.model.upkeep = self.price, self.upkeep
        if self.now >= self.polled + HOUR:
            october = self.model.bills if due else self.restated
            before = {key: nanos for key, nanos in october.items() if key[0] < 0}
            self.model.bills = before | {key: nanos for key, nanos in self.restated.items() if key[0] >= 0}
            self.polled = self.now

    def evaluated(self) -> None:
        """All that the model expects is there, no more and no less; and doing it again changes nothing."""
        self.show()
        self.expect()
        self.cycle()
        self.look_at_the_closed()
        self.compare()
        told = self.told()
        assert self.cycle() == 0
        assert self.world.ledger.new[-1] == 0
        assert self.told() == told

    def compare(self) -> None:
        """The ledger holds what the model says, to the last digit, and statements are made of just that."""
        costs = {part: cost for part, cost in self.model.costs().items() if any(cost)}
        assert stored(self.world) == costs
        assert shown.used_up(self.world) == carried.used_up(self.model, costs, self.now)
        self._compare_charges(costs)

    def look_at_the_closed(self) -> None:
        """What is closed is what it was then, for good."""
        digest = self.world.ledger.digest(OCTOBER)
        assert bool(self.world.months.closing(OCTOBER)) is (self.model.closed is not None)
        if self.model.closed and not self.closed_digest:
            self.closed_digest = digest
        assert self.closed_digest in ("", digest)

    def _compare_charges(self, costs: Costs) -> None:
        told, expected = shown.charged(self.world), carried.charged(costs, self.terms)
        for currency, units in expected.items():
            assert set(told[currency]) <= set(units)
            assert sum(told[currency].values()) == sum(units.values()), currency
            for unit, nanos in units.items():
                assert abs(told[currency].get(unit, 0) - nanos) < _ROUNDED, (currency, unit)

    def _declarations_are_seen(self) -> None:
        """A change counts from when it was written, but not from before the last look."""
        last = {(claim.namespace, claim.name): claim for claim in self.model.claims}
        for key in sorted({*last, *self.declared}):
            was, now = last.get(key), self.declared.get(key)
            if now and (was is None or (was.unit, was.trained) != (now.unit, now.trained)):
                self.model.claims.append(replace(now, since=max(self.seen + 1, now.since)))
            elif was and was.unit and now is None:
                self.model.claims.append(replace(was, since=max(self.seen + 1, self.now), unit=""))
        self.model.claims.sort(key=lambda claim: claim.since)
        reserved = {of.unit: of.reserves for of in self.model.reserving}
        for of in self.reserving.values():
            if reserved.get(of.unit, False) is not of.reserves:
                self.model.reserving.append(replace(of, since=max(self.seen + 1, of.since)))
        self.seen = max([self.seen, self.now, *self.model.changes()])
