"""The next day, under what the API server says now: asked of it, derived from the day before, and read by the operator."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from e2e.controlplane import NotReadyError
from e2e.demonstration import stage
from e2e.demonstration.advice import A_MONTH, Advised
from e2e.demonstration.cluster import Cluster, objects
from e2e.demonstration.expected import Amounts, Month, claimed, expected
from e2e.demonstration.trials import MORE, World
from e2e.scenario.model import Scenario
from e2e.scenario.next_day import Replaced, next_day
from e2e.scenario.openmetrics import write

NOW = "2026-11-03T00:00:00Z"
SETTLED_WITHIN_S = 60
CONTROLLERS = "deployments,statefulsets"


def arranged(cluster: Cluster, lived: Scenario) -> Scenario:
    """The next day of a scenario that the cluster lives, once its controllers have made what their specs say."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while not all(_settled(cluster, namespace) for namespace in lived.namespaces):
        if time.monotonic() > deadline:
            raise NotReadyError(f"after {SETTLED_WITHIN_S} s controllers still change pods")
        time.sleep(0.2)
    live = stage.pods(cluster, lived)
    called = tuple(_called(lived, stage.examples(), live))
    return next_day(lived, {key: stage.identity(pod) for key, pod in live.items()}, called)


def _settled(cluster: Cluster, namespace: str) -> bool:
    """Whether each controller has the pods of its spec; who was told to end does so, also where no kubelet runs."""
    found = objects(cluster, f"pods,{CONTROLLERS}", "-n", namespace)
    ending = [each["metadata"]["name"] for each in found if "deletionTimestamp" in each["metadata"]]
    if ending:
        forced = ("--force", "--grace-period=0", "--ignore-not-found")
        cluster.kubectl("delete", "pods", *ending, "-n", namespace, *forced)
    return not ending and all(_has_its_pods(each) for each in found if each["kind"] != "Pod")


def _has_its_pods(controller: Mapping[str, Any]) -> bool:
    status, wanted = controller.get("status", {}), int(controller["spec"]["replicas"])
    seen = bool(status.get("observedGeneration") == controller["metadata"]["generation"])
    there = status.get("replicas", 0), status.get("updatedReplicas", 0) if wanted else 0
    return seen and there == (wanted, wanted)


def _called(
    lived: Scenario, resources: Iterable[Mapping[str, Any]], live: Mapping[str, Mapping[str, Any]]
) -> Iterator[Replaced]:
    """Who calls another model now than the examples say, by the variable of its pods' container."""
    for workload in resources:
        set_by = workload["spec"].get("model", {}).get("setBy")
        workspaces = [
            of["match"]["workspace"] for of in workload["spec"].get("usage", ()) if "workspace" in of["match"]
        ]
        for pod in claimed(lived, workload) if set_by else ():
            now = _variable(live[pod.key], set_by["container"], set_by["env"])
            if now != set_by["model"]:
                yield from (Replaced(workspace, set_by["model"], now) for workspace in workspaces)


def _variable(pod: Mapping[str, Any], container: str, name: str) -> str:
    (of,) = (each for each in pod["spec"]["containers"] if each["name"] == container)
    return next(str(each["value"]) for each in of["env"] if each["name"] == name)


def lives(world: World, day: Scenario, folder: Path) -> None:
    """Prometheus and the providers tell of the day; the operator goes on at its end, when all of it is settled."""
    history = folder / "tomorrow.txt"
    with ThreadPoolExecutor() as pool:
        ended = pool.submit(world.operator.stop)
        write(day, history)
        world.prometheus.stop()
        world.prometheus.backfill(history)
        world.prometheus.start()
        world.providers.tell(day)
        ended.result()
    world.operator.settings |= {"NOW": NOW, "LATENESS": "0", "STATUS_INTERVAL": "0"}
    world.operator.start()
    world.operator.ready()


@dataclass(frozen=True, slots=True)
class Kept:
    """What advice promised a day, at least and at most, and what came of it; of the scenario, what had to."""

    workload: str
    promised: tuple[Fraction, Fraction]
    realised: Fraction
    wanted: Fraction

    @property
    def wrong(self) -> list[str]:
        """One sentence if it is not what the scenario says, or beyond the promise."""
        low, high = (round(end, 2) for end in self.promised)
        if round(self.realised, 6) == round(self.wanted, 6) and low <= round(self.realised, 2) <= high:
            return []
        told = " ".join(f"{float(each):.6f}" for each in (*self.promised, self.realised, self.wanted))
        return [f"{self.workload} promised (at least, at most), realised, and should have realised {told} a day"]


def kept(world: World, followed: Iterable[Advised], days: tuple[Amounts, Amounts]) -> tuple[Kept, ...]:
    """Of each piece of advice that was followed, once the operator knows; `days` are costs of the days before and after."""
    names = [each.workload for each in followed]
    found = world.until(lambda: _realised(world, names), "what came of advice")
    return tuple(Kept(name, *found[name], days[0][f"workload {name}"] - days[1][f"workload {name}"]) for name in names)


def _realised(world: World, names: list[str]) -> Mapping[str, tuple[tuple[Fraction, Fraction], Fraction]] | None:
    found = {}
    for each in world.operator.ask("advice").json()["history"]:
        if each["realised"] is not None:
            low, high = (Fraction(each["promised"][end]) / A_MONTH for end in ("low", "high"))
            found[f"{each['namespace']}/{each['name']}"] = (low, high), Fraction(each["realised"]) / A_MONTH
    return found if set(names) <= set(found) else None


def wanted(day: Scenario, resources: Iterable[Mapping[str, Any]]) -> Amounts:
    """What the month comes to at the end of the day, with what was corrected of the month before."""
    amounts = dict(expected(day, resources, Month.to_date(NOW)))
    for name in ("correction", "workload support/chat", "unit customer-care"):
        amounts[name] = amounts.get(name, Fraction(0)) + Fraction(MORE)
    return amounts
