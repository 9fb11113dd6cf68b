"""What Prometheus is told: the documented names, bounded labels, and the month's numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from aicost import __version__
from aicost.core.declarations import Declarations
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import ObjectRef
from aicost.core.ledger import IDLE, UNCLAIMED, Component
from aicost.core.reasons import GapReason
from aicost.core.recommendations.advice import Lever, Saving, Target
from aicost.core.recommendations.chosen import Told
from aicost.core.statement import Facts
from aicost.core.window import DAY
from aicost.reports import exposition
from tests.support.advising import ADVICE
from tests.support.builders import T0, a_source, a_total, a_unit, a_workload, at, facts, owned_by, usd
from tests.support.expected import expected

EXPECTED = Path(__file__).parent / "expected"
DECLARED = Declarations((a_workload(app="chat"),), (a_unit(),), (a_source(),))
GAP = Gap(GapReason.NO_PRICE, Feed.GPU, T0, "")
MONTH = facts(
    a_total(owned_by(), usd(384, 500_000_000), quantity=3600),
    a_total(owned_by(), usd(14), component=Component.TOKENS, pool="openai"),
    a_total(owned_by(), usd(96), component=Component.RECHARGE, pool="llm-meter"),
    a_total(owned_by("llm"), usd(-96), component=Component.RECHARGE, pool="llm-meter"),
    a_total(UNCLAIMED, usd(2), component=Component.TOKENS, pool="openai"),
    a_total(IDLE, usd(672)),
    declared=DECLARED,
    gaps=(
        GAP,
        replace(GAP, unit="care"),
        Gap(GapReason.BUILT_IN_PRICE, Feed.GPU, T0, "a notice"),
        Gap(GapReason.BILL_PENDING, Feed.BILLS, T0, "", source="openai"),
    ),
)


class _Of(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def page(metrics: Iterable[Metric]) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Of(metrics))
    return generate_latest(registry).decode()


def series(of: Facts) -> list[tuple[str, dict[str, str], float]]:
    families = text_string_to_metric_families(page(exposition.costs(of)))
    return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


def test_the_month_as_prometheus_reads_it() -> None:
    """The whole page of costs, to the last character."""
    assert page(exposition.costs(MONTH)) == expected(EXPECTED / "costs.prom", page(exposition.costs(MONTH)))


def test_savings_of_one_lever_are_not_stacked() -> None:
    """By lever, effect and basis; a unit's own metric says what all of them save together."""
    other = replace(ADVICE, saving=Saving(900, 900), target=Target(ObjectRef("apps", "Deployment", "other")))
    slice_ = replace(ADVICE, lever=Lever.USE_MIG_SLICE, saving=Saving(400, 1_000))
    told = series(replace(MONTH, advice={a_workload().ref: Told((ADVICE, other, slice_))}))
    savings = {labels.get("kind", "all"): value for name, labels, value in told if name.endswith("_saving")}
    assert savings == {"ScaleToZero": 1e-6, "UseMIGSlice": 4e-7, "all": 1e-6}


def test_the_operators_own_numbers() -> None:
    """Counters end in _total, as Prometheus expects; gauges do not."""
    text = page(exposition.process({exposition.EVALUATIONS: 7, exposition.LEADER: 1}))
    assert f'aicost_build_info{{version="{__version__}"}} 1.0\n' in text
    assert "aicost_evaluations_total 7.0\n" in text
    assert "aicost_leader 1.0\n" in text


def test_every_metric_is_in_the_table() -> None:
    """What is told is documented, under that name and with those labels, and the other way round."""
    of_costs = {metric.name for metric in exposition.costs(MONTH)}
    own = {family.name for family in exposition.FAMILIES} - of_costs
    assert of_costs <= {family.name for family in exposition.FAMILIES}
    assert own == {
        f.name
        for f in (
            exposition.EVALUATIONS, exposition.FAILURES, exposition.SECONDS, exposition.FINISHED,
            exposition.WRITES, exposition.REFUSED_WRITES, exposition.EVENTS, exposition.LOST_EVENTS,
            exposition.BACK_FILL, exposition.LEADER, exposition.BUILD, exposition.LEVER_FAILURES,
        )
    }  # fmt: skip
    for family in exposition.FAMILIES:
        assert f"| `{family.name}{'_total' if family.counter else ''}` |" in exposition.markdown()


def test_how_far_a_bill_reaches_is_a_time() -> None:
    """So that an alert finds a bill that stopped; a source that was not read yet has none."""
    read = replace(MONTH, bills_through={"openai": at(DAY)})
    name = "aicost_source_billed_through_timestamp_seconds"
    assert [(labels, value) for of, labels, value in series(read) if of == name] == [({"source": "openai"}, at(DAY))]
    assert name not in {of for of, _, _ in series(MONTH)}


def test_labels_are_bounded_by_what_is_declared() -> None:
    """Workloads that are gone, pods, models and keys make no series of their own."""
    gone = [a_total(owned_by(f"gone-{n}"), usd(1)) for n in range(50)]
    more = replace(MONTH, totals=(*MONTH.totals, *gone))
    assert len(series(more)) == len(series(MONTH))


def test_a_month_without_anything_is_a_page_too() -> None:
    """Nothing declared and nothing known: the families are there, the pools are zero."""
    assert {value for name, _, value in series(facts()) if name == "aicost_unallocated_cost"} == {0.0}
