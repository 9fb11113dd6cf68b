"""From resources of the API to declarations: each kind, each field that the evaluation reads, and what is invalid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from aicost.api.declared import translate
from aicost.api.source_blocks import SERVERS
from aicost.core.changes import claimants
from aicost.core.declarations import (
    Declarations,
    Grant,
    Meter,
    PodClaim,
    Series,
    Source,
    TransferPrice,
    Unit,
    UsageClaim,
    Workload,
)
from aicost.core.distribution import Distribution, Method, Pool
from aicost.core.identity import ObjectRef, WorkloadRef, labels
from aicost.core.window import Instant, Span, instant
from tests.api.declaring import A_CLAIM, CREATED, SOURCE, WORKLOAD, a_resource, a_workload, by_kind, declared
from tests.support.builders import dims, usd

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_workload_says_whose_it_is_and_what_it_claims() -> None:
    """Unit, pods, usage, budget, generation, and when it was created."""
    assert a_workload(usage=[A_CLAIM], budget={"amount": "12.5"}) == Workload(
        ref=WorkloadRef("support", "chat"),
        unit="care",
        claimed_at=instant(CREATED),
        pods=PodClaim(selector=labels({"app": "chat", "tier": "gold"})),
        usage=(UsageClaim("openai", dims(project="p")),),
        budget_nanos=usd(12, 500_000_000).nanos,
        generation=3,
    )


@pytest.mark.parametrize(("api_version", "group"), [("apps/v1", "apps"), ("v1", ""), ("ray.io/v1alpha1", "ray.io")])
def test_a_target_is_known_by_group_kind_and_name(api_version: str, group: str) -> None:
    """The version of an owner's API does not matter: a Deployment stays the same when its API moves on."""
    pods = {"targetRef": {"apiVersion": api_version, "kind": "Deployment", "name": "llm"}}
    assert a_workload(pods=pods).pods == PodClaim(target=ObjectRef(group, "Deployment", "llm"))


def test_a_workload_may_claim_usage_only() -> None:
    """No pods, no claim on pods."""
    resource = a_resource("AIWorkload", {"businessUnit": "care", "usage": [A_CLAIM]}, namespace="support")
    (workload,) = declared(resource).workloads
    assert (workload.pods, len(workload.usage)) == (None, 1)


METER = {
    "type": "Prometheus",
    "role": "Meter",
    "costOf": {"namespace": "platform", "name": "llm"},
    "prometheus": {"preset": "vLLM", "dimensions": {"customer": "tenant_id"}},
}
AT_A_PRICE = {"mode": "Price", "inputPerMillion": "0.1", "outputPerMillion": "0.4"}


def test_a_meter_says_what_it_divides_and_by_which_series() -> None:
    """Unless they name another, only series of the server's namespace count: nobody elsewhere writes into its meter."""
    (source,) = declared(a_resource("UsageSource", METER)).sources
    assert source.meter == Meter(WorkloadRef("platform", "llm"))
    assert source.series == Series("vLLM", labels({"namespace": "platform"}), dims(customer="tenant_id"))
    (priced,) = declared(a_resource("UsageSource", {**METER, "recharge": AT_A_PRICE})).sources
    price = TransferPrice(usd(0, 100_000_000).nanos, usd(0, 400_000_000).nanos)
    assert priced.meter == replace(source.meter, price=price)
    chosen = {**METER, "prometheus": {"preset": "LLMD", "matchers": {"job": "epp"}}}
    (of,) = declared(a_resource("UsageSource", chosen)).sources
    assert of.series == Series("LLMD", labels({"job": "epp", "namespace": "platform"}))
    elsewhere = {**METER, "prometheus": {"preset": "Kong", "matchers": {"namespace": "gateways"}}}
    (of,) = declared(a_resource("UsageSource", elsewhere)).sources
    assert of.series == Series("Kong", labels({"namespace": "gateways"}))


def test_a_label_may_tell_a_feature_by_which_nobody_claims() -> None:
    """It says what calls were for; a grant or a claim by it is refused, and so is a dimension that there is none of."""
    told = {"preset": "OpenTelemetry", "dimensions": {"feature": "x_feature"}}
    (source,) = declared(a_resource("UsageSource", {**METER, "prometheus": told})).sources
    assert source.series
    assert source.series.labels == dims(feature="x_feature")
    refused = (
        a_resource("UsageSource", {**METER, "prometheus": {**told, "dimensions": {"features": "x"}}}),
        a_resource("UsageSource", SOURCE | {"grants": [{"dimension": "feature", "value": "x", "namespaces": ["a"]}]}),
        a_resource("AIWorkload", WORKLOAD | {"usage": [{**A_CLAIM, "match": {"feature": "x"}}]}, namespace="support"),
    )
    assert len(translate(by_kind(refused)).invalid) == len(refused)


