"""What the operator tells Prometheus: one table of names, helps and labels, and pure functions from statements to samples.

docs/reference/metrics.md is made from the table. Labels are bounded: workloads, units, sources; never pods, keys or models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from aicost import __version__
from aicost.core.cost import Cost
from aicost.core.coverage import Progress
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.recommendations.advice import Advice
from aicost.core.recommendations.chosen import together
from aicost.core.rollup import source_statements, unit_statements
from aicost.core.statement import Facts, WorkloadStatement, workload_statements


@dataclass(frozen=True, slots=True)
class Family:
    """One metric as documented."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counter: bool = False

    def metric(self, samples: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
        """With its samples: label values in the order of `labels`."""
        kind = CounterMetricFamily if self.counter else GaugeMetricFamily
        metric = kind(self.name, self.help, labels=self.labels)
        for values, number in samples:
            metric.add_metric(values, number)
        return metric


EVALUATIONS = Family("aicost_evaluations", "Evaluations that finished.", counter=True)
FAILURES = Family("aicost_evaluation_failures", "Evaluations that failed and changed nothing.", counter=True)
SECONDS = Family("aicost_evaluation_seconds", "How long the last evaluation took.")
FINISHED = Family(
    "aicost_evaluation_timestamp_seconds",
    "When an evaluation finished last, in seconds since 1970; before the first, when the process began.",
)
WRITES = Family("aicost_status_writes", "Statuses written.", counter=True)
REFUSED_WRITES = Family(
    "aicost_status_write_failures", "Statuses that the API server did not take; they are tried again.", counter=True
)
EVENTS = Family("aicost_events", "Events posted.", counter=True)
LOST_EVENTS = Family("aicost_events_lost", "Events that were not posted: too many, or not taken.", counter=True)
BACK_FILL = Family(
    "aicost_back_fill_days",
    "UTC days of the months that are evaluated: `total`, and `done`, whose record of who held which GPU was read.",
    ("state",),
)
LEADER = Family("aicost_leader", "1 while this replica holds the Lease, else 0.")
BUILD = Family("aicost_build_info", "1, with the version that runs.", ("version",))
WORKLOAD = Family(
    "aicost_workload_cost",
    "Charged to a workload in the UTC month so far, as a decimal number: for graphs, never for sums that must tie.",
    ("namespace", "workload", "business_unit", "component", "currency"),
)
UNIT = Family(
    "aicost_business_unit_cost",
    "Charged to a unit itself in the UTC month so far, by component; `moved` is received less passed on.",
    ("business_unit", "component", "currency"),
)
POOL = Family(
    "aicost_unallocated_cost",
    "Idle, unclaimed and parked cost in the UTC month so far, after distribution.",
    ("part", "currency"),
)
BILLED = Family("aicost_source_billed", "Billed by a source in the UTC month so far.", ("source", "currency"))
BILLED_THROUGH = Family(
    "aicost_source_billed_through_timestamp_seconds",
    "End of the last complete day of a source's bill, in seconds since 1970; not there before it was read.",
    ("source",),
)
UNCLAIMED = Family("aicost_source_unclaimed", "The part of it that nobody claims.", ("source", "currency"))
SAVING = Family(
    "aicost_recommendation_saving",
    "What the advice of one lever would save a workload a month at least. Levers are alternatives: never sum over them.",
    ("namespace", "workload", "business_unit", "kind", "effect", "basis", "currency"),
)
UNIT_SAVING = Family(
    "aicost_business_unit_saving",
    "What all open advice would save a unit and those beneath it a month at least, without counting anything twice.",
    ("business_unit", "currency"),
)
LEVER_FAILURES = Family(
    "aicost_lever_failures",
    "Times that a lever of the advice failed on a workload by a fault of aicost; `evidence`: all about one of its servers, `adviser`: all levers of one, at once.",
    ("lever",),
    counter=True,
)
GAPS = Family("aicost_gaps", "Data known to be missing, by reason.", ("reason", "component"))

FAMILIES = (
    EVALUATIONS, FAILURES, SECONDS, FINISHED, WRITES, REFUSED_WRITES, EVENTS, LOST_EVENTS, BACK_FILL, LEADER, BUILD, WORKLOAD, UNIT, POOL, BILLED, BILLED_THROUGH,
    UNCLAIMED, SAVING, UNIT_SAVING, LEVER_FAILURES, GAPS,
)  # fmt: skip
"""All of them, in the order of the documentation."""


def process(numbers: Mapping[Family, float]) -> Iterator[Metric]:
    """The operator's own metrics."""
    yield BUILD.metric([((__version__,), 1)])
    for family, number in numbers.items():
        yield family.metric([((), number)])


def back_fill(progress: Progress) -> Metric:
    """How far the record of who held which GPU was read."""
    return BACK_FILL.metric([(("done",), progress.done), (("total",), progress.total)])


def lever_failures(counted: Mapping[str, int]) -> Metric:
    """By lever, since the start."""
    return LEVER_FAILURES.metric(((lever,), number) for lever, number in sorted(counted.items()))


def costs(facts: Facts) -> Iterator[Metric]:
    """The month's costs."""
    currency = facts.currency
    units, workloads = unit_statements(facts), workload_statements(facts)
    sources = source_statements(facts)
    yield WORKLOAD.metric(
        ((w.workload.ref.namespace, w.workload.ref.name, w.workload.unit, component, w.currency), _units(nanos))
        for w in workloads
        for component, nanos in _parts(w.cost, "recharge")
    )
    yield UNIT.metric(
        ((unit.name, component, unit.currency), _units(nanos))
        for unit in units
        for component, nanos in _parts(unit.own, "moved")
    )
    yield POOL.metric(
        ((kind.value, unit.currency), _units(nanos)) for unit in units for kind, nanos in unit.pools.items()
    )
    yield BILLED.metric(((s.source.name, currency), _units(s.billed)) for s in sources)
    yield UNCLAIMED.metric(((s.source.name, currency), _units(s.unclaimed)) for s in sources)
    yield BILLED_THROUGH.metric(((name,), end) for name, end in sorted(facts.bills_through.items()))
    yield SAVING.metric(sample for w in workloads for sample in _savings(w))
    yield UNIT_SAVING.metric(((u.name, u.currency), _units(u.savings.saving.low)) for u in units if u.savings)
    counts: dict[tuple[str, ...], float] = {}
    for gap in (gap for gap in facts.gaps if not gap.is_notice):
        key = gap.reason.value, gap.feed.value
        counts[key] = counts.get(key, 0) + 1
    yield GAPS.metric(sorted(counts.items()))


def markdown() -> str:
    """The table of docs/reference/metrics.md."""
    rows = [
        f"| `{f.name}{'_total' if f.counter else ''}` | {'counter' if f.counter else 'gauge'} "
        f"| {', '.join(f'`{label}`' for label in f.labels) or '-'} | {f.help} |"
        for f in FAMILIES
    ]
    return "\n".join(["| metric | type | labels | meaning |", "| --- | --- | --- | --- |", *rows])


def _parts(cost: Cost, moved: str) -> Iterator[tuple[str, int]]:
    """What sums to the charge: costs by component, and what was received less what was passed on, by that name."""
    yield from (("gpu", cost.gpu), ("compute", cost.compute), ("tokens", cost.tokens))
    yield from (("corrections", cost.corrections), (moved, cost.received - cost.passed_on))


def _savings(of: WorkloadStatement) -> Iterator[tuple[tuple[str, ...], float]]:
    """By lever, effect and basis; several targets of one lever add up where they do not touch the same cost."""
    ref, unit = of.workload.ref, of.workload.unit
    found: dict[tuple[str, ...], list[Advice]] = {}
    for each in of.advice.advice if of.advice else ():
        found.setdefault((each.lever.value, each.effect.value, each.basis.value), []).append(each)
    for named, advice in sorted(found.items()):
        yield (ref.namespace, ref.name, unit, *named, of.currency), _units(together(advice).low)


def _units(nanos: int) -> float:
    return nanos / NANOS_PER_UNIT
