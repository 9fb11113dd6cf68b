"""What must move no number: a theft, faults of what is read, the operator's death, and a bill that is restated too late.

Each trial plays it for real, says what was seen, and in `wrong` what is not as it must be.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx

from aicost.core.money import NANOS_PER_UNIT, parse_nanos
from aicost.reports.document import Document
from e2e.controlplane import ControlPlaneError, NotReadyError, Prometheus
from e2e.demonstration.cluster import Cluster, objects
from e2e.demonstration.providers import Providers
from e2e.emulators.faults import Fault, page_again
from e2e.emulators.openai_organisation import Cost
from e2e.operator_process import OperatorProcess

MALLORY = Path(__file__).parent / "mallory.yaml"
SEEN_WITHIN_S = 60
QUIET_EVALUATIONS = 3
SAID_AGAIN = ("2026-10-20", "proj_support", "gpt-6-sol, input_tokens")
MORE = "12.34"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the operator depends on, and the operator."""

    cluster: Cluster
    operator: OperatorProcess
    prometheus: Prometheus
    providers: Providers

    def report(self, period: str = "") -> Document:
        """The month's report, this one's unless named. Raises ControlPlaneError for anything else."""
        answer = self.operator.report(period)
        if answer.status_code != httpx.codes.OK:
            raise ControlPlaneError(f"the read API answered {answer.status_code}: {answer.text}")
        return Document.from_json(answer.json())

    def gaps(self) -> set[str]:
        """The reasons of everything that any status calls missing."""
        kinds = "aiworkloads,businessunits,usagesources"
        statuses = [each.get("status", {}) for each in objects(self.cluster, kinds, "-A")]
        return {gap["reason"] for status in statuses for gap in status.get("gaps", ())}

    def until(self, holds: Callable[[], T | None], what: str) -> T:
        """Its first truthy answer. Raises NotReadyError when it takes too long."""
        deadline = time.monotonic() + SEEN_WITHIN_S
        while time.monotonic() < deadline:
            if answer := holds():
                return answer
            time.sleep(0.1)
        raise NotReadyError(f"not seen within {SEEN_WITHIN_S} s: {what}")


@dataclass(frozen=True, slots=True)
class Theft:
    """What kubectl shows of the thief, why it is refused, and what is wrong."""

    shown: str
    why: str
    wrong: list[str]


def theft(world: World, before: Document) -> Theft:
    """Somebody claims what is granted to others."""
    world.cluster.kubectl("apply", "-f", MALLORY)
    denied = world.until(lambda: _denied(world.cluster), "the claim is denied")
    shown = world.cluster.kubectl("get", "aicost", "-n", "search")
    after = world.report()
    world.cluster.kubectl("delete", "-f", MALLORY)
    return Theft(shown, f"{denied['reason']}: {denied['message']}", _moved("a denied claim", before, after))


@dataclass(frozen=True, slots=True)
class Outage:
    """What happened, the gap by which statuses say so, and the report then."""

    what: str
    gap: str
    report: Document


@dataclass(frozen=True, slots=True)
class Faults:
    """One after the other; then evaluations of which none wrote a status."""

    seen: tuple[Outage, ...]
    evaluations: int
    writes: int
    wrong: list[str]


def faults(world: World, before: Document, day: str) -> Faults:
    """A page comes twice, Prometheus is down, the operator is killed as it writes; then all is well again."""
    page = "a page of OpenAI's bill comes twice"
    world.providers.openai.faults.append(Fault(page_again(), "/organization/costs", day=day))
    seen = [_seen(world, page, "BillMalformed")]
    world.providers.openai.faults.clear()
    world.prometheus.stop(kill=True)
    _killed_as_it_writes(world)
    seen.append(_seen(world, "Prometheus is down, the operator was killed as it wrote", "NoPodHistory"))
    world.prometheus.start()
    world.until(lambda: not world.gaps(), "nothing is missing any more")
    seen.append(Outage("all is well again", "-", world.report()))
    evaluations, writes = _quiet(world)
    wrong = [each for fault in seen for each in _moved(fault.what, before, fault.report)]
    if broken := world.operator.ask("verify").json()["broken"]:
        wrong.append(f"the ledger is broken: {broken}")
    if writes:
        wrong.append(f"{writes} statuses were written though nothing changed")
    return Faults(tuple(seen), evaluations, writes, wrong)