@pytest.mark.parametrize("preset", SERVERS)
def test_a_model_server_s_own_series_are_of_its_namespace(preset: str) -> None:
    """Whoever has pods elsewhere can show the same series with any caller in them."""
    block = {"preset": preset, "matchers": {"namespace": "mallory"}}
    (invalid,) = translate({"UsageSource": [a_resource("UsageSource", {**METER, "prometheus": block})]}).invalid
    assert "set prometheus.matchers.namespace to costOf.namespace" in invalid.message


def test_a_gateway_s_series_refine_a_key() -> None:
    """Of a model server's there is no bill to refine."""
    refines = [{"source": "openai-prod", "apiKeys": ["key_gw"]}]
    gateway = {"type": "Prometheus", "role": "Refine", "refines": refines, "prometheus": {"preset": "Kong"}}
    (source,) = declared(a_resource("UsageSource", gateway)).sources
    assert (source.meter, source.series) == (None, Series("Kong"))
    server = {"UsageSource": [a_resource("UsageSource", {**gateway, "prometheus": {"preset": "vLLM"}})]}
    (invalid,) = translate(server).invalid
    assert "set prometheus.preset to a gateway's" in invalid.message


def test_a_unit_says_who_may_name_it() -> None:
    """Namespaces, those that it owns by default, parent and monthly budget."""
    spec = {
        "parent": "commercial",
        "namespaces": [{"name": "support", "default": True}, {"name": "search"}],
        "budget": {"amount": "90000"},
    }
    assert declared(a_resource("BusinessUnit", spec, "care")).units == (
        Unit("care", "commercial", frozenset({"support", "search"}), frozenset({"support"}), usd(90000).nanos, 3),
    )


def test_a_unit_says_what_it_reserves_and_passes_on() -> None:
    """Labels of nodes, the budget's period, and pools with their receivers in parts of a million."""
    spec = {
        "reservedNodes": {"matchLabels": {"pool": "care"}},
        "budget": {"amount": "90000", "period": "Quarter"},
        "distribute": [
            {
                "pool": "Own",
                "method": "Fixed",
                "to": [{"businessUnit": "search", "percent": "12.3456"}, {"businessUnit": "fraud", "percent": "40"}],
            },
            {"pool": "Idle", "method": "Even"},
        ],
    }
    (unit,) = declared(a_resource("BusinessUnit", spec, "care")).units
    assert (unit.reserved, unit.budget_nanos, unit.budget_span) == (
        labels({"pool": "care"}),
        usd(90000).nanos,
        Span.QUARTER,
    )
    assert unit.distribute == (
        Distribution(Pool.OWN, Method.FIXED, (("fraud", 400_000), ("search", 123_456))),
        Distribution(Pool.IDLE, Method.EVEN),
    )


def test_the_reserved_unit_declares_nothing_but_its_distribution() -> None:
    """A resource named unallocated shows the reserved unit's status, and says what of its pools others carry."""
    assert declared(a_resource("BusinessUnit", {}, "unallocated")).units == (Unit("unallocated", generation=3),)
    spec = {"distribute": [{"pool": "Idle", "method": "Proportional"}]}
    (unit,) = declared(a_resource("BusinessUnit", spec, "unallocated")).units
    assert unit.distribute == (Distribution(Pool.IDLE, Method.PROPORTIONAL),)


def test_a_source_says_how_to_read_it_and_who_may_claim_what() -> None:
    """Type, role, credential, filter, place and grants."""
    spec = {
        **SOURCE,
        "url": "https://eu.api.openai.com",
        "include": {"projects": ["p", "q"]},
        "invoices": [{"month": "2026-10", "id": "INV-9", "amount": "98765.43", "currency": "USD"}],
        "grants": [{"dimension": "project", "value": "p", "namespaces": ["support", "search"]}],
    }
    assert declared(a_resource("UsageSource", spec, "openai")).sources == (
        Source(
            name="openai",
            type="OpenAI",
            role="Bill",
            grants=(Grant("project", "p", frozenset({"support", "search"})),),
            secret=("openai-admin", "token"),
            url="https://eu.api.openai.com",
            projects=frozenset({"p", "q"}),
            created=instant("2026-10-20T08:00:00Z"),
            invoiced=frozenset({"2026-10"}),
            generation=3,
            ignored=("spec.invoices",),
        ),
    )


