"""What people may declare in a life of the state machine, and edit at any time."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from aicost.ports import ResourceRef
from tests.reconcile.beginning import NAMESPACES, a_priced_book, a_unit_of
from tests.reconcile.carried import EUROS, NOBODYS, UNITS, Rule
from tests.reconcile.life import Life
from tests.reconcile.model import DAY, NANOS, SHARED, Claim, Reserving

SELECTORS = {"narrow": {"app": "x", "tier": "gold"}, "wide": {"tier": "gold"}, "other": {"app": "y"}}
PRICES, UPKEEPS, RATES = ("3.6", "1.8", "7.2"), ("46282.752", "92565.504"), ("1.25", "2.5")
"""What divides: by hours of months, by shares of cards, by what callers had, and by what a euro is worth."""
RULES = {
    ("care", "Own"): (None, Rule("Fixed", (("shared", 50),)), Rule("Proportional")),
    ("shared", "Idle"): (None, Rule("Even")),
    (NOBODYS, "Idle"): (None, Rule("Even"), Rule("Proportional")),
    (NOBODYS, "Unclaimed"): (None, Rule("Fixed", (("care", 25), ("shared", 25)))),
}


class Declaring(Life):
    """Prices, claims, units, trainings; and what providers bill."""

    @rule(price=st.sampled_from(PRICES), upkeep=st.sampled_from(UPKEEPS))
    def edit_the_prices(self, price: str, upkeep: str) -> None:
        """For all months that are open."""
        self.world.store.apply("PriceBook", "default", a_priced_book(price, upkeep, self.terms))
        self.price, self.upkeep = Fraction(price), Fraction(upkeep)

    @rule(day=st.integers(-1, 4), rate=st.sampled_from(RATES))
    def a_euro_is_worth(self, day: int, rate: str) -> None:
        """From a day on; before the first, nobody knows."""
        self.terms.rates[day] = Fraction(rate)
        self.edit_the_prices(str(float(self.price)), f"{float(self.upkeep):.3f}")

    @rule(
        namespace=st.sampled_from(sorted(NAMESPACES)),
        name=st.sampled_from(sorted(SELECTORS)),
        unit=st.integers(0, 1),
        trained=st.booleans(),
    )
    def a_workload_claims(self, namespace: str, name: str, unit: int, trained: bool) -> None:
        """Or moves to another unit; it may use the model of a training of its namespace."""
        selector, of, uses = SELECTORS[name], NAMESPACES[namespace][unit], trained and namespace == "support"
        spec = {"businessUnit": of, "pods": {"selector": {"matchLabels": selector}}}
        before = self.declared.get((namespace, name))
        model = {"model": {"trainedBy": "tune"}} if uses else {}
        self.world.store.apply("AIWorkload", name, {**spec, **model}, namespace=namespace)
        if before is None or (before.unit, before.trained) != (of, uses):
            self.declared[namespace, name] = Claim(self.now, namespace, name, frozenset(selector.items()), of, uses)

    @rule(unit=st.sampled_from(UNITS))
    def the_server_moves(self, unit: str) -> None:
        """The workload whose cost its callers carry: what it cost each unit is passed on from there."""
        spec: dict[str, Any] = {"businessUnit": unit, "pods": {"selector": {"matchLabels": {"app": "llm"}}}}
        self._declare_for_good("platform", "llm", spec, {"app": "llm"})

    @rule(months=st.sampled_from([1, 2, 4]))
    def a_training_is_spread(self, months: int) -> None:
        """Over so many months; over how many, a closed month keeps."""
        spec = {"businessUnit": "care", "pods": {"selector": {"matchLabels": {"app": "tune"}}}}
        lasting = {"purpose": "Training", "training": {"amortiseMonths": months}}
        self._declare_for_good("support", "tune", {**spec, **lasting}, {"app": "tune"})
        self.terms.months = months

    @precondition(lambda self: any(name in SELECTORS for _, name in self.declared))
    @rule(of=st.integers(0, 9))
    def a_workload_is_removed(self, of: int) -> None:
        """What it owned stays its own."""
        names = sorted(of for of in self.declared if of[1] in SELECTORS)
        namespace, name = names[of % len(names)]
        self.world.store.delete(ResourceRef("AIWorkload", namespace, name))
        del self.declared[namespace, name]

    @rule(unit=st.sampled_from(UNITS), reserves=st.booleans())
    def a_unit_reserves(self, unit: str, reserves: bool) -> None:
        """The pool's nodes, or none any more: what nobody holds of them is its own."""
        self._edit_the_unit(unit, reserves=reserves)

    @rule(of=st.sampled_from(sorted(RULES)), number=st.integers(0, 2))
    def a_unit_distributes(self, of: tuple[str, str], number: int) -> None:
        """A pool of its own cost, or keeps it again."""
        rule = RULES[of][number % len(RULES[of])]
        self.terms.rules.pop(of, None)
        if rule:
            self.terms.rules[of] = rule
        self._edit_the_unit(of[0], reserves=of[0] in self.reserving and self.reserving[of[0]].reserves)

    @rule(day=st.integers(-1, 4), project=st.sampled_from(["p", "q", SHARED, EUROS]), amount=st.integers(0, 30))
    def a_bill_is_restated(self, day: int, project: str, amount: int) -> None:
        """Or told for the first time."""
        if day * DAY <= self.now:
            self.restated[day, project] = amount * NANOS

    def _declare_for_good(self, namespace: str, name: str, spec: dict[str, Any], selector: dict[str, str]) -> None:
        unit, before = str(spec["businessUnit"]), self.declared.get((namespace, name))
        self.world.store.apply("AIWorkload", name, spec, namespace=namespace)
        if before is None or before.unit != unit:
            self.declared[namespace, name] = Claim(self.now, namespace, name, frozenset(selector.items()), unit)

    def _edit_the_unit(self, unit: str, *, reserves: bool) -> None:
        """What it reserves counts from when its spec was last written otherwise, whatever of it that was."""
        spec, of = a_unit_of(unit, self.terms.rules, reserves=reserves), ResourceRef("BusinessUnit", "", unit)
        before = self.world.store.resource(of)
        if before is None or before["spec"] != spec:
            self.world.store.apply("BusinessUnit", unit, spec)
            self.reserving[unit] = Reserving(self.now, unit, reserves)
