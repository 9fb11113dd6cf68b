"""What the demonstration prints on standard output, in the order in which a reader asks. ASCII, 80 to 100 wide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tabulate import tabulate

from aicost.core.money import NANOS_PER_UNIT, decimal
from aicost.reports.document import Document
from aicost.reports.tables import render
from e2e.demonstration import stage, trials
from e2e.demonstration.advice import Advised
from e2e.demonstration.cluster import Cluster, objects
from e2e.demonstration.expected import Amounts
from e2e.demonstration.tomorrow import Kept
from e2e.demonstration.trials import Faults, Restated, Theft
from e2e.scenario.model import Scenario

VENDOR = "nvidia.com/"
PRODUCT = "nvidia.com/gpu.product"
NEXT = """Next:
  edit e2e/scenario/demonstration.yaml or examples/ (a price, a line of the bill) and run it again
  make demo CLUSTER=current   the same in your cluster, if it has neither GPUs nor aicost; taken out again at the end
  README.md, "In your cluster"   aicost for good, on your own GPUs and bills"""


def cluster(of: Cluster, scenario: Scenario, mark: str) -> None:
    """The nodes and the pods found."""
    nodes = [_node(node) for node in objects(of, "nodes", "-l", f"{stage.MARK}={mark}")]
    pods = [_pod(pod) for name in sorted(scenario.namespaces) for pod in objects(of, "pods", "-n", name)]
    _heading("1. The nodes, and the pods that hold their GPUs")
    _table(("NODE", "PRODUCT", "DEVICES"), nodes)
    _table(("POD", "NODE", "PHASE", "DEVICES"), pods)
    if any(pod[2] == "Pending" for pod in pods):
        _say("Pending: no kubelet runs on these nodes. Prometheus remembers when each pod ran.\n")


def statuses(of: Cluster, month: str) -> None:
    """What kubectl shows of workloads and units."""
    _heading(f"2. What each AI workload and each business unit cost, {month} to date")
    for command in (("get", "aicost", "-A"), ("get", "bu")):
        _say(f"$ kubectl {' '.join(command)}\n{of.kubectl(*command).rstrip()}\n")


def report(document: Document) -> None:
    """Where the money went, to the line of the difference."""
    _heading("3. Where the money went: every origin, every owner, and the proof that nothing is lost")
    _say(f"$ aicost report\n{render(document, 'table')}\n")


def naive(document: Document, model: str, by_series: Fraction) -> None:
    """What the shared card costs, and beside it what the common way would make of it."""
    price = sum(row.nanos or 0 for row in document.rows if row.pool == model)
    _heading("4. The shared card, and what adding up DCGM's series would charge for it")
    _table(("ORIGIN", "AICOST", "SUM OF SERIES"), [(model, _money(Fraction(price, NANOS_PER_UNIT)), _money(by_series))])
    _say("dcgm-exporter has one series for each pod that shares the card, each with the whole card's value.\n")


def cents(document: Document, came: Mapping[str, str]) -> None:
    """Anthropic's rows by workspace, as its API has them and as they count."""
    counted: dict[str, int] = defaultdict(int)
    for row in document.rows:
        counted[row.subject.removeprefix("workspace ")] += row.nanos or 0
    rows: list[tuple[str, ...]] = [
        (of, amount, _money(Fraction(counted[of], NANOS_PER_UNIT))) for of, amount in came.items()
    ]
    _heading("5. Anthropic writes cents: what its API answers for the day, and what that is")
    _table(("WORKSPACE", "AMOUNT", "USD"), rows)


def customers(workload: Mapping[str, Any]) -> None:
    """Whose the token cost of a workload was, as its status tells."""
    meta, ranking = workload["metadata"], workload["status"]["top"]["customers"]
    _heading(f"6. Which customers {meta['namespace']}/{meta['name']} spent its tokens on: status.top")
    _table(("CUSTOMER", "AMOUNT"), [(row["name"], row["amount"]) for row in ranking])


def theft(seen: Theft) -> None:
    """Who claims what is granted to others gets nothing, and is told why."""
    _heading("7. Theft: search/mallory claims support's project")
    _say(f"$ kubectl get aicost -n search\n{seen.shown.rstrip()}\n\n{seen.why}\n")
    if not seen.wrong:
        _say("Every other number is what it was.\n")


