"""From resources of the API to what the evaluation needs: the only translation in that direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from aicost.api.days import midnight
from aicost.api.definition import Resource
from aicost.api.ignored import ignored_of_source
from aicost.api.price_entries import OwnedCards as DeclaredOwned
from aicost.api.prices import PriceBook
from aicost.api.source import SourceSpec, UsageSource
from aicost.api.source_blocks import FocusFile
from aicost.api.token_terms import terms
from aicost.api.unit import BusinessUnit
from aicost.api.unit import Distribution as DeclaredDistribution
from aicost.api.workload import TRAINING, AIWorkload, ModelUse, Pods, RightSizing, Training
from aicost.core import declarations as core
from aicost.core import wishes
from aicost.core.distribution import WHOLE, Distribution, Method, Pool
from aicost.core.hosts import ComputeRate
from aicost.core.identity import ObjectRef, WorkloadRef, labels
from aicost.core.layout import normalised
from aicost.core.money import NANOS_PER_UNIT, parse_nanos
from aicost.core.owned import OwnedCards
from aicost.core.prices import DatedRate, ExchangeRate, GpuPrice, MigShare
from aicost.core.prices import PriceBook as Prices
from aicost.core.seniority import NOTHING_REMEMBERED, Remembered, dated
from aicost.core.token_prices import TokenTerms
from aicost.core.window import Instant, Span

Kind = TypeVar("Kind", bound=Resource)


@dataclass(frozen=True, slots=True)
class Invalid:
    """A resource that cannot be used as it stands, though the API server has it: written under an older schema."""

    kind: str
    namespace: str
    name: str
    generation: int
    message: str


@dataclass(frozen=True, slots=True)
class Translated:
    """All resources, translated; and those that cannot be."""

    declared: core.Declarations
    invalid: tuple[Invalid, ...] = ()


def translate(
    resources: Mapping[str, Iterable[Mapping[str, Any]]],
    remembered: Remembered = NOTHING_REMEMBERED,
    now: Instant | None = None,
) -> Translated:
    """Translate raw resources by kind. `remembered` is what the ledger tells of claims, see `dated`."""
    invalid: list[Invalid] = []
    workloads = _read(AIWorkload, resources, invalid)
    units = _read(BusinessUnit, resources, invalid)
    sources = _read(UsageSource, resources, invalid)
    books = _read(PriceBook, resources, invalid)
    declared = core.Declarations(
        workloads=tuple(sorted((_workload(w) for w in workloads), key=lambda w: w.ref)),
        units=tuple(sorted((_unit(u) for u in units), key=lambda u: u.name)),
        sources=tuple(sorted((_source(s) for s in sources), key=lambda s: s.name)),
        prices=_prices(books[0]) if books else None,
        prices_generation=books[0].metadata.generation if books else 0,
    )
    return Translated(dated(declared, remembered, now), tuple(invalid))


def _read(kind: type[Kind], of: Mapping[str, Iterable[Mapping[str, Any]]], invalid: list[Invalid]) -> list[Kind]:
    read: list[Kind] = []
    for raw in of.get(kind.definition.kind, ()):
        without_status = {key: value for key, value in raw.items() if key != "status"}
        try:
            read.append(kind.model_validate(without_status))
        except ValidationError as error:
            invalid.append(_invalid(kind.definition.kind, raw.get("metadata", {}), error))
    return read


def _invalid(kind: str, metadata: Mapping[str, Any], error: ValidationError) -> Invalid:
    problems = [f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors(include_input=False)]
    return Invalid(
        kind,
        metadata.get("namespace", ""),
        metadata.get("name", ""),
        metadata.get("generation", 0),
        "; ".join(problems)[:1000],
    )


def _workload(resource: AIWorkload) -> core.Workload:
    spec = resource.spec
    return core.Workload(
        ref=WorkloadRef(resource.metadata.namespace, resource.metadata.name),
        unit=spec.business_unit,
        claimed_at=_created(resource),
        pods=_pods(spec.pods) if spec.pods else None,
        usage=tuple(core.UsageClaim(claim.source, labels(claim.match)) for claim in spec.usage),
        budget_nanos=parse_nanos(spec.budget.amount) if spec.budget else None,
        generation=resource.metadata.generation,
        changed_at=_changed(resource),
        customer=spec.customer or "",
        feature=spec.feature or "",
        amortise_months=(spec.training or Training()).amortise_months if spec.purpose in TRAINING else None,
        trained_by=_trained_by(resource),
        purpose=spec.purpose,
        right_sizing=_right_sizing(spec.right_sizing) if spec.right_sizing else core.ALL_ADVICE,
        latency=core.LatencyClass((spec.model or ModelUse()).latency_class),
        set_by=_set_by(spec.model),
    )


def _trained_by(resource: AIWorkload) -> WorkloadRef | None:
    named = resource.spec.model.trained_by if resource.spec.model else None
    return WorkloadRef(resource.metadata.namespace, named) if named else None


def _right_sizing(spec: RightSizing) -> wishes.RightSizing:
    return wishes.RightSizing(
        wanted=spec.mode == "Recommend",
        isolated=spec.isolation == "Required",
        minimum_nanos=parse_nanos(spec.minimum_monthly_saving),
        ignored=tuple(wishes.Ignored(of.id, midnight(of.until) if of.until else None) for of in spec.ignore),
    )


def _set_by(model: ModelUse | None) -> core.SetBy | None:
    found = model.set_by if model else None
    return core.SetBy(found.container, found.env, found.model or "") if found else None


def _pods(pods: Pods) -> core.PodClaim:
    if pods.selector:
        return core.PodClaim(selector=labels(pods.selector.match_labels))
    target = pods.target_ref
    group = target.api_version.rpartition("/")[0] if target else ""
    return core.PodClaim(target=ObjectRef(group, target.kind, target.name) if target else None)


def _unit(resource: BusinessUnit) -> core.Unit:
    spec = resource.spec
    return core.Unit(
        name=resource.metadata.name,
        parent=spec.parent,
        namespaces=frozenset(namespace.name for namespace in spec.namespaces),
        default_for=frozenset(namespace.name for namespace in spec.namespaces if namespace.default),
        budget_nanos=parse_nanos(spec.budget.amount) if spec.budget else None,
        generation=resource.metadata.generation,
        reserved=labels(spec.reserved_nodes.match_labels) if spec.reserved_nodes else frozenset(),
        distribute=tuple(_distribution(of) for of in spec.distribute),
        budget_span=Span(spec.budget.period) if spec.budget else Span.MONTH,
        currency=spec.currency,
        changed_at=_changed(resource),
    )


def _distribution(of: DeclaredDistribution) -> Distribution:
    """Percents have 4 decimals at most, so parts of a million are exact."""
    to = ((unit.business_unit, parse_nanos(unit.percent or "0") * WHOLE // (100 * NANOS_PER_UNIT)) for unit in of.to)
    return Distribution(Pool(of.pool), Method(of.method), tuple(sorted(to)))


def _source(resource: UsageSource) -> core.Source:
    spec = resource.spec
    return core.Source(
        name=resource.metadata.name,
        type=spec.type,
        role=spec.role,
        grants=tuple(core.Grant(g.dimension, g.value, frozenset(g.namespaces)) for g in spec.grants),
        secret=(spec.secret_ref.name, spec.secret_ref.key) if spec.secret_ref else None,
        url=spec.url,
        projects=frozenset(spec.include.projects) if spec.include else frozenset(),
        workspaces=frozenset(spec.include.workspaces) if spec.include else frozenset(),
        created=_created(resource),
        refines=frozenset((line.source, key) for line in spec.refines for key in line.api_keys),
        invoiced=frozenset(invoice.month for invoice in spec.invoices),
        generation=resource.metadata.generation,
        ignored=ignored_of_source(spec),
        meter=_meter(spec),
        series=_series(spec),
        focus=_focus(spec.focus_file) if spec.focus_file else None,
        changed_at=_changed(resource),
    )


def _focus(files: FocusFile) -> core.FocusFiles:
    return core.FocusFiles(files.path, labels(files.tags), frozenset(files.services), files.exports or "")


def _meter(spec: SourceSpec) -> core.Meter | None:
    """How a source divides a model server's cost; None where it is no meter."""
    if spec.cost_of is None:
        return None
    price = spec.recharge
    return core.Meter(
        server=WorkloadRef(spec.cost_of.namespace, spec.cost_of.name),
        price=core.TransferPrice(parse_nanos(price.input_per_million), parse_nanos(price.output_per_million))
        if price and price.input_per_million and price.output_per_million
        else None,
    )


