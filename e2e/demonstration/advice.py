"""What statuses advise, what the scenario says that it must be, and its patches: tried by the API server, then applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from e2e.demonstration.cluster import Cluster, objects
from e2e.demonstration.expected import Amounts, Month, billed, cents, claimed, expected, name_of
from e2e.scenario.model import Scenario

A_MONTH = Fraction(730, 24)
"""Days of a month of 730 hours: what savings are told for."""
DRIFT = Fraction(11, 10)
"""At least is told as if another model made a tenth more tokens of the same work (docs/right-sizing-models.md)."""
WORK = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"


@dataclass(frozen=True, slots=True)
class Advised:
    """One piece of advice, as a workload's status has it."""

    workload: str
    told: Mapping[str, Any]

    @property
    def saving(self) -> tuple[Fraction, Fraction]:
        """A day, at least and at most, in cents."""
        saved = self.told["monthlySaving"]
        return cents(Fraction(saved["low"]) / A_MONTH), cents(Fraction(saved["high"]) / A_MONTH)

    @property
    def suffices(self) -> bool:
        """Whether its numbers do; else it wants a trial first, and no scenario can say what that would tell."""
        return bool(self.told["basis"] == "Actionable")

    @property
    def command(self) -> str:
        """Of kubectl, without flags and the patch."""
        target = self.told["target"]
        return f"kubectl patch {target['kind'].lower()} {target['name']} -n {self.workload.partition('/')[0]}"

    def patch(self, cluster: Cluster, *flags: str) -> str:
        """What kubectl says of its patch."""
        return cluster.kubectl(*self.command.split()[1:], *flags, "-p", self.told["patch"]).strip()


def advised(workloads: Iterable[Mapping[str, Any]]) -> tuple[Advised, ...]:
    """All advice of the statuses of workloads."""
    return tuple(
        Advised(name_of(workload), told)
        for workload in workloads
        for told in workload.get("status", {}).get("recommendations", ())
    )


def told(cluster: Cluster) -> tuple[Advised, ...]:
    """All advice of a cluster."""
    return advised(objects(cluster, "aiworkloads", "-A"))


def savings(of: Iterable[Advised]) -> Amounts:
    """A day, at least and at most, by workload, of what may be merged without a trial."""
    ends = ("at least", "at most")
    bands = {(each.workload, end): each.saving[end == "at most"] for each in of if each.suffices for end in ends}
    return {f"{workload} saves {end}": amount for (workload, end), amount in bands.items()}


def savings_of(scenario: Scenario, resources: Iterable[Mapping[str, Any]], day: Month) -> Amounts:
    """What the scenario's last day says that must be advised: what nobody works on, and a model that has a cheaper successor."""
    of = list(resources)
    costs = expected(scenario, of, day)
    found: dict[str, Fraction] = {}
    for workload in (each for each in of if each["kind"] == "AIWorkload"):
        name = name_of(workload)
        if bands := list(_bands(scenario, of, workload, day, costs[f"workload {name}"])):
            found[f"{name} saves at least"] = cents(sum((low for low, _ in bands), Fraction(0)))
            found[f"{name} saves at most"] = cents(sum((high for _, high in bands), Fraction(0)))
    return found


def _bands(
    scenario: Scenario, of: list[Mapping[str, Any]], workload: Mapping[str, Any], day: Month, cost: Fraction
) -> Iterator[tuple[Fraction, Fraction]]:
    pods = list(claimed(scenario, workload))
    if pods and all(pod.readings[WORK] == 0 for pod in pods):
        yield cost, cost
    if set_by := workload["spec"].get("model", {}).get("setBy"):
        for row, amount in billed(scenario, of, workload, day):
            if row.get("model") == set_by["model"]:
                before = Fraction(scenario.prices[set_by["model"]][row["token_type"]])
                after = min(Fraction(prices[row["token_type"]]) for prices in scenario.prices.values()) / before
                yield amount * (1 - after * DRIFT), amount * (1 - after)