def faults(before: Document, seen: Faults) -> None:
    """What went wrong, what statuses said of it, and that no number moved."""
    _heading("8. Faults: what statuses say, and what moves")
    rows = [(each.what, each.gap, _total(each.report), _same(before.digest, each.report.digest)) for each in seen.seen]
    _table(("WHAT HAPPENS", "GAP", "SUM", "DIGEST"), rows)
    _say(f"Then {seen.evaluations} more evaluations wrote {seen.writes} statuses.\n")


def restated(seen: Restated) -> None:
    """A closed month, and where it is corrected."""
    _heading("9. October is closed; then OpenAI says that its 20th cost 12.34 more")
    rows = [
        (before.period, "closed" if before.closed else "open", _total(before), _total(after))
        for before, after in (seen.closed, seen.current)
    ]
    _table(("MONTH", "STATE", "BEFORE", "AFTER"), rows)
    corrected = trials.corrections(seen.current[1])
    _table(("CORRECTION", "AMOUNT"), [(of, decimal(nanos)) for of, nanos in corrected.items()])


def advice(told: Sequence[Advised], tried: Sequence[tuple[Advised, str]]) -> None:
    """What is advised, and what the API server says of the patches that were tried."""
    _heading("10. Advice: what each AI workload could save, and a patch for it")
    rows = [
        (each.workload, each.told["kind"], *map(_money, each.saving), each.told["effect"], each.told["basis"])
        for each in told
    ]
    _table(("WORKLOAD", "WHAT", "AT LEAST A DAY", "AT MOST", "EFFECT", "BASIS"), rows)
    for each, answer in tried:
        patch = f'{each.told["patch"]}\n$ {each.command} --dry-run=server -p "$PATCH"\n{answer}'
        _say(f"{each.told['reason']}\n\n{patch}\n")


def followed(of: Cluster, kept: Sequence[Kept], day: str, days: tuple[Amounts, Amounts]) -> None:
    """What the next day cost under the patches; `days` are what the day before and it come to."""
    _heading(f"11. The patches are applied, and {day} is lived: the same work, by the pods and the model of then")
    _say(f"$ kubectl get aicost -A\n{of.kubectl('get', 'aicost', '-A').rstrip()}\n")
    rows = [(each.workload, *map(_money, each.promised), _money(each.realised)) for each in kept]
    _table(("WORKLOAD", "PROMISED AT LEAST A DAY", "AT MOST", "REALISED"), rows)
    before, after = days
    _say(
        f"GPUs cost {_money(after['gpu'])} after {_money(before['gpu'])}: what is freed is there for others, and paid.\n"
        f"The providers billed {_money(after['tokens'])} after {_money(before['tokens'])}.\n"
    )


def verdict(wanted: Amounts, wrong: list[str]) -> None:
    """Whether all that is what the scenario comes to, and what to do next."""
    if wrong:
        lines = "".join(f"\n  {each}" for each in wrong)
        _say(f"These numbers are not those of the scenario:{lines}")
        return
    gpu, tokens = wanted["gpu"], wanted["tokens"]
    _say(
        f"Every number is the scenario's: GPUs {_money(gpu)} (cards x hours x price) and the providers' bills "
        f"{_money(tokens)},\ntogether {_money(gpu + tokens)}, each part with its owner.\n\n{NEXT}"
    )


def _node(node: Mapping[str, Any]) -> tuple[str, ...]:
    return node["metadata"]["name"], node["metadata"]["labels"][PRODUCT], _devices(node["status"]["capacity"])


def _pod(pod: Mapping[str, Any]) -> tuple[str, ...]:
    meta, spec = pod["metadata"], pod["spec"]
    (container,) = spec["containers"]
    devices = _devices(container["resources"]["limits"])
    return f"{meta['namespace']}/{meta['name']}", spec["nodeName"], pod["status"]["phase"], devices


def _devices(quantities: Mapping[str, str]) -> str:
    """GPUs, and what they are cut into: `8 gpu`, `2 mig-3g.40gb`."""
    of = {name.removeprefix(VENDOR): count for name, count in quantities.items() if name.startswith(VENDOR)}
    return ", ".join(f"{count} {name}" for name, count in of.items() if count != "0")


def _total(of: Document) -> str:
    return decimal(trials.total(of))


def _same(one: str, other: str) -> str:
    return "the same" if one == other else "another"


def _money(amount: Any) -> str:
    return f"{float(amount):.2f}"


def _heading(text: str) -> None:
    _say(f"=== {text} ===\n")


def _table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    _say(f"{tabulate(rows, headers=headers, tablefmt='plain', disable_numparse=True)}\n")


def _say(text: str) -> None:
    print(text, flush=True)