def _series(spec: SourceSpec) -> core.Series | None:
    """Which series a source reads: of a meter those in its server's namespace, unless it names another."""
    if spec.prometheus is None:
        return None
    place = {"namespace": spec.cost_of.namespace} if spec.cost_of else {}
    matchers, dimensions = labels(place | spec.prometheus.matchers), labels(spec.prometheus.dimensions)
    return core.Series(spec.prometheus.preset, matchers, dimensions)


def _prices(resource: PriceBook) -> Prices:
    return Prices(
        currency=resource.spec.currency,
        gpus=tuple(
            GpuPrice(
                model=gpu.model,
                rates=tuple(DatedRate(midnight(rate.start), parse_nanos(rate.per_hour)) for rate in gpu.rates),
                nodes=labels(gpu.nodes.match_labels if gpu.nodes else {}),
                includes_host=gpu.includes_host,
            )
            for gpu in resource.spec.gpus
        ),
        exchange_rates=tuple(
            ExchangeRate(rate.currency, midnight(rate.start), parse_nanos(rate.rate))
            for rate in resource.spec.exchange_rates
        ),
        built_in=resource.spec.built_in_prices,
        owned=tuple(_owned(cards) for cards in resource.spec.owned),
        compute=tuple(
            ComputeRate(midnight(rate.start), parse_nanos(rate.cpu_core_hour), parse_nanos(rate.memory_gi_b_hour))
            for rate in resource.spec.compute
        ),
        mig=tuple(
            MigShare(share.model, normalised(share.profile), parse_nanos(share.share)) for share in resource.spec.mig
        ),
        tokens=terms(resource.spec.tokens) if resource.spec.tokens else TokenTerms(),
    )


def _changed(resource: Resource) -> Instant | None:
    """When its spec was last written, as the API server tells; None where managedFields were stripped.

    A writer's time is that of its last write, so of one who also sets labels it may be later, and never earlier.
    """
    metadata = resource.metadata
    if metadata.generation <= 1:
        return _created(resource) or None
    specs = (of for of in metadata.managed_fields if "f:spec" in of.fields_v1 and of.subresource != "status")
    return max((Instant(int(of.time.timestamp())) for of in specs if of.time), default=None)


def _owned(of: DeclaredOwned) -> OwnedCards:
    return OwnedCards(
        name=of.name,
        model=of.model,
        nodes=labels(of.nodes.match_labels),
        count=of.count,
        since=midnight(of.start),
        months=of.months,
        capex=parse_nanos(of.capex),
        residual=parse_nanos(of.residual),
        opex_per_month=parse_nanos(of.opex_per_month),
        includes_host=of.includes_host,
    )


def _created(resource: Resource) -> Instant:
    created = resource.metadata.creation_timestamp
    return Instant(int(created.timestamp())) if created else Instant(0)