def test_nothing_declared_is_no_error() -> None:
    """An empty cluster has no prices and nobody to pay."""
    assert declared() == Declarations()


def test_equal_resources_give_equal_declarations_in_any_order() -> None:
    """What is declared is sorted, so that a list in another order is no change."""
    workloads = [a_resource("AIWorkload", WORKLOAD, name, namespace=ns) for name in "ba" for ns in ("x", "w")]
    units = [a_resource("BusinessUnit", {}, name) for name in ("find", "care")]
    sources = [a_resource("UsageSource", SOURCE, name) for name in ("z", "y")]
    everything = (*workloads, *units, *sources)
    assert declared(*everything) == declared(*reversed(everything))
    assert [str(workload.ref) for workload in declared(*everything).workloads] == ["w/a", "w/b", "x/a", "x/b"]


def test_a_status_of_any_shape_is_not_read() -> None:
    """What an older version wrote into status never makes a resource invalid."""
    resource = a_resource("AIWorkload", WORKLOAD, namespace="support")
    assert len(declared({**resource, "status": {"cost": 12, "summary": []}}).workloads) == 1


def test_a_field_of_a_newer_version_is_tolerated() -> None:
    """A cluster with a newer CRD still works for what this version knows."""
    assert a_workload(chargeback={"mode": "New"}) == a_workload()


def test_the_examples_are_understood() -> None:
    """What the project ships translates whole: every workload finds its unit."""
    documents = [
        document
        for path in sorted(EXAMPLES.glob("*.yaml"))
        for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader)
    ]
    found = declared(*[resource for resource in documents if resource])
    assert {workload.unit for workload in found.workloads} <= {unit.name for unit in found.units}
    assert found.prices is not None
    assert found.sources


def a_writer(time: str | None, *fields: str, **more: str) -> dict[str, Any]:
    """A writer's entry of metadata.managedFields, as the API server gives it."""
    entry = {"manager": "argocd", "operation": "Apply", "apiVersion": "aicost.dev/v1alpha1", "fieldsType": "FieldsV1"}
    return {**entry, "fieldsV1": {field: {} for field in fields}, **({"time": time} if time else {}), **more}


@pytest.mark.parametrize(
    ("writers", "generation", "changed"),
    [
        ((), 1, CREATED),
        ((a_writer("2026-11-03T00:00:00Z", "f:metadata"),), 1, CREATED),
        ((), 2, None),
        ((a_writer("2026-11-03T00:00:00Z", "f:metadata", "f:spec"),), 2, "2026-11-03T00:00:00Z"),
        (
            (a_writer("2026-11-03T00:00:00Z", "f:spec"), a_writer("2026-11-05T00:00:01Z", "f:spec")),
            3,
            "2026-11-05T00:00:01Z",
        ),
        (
            (
                a_writer("2026-11-03T00:00:00Z", "f:spec"),
                a_writer("2026-11-09T00:00:00Z", "f:status", subresource="status"),
                a_writer("2026-11-10T00:00:00Z", "f:metadata"),
            ),
            2,
            "2026-11-03T00:00:00Z",
        ),
        ((a_writer(None, "f:spec"),), 2, None),
    ],
    ids=["created", "labelled", "stripped", "edited", "by two", "others later", "without a time"],
)
@pytest.mark.parametrize(
    ("kind", "spec"), [("AIWorkload", WORKLOAD), ("BusinessUnit", {}), ("UsageSource", SOURCE)], ids=str
)
def test_a_spec_tells_when_it_was_written(
    kind: str, spec: Any, writers: tuple[Any, ...], generation: int, changed: str | None
) -> None:
    """By whoever wrote it last, never by a status or a label; unknown where the API server's account of it was stripped."""
    of = declared(a_resource(kind, spec, namespace="support", generation=generation, managedFields=[*writers]))
    (told,) = claimants(of)
    assert told.changed_at == (instant(changed) if changed else None)
    assert told == replace(told, changed_at=Instant(1)), "when it was written makes no declaration another one"