@dataclass(frozen=True, slots=True)
class Restated:
    """A closed month and the one after it, before and after a day of the closed one was restated."""

    closed: tuple[Document, Document]
    current: tuple[Document, Document]
    wrong: list[str]


def restated(world: World, closed: str) -> Restated:
    """A month is closed; then the provider says of one of its days that it cost more."""
    body = {"period": closed, "by": "demonstration", "force": True}
    httpx.post(f"{world.operator.api}/v1/close", json=body, trust_env=False, timeout=30).raise_for_status()
    before = world.report(closed), world.report()
    organisation = world.providers.openai.organisation
    costs = tuple(map(said_again, organisation.costs))
    world.providers.openai.organisation = replace(organisation, costs=costs)
    world.until(lambda: corrections(world.report()), "the correction is in")
    after = world.report(closed), world.report()
    wrong = _moved(f"the restated day of {closed}", before[0], after[0])
    if total(after[1]) - total(before[1]) != parse_nanos(MORE):
        wrong.append(f"the current month grew by another amount than {MORE}")
    return Restated((before[0], after[0]), (before[1], after[1]), wrong)


def said_again(cost: Cost) -> Cost:
    """Support's input of 20 October costs 12.34 more."""
    return replace(cost, amount="222.74") if (cost.day, cost.project, cost.line_item) == SAID_AGAIN else cost


def corrections(document: Document) -> Mapping[str, int]:
    """What a report corrects of closed months, by workload, in nano-units."""
    return {row.workload: row.nanos or 0 for row in document.rows if row.component == "correction"}


def total(document: Document) -> int:
    """Everything that is priced, in nano-units: the demonstration has one currency."""
    return sum(row.nanos or 0 for row in document.rows)


def _moved(what: str, before: Document, after: Document) -> list[str]:
    if (before.rows, before.digest) == (after.rows, after.digest):
        return []
    amounts = [f"{total(each) / NANOS_PER_UNIT:.9f} ({each.digest[:12]})" for each in (before, after)]
    return [f"{what} moved numbers: {' became '.join(amounts)}"]


def _denied(cluster: Cluster) -> Mapping[str, Any] | None:
    (thief,) = (
        each for each in objects(cluster, "aiworkloads", "-n", "search") if each["metadata"]["name"] == "mallory"
    )
    conditions: Iterable[Mapping[str, Any]] = thief.get("status", {}).get("conditions", ())
    return next((of for of in conditions if of["type"] == "ClaimDenied" and of["status"] == "True"), None)


def _seen(world: World, what: str, reason: str) -> Outage:
    world.until(lambda: reason in world.gaps(), f"{what}: {reason}")
    return Outage(what, reason, world.report())


def _killed_as_it_writes(world: World) -> None:
    """An edited price makes it write every hour of a card anew; the edit is taken back before it runs again."""
    (book,) = objects(world.cluster, "pricebooks")
    dearer = [{**gpu, "rates": [{**rate, "perHour": "5.00"} for rate in gpu["rates"]]} for gpu in book["spec"]["gpus"]]
    _patch(world.cluster, {"gpus": dearer})
    world.operator.kill_as_it_writes()
    _patch(world.cluster, {"gpus": book["spec"]["gpus"]})
    world.operator.start()
    world.operator.ready()


def _patch(cluster: Cluster, spec: Mapping[str, Any]) -> None:
    cluster.kubectl("patch", "pricebook", "default", "--type=merge", "-p", json.dumps({"spec": spec}))


def _quiet(world: World) -> tuple[int, int]:
    """So many evaluations, and the statuses that they wrote."""
    first = _counted(world.operator)
    world.until(lambda: _counted(world.operator)[0] >= first[0] + QUIET_EVALUATIONS, "some more evaluations")
    last = _counted(world.operator)
    return last[0] - first[0], last[1] - first[1]


def _counted(operator: OperatorProcess) -> tuple[int, int]:
    page = operator.get("metrics").text
    counters = ("aicost_evaluations_total", "aicost_status_writes_total")
    evaluations, writes = (re.search(rf"^{name} (\S+)$", page, re.MULTILINE) for name in counters)
    assert evaluations, "the metrics page has no evaluations"
    return int(float(evaluations[1])), int(float(writes[1])) if writes else 0
