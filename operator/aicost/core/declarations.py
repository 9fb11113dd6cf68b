"""What people declared, as the evaluation needs it: workloads, units, sources with their grants, the price book."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from aicost.core.distribution import Distribution
from aicost.core.identity import Labels, ObjectRef, PodIdentity, WorkloadRef, selects
from aicost.core.prices import PriceBook
from aicost.core.window import Instant, Span
from aicost.core.wishes import RightSizing

ABOVE_ANY_SELECTOR = 1_000_000
_EPOCH = Instant(0)
ALL_ADVICE = RightSizing()
INFERENCE, DEVELOPMENT = "Inference", "Development"
"""Purposes of workloads by which advice differs, beside those of batch work."""
BILL = "Bill"
"""The role of a source that adds money."""
REFINE = "Refine"
"""The role of a source that divides lines of a bill among those whom it saw, and adds no money."""
BASE_URLS = {
    "OpenAI": "https://api.openai.com/v1",
    "Anthropic": "https://api.anthropic.com/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
}
"""Where bills of a type are read, unless the declaration says elsewhere."""
Dimensions: TypeAlias = frozenset[tuple[str, str]]
"""Dimension and value pairs of a bill row or a claim: project, apiKey, user, model, lineItem."""


@dataclass(frozen=True, slots=True)
class PodClaim:
    """The pods a workload claims in its own namespace: by labels, or by an ancestor in their owner chain."""

    selector: Labels | None = None
    target: ObjectRef | None = None

    def __post_init__(self) -> None:
        if (self.selector is None) is (self.target is None) or self.selector == frozenset():
            raise ValueError("claim pods by exactly one of a non-empty selector and a target")

    def precision(self, pod: PodIdentity) -> int | None:
        """How precisely it matches the pod: a target above any selector, else the matched labels; None: not."""
        if self.selector is None:
            return ABOVE_ANY_SELECTOR if self.target in pod.owners else None
        return len(self.selector) if selects(self.selector, pod.labels) else None


@dataclass(frozen=True, slots=True)
class UsageClaim:
    """The usage a workload claims from a source: rows whose dimensions contain `match`.

    `since` is when it was first accepted; None: when all that the workload claims was. It decides owners, so that a claim that
    counts from another time is another one.
    """

    source: str
    match: Dimensions
    since: Instant | None = None


class LatencyClass(StrEnum):
    """How long answers may take: somebody waits, minutes, or a day."""

    INTERACTIVE = "Interactive"
    FLEXIBLE = "Flexible"
    BATCH = "Batch"


@dataclass(frozen=True, slots=True)
class SetBy:
    """Where a manifest says which model is called. `model` is the one that it names, where a workload calls several; empty: the only one."""

    container: str
    variable: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """An AIWorkload's declaration. `claimed_at` is when all that it claims now was first accepted, or its creation.

    `customer` and `feature` are what its cost counts to where usage names none itself. A training's cost is spread over
    `amortise_months`, which others do not have; `trained_by` names the training whose model it uses, `set_by` where
    that is chosen. `changed_at`, here and below, is when the spec was last written, if that is told; it makes no declaration another one.
    """

    ref: WorkloadRef
    unit: str
    claimed_at: Instant
    pods: PodClaim | None = None
    usage: tuple[UsageClaim, ...] = ()
    budget_nanos: int | None = None
    generation: int = 0
    changed_at: Instant | None = field(default=None, compare=False)
    customer: str = ""
    feature: str = ""
    amortise_months: int | None = None
    trained_by: WorkloadRef | None = None
    right_sizing: RightSizing = ALL_ADVICE
    latency: LatencyClass = LatencyClass.INTERACTIVE
    set_by: SetBy | None = None
    purpose: str = INFERENCE


def claim_id(workload: Workload) -> str:
    """The pods that a workload claims, as the name under which the ledger remembers since when, whatever usage it claims."""
    pods = workload.pods
    claimed = (
        sorted(pods.selector) if pods and pods.selector else [],
        [pods.target.group, pods.target.kind, pods.target.name] if pods and pods.target else [],
    )
    return _id(workload.ref, claimed)


def usage_id(ref: WorkloadRef, claim: UsageClaim) -> str:
    """One claim of usage as the name under which the ledger remembers since when, whatever else the workload claims."""
    return _id(ref, (claim.source, sorted(claim.match)))


def _id(ref: WorkloadRef, claimed: object) -> str:
    return f"{ref} {hashlib.sha256(json.dumps(claimed).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A BusinessUnit's declaration: who may name it, and for which namespaces it owns what nobody claims.

    The idle capacity of nodes with all labels of `reserved` is its own; none are reserved where it is empty. Of
    `unallocated`, only `distribute` is ever declared. A root's `currency` is that of all beneath it; None: the book's.
    """

    name: str
    parent: str | None = None
    namespaces: frozenset[str] = frozenset()
    default_for: frozenset[str] = frozenset()
    budget_nanos: int | None = None
    generation: int = 0
    reserved: Labels = frozenset()
    distribute: tuple[Distribution, ...] = ()
    budget_span: Span = Span.MONTH
    currency: str | None = None
    changed_at: Instant | None = field(default=None, compare=False)


def reservers(units: Iterable[Unit], node: Labels) -> list[str]:
    """The units that reserve a node, the one that owns its idle capacity first: by most labels, then by name."""
    fitting = [unit for unit in units if unit.reserved and selects(unit.reserved, node)]
    return [unit.name for unit in sorted(fitting, key=lambda unit: (-len(unit.reserved), unit.name))]


@dataclass(frozen=True, slots=True)
class Grant:
    """A value of a source's dimension that workloads of these namespaces may claim."""

    dimension: str
    value: str
    namespaces: frozenset[str]


@dataclass(frozen=True, slots=True)
class TransferPrice:
    """What callers pay for a model server's tokens: nano-units for 1,000,000 of them, in the price book's currency."""

    input_nanos: int
    output_nanos: int


@dataclass(frozen=True, slots=True)
class Series:
    """Which Prometheus series tell of usage: those of a preset that have all labels of `matchers`.

    `labels` name the series' label that holds each dimension, where it is not the preset's.
    """

    preset: str
    matchers: Labels = frozenset()
    labels: Dimensions = frozenset()


@dataclass(frozen=True, slots=True)
class Meter:
    """The model server whose cost is divided among its callers; without a `price` in proportion to their use."""

    server: WorkloadRef
    price: TransferPrice | None = None


MONTH_TO_DATE, PARTS = "MonthToDate", "Parts"


@dataclass(frozen=True, slots=True)
class FocusFiles:
    """Bills as files: where they are, which tag holds each dimension, and of which services; empty: of all.

    `exports` says whether files that tell of the same are `MonthToDate`, of which the latest counts, or `Parts` that add up.
    """

    path: str
    tags: Dimensions = frozenset()
    services: frozenset[str] = frozenset()
    exports: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A UsageSource's declaration: what may be claimed from it, and how to read it.

    `secret` is the name and key of its credential; `projects` and `workspaces` limit what is read, empty for all; `refines`
    are bills and the keys of them that a source of role Refine divides. Of two that tell of the same the one counts that was
    `created` first. `invoiced` are the
    months (`2026-11`) of which it declares an invoice. `ignored` are fields of the spec that would change amounts, and that
    this version does not evaluate. `meter` is what a source of role Meter says, `series` what one of type Prometheus reads. `focus`
    are the files of a bill that is no API.
    """

    name: str
    type: str
    role: str
    grants: tuple[Grant, ...] = ()
    secret: tuple[str, str] | None = None
    url: str | None = None
    projects: frozenset[str] = frozenset()
    workspaces: frozenset[str] = frozenset()
    refines: frozenset[tuple[str, str]] = frozenset()
    created: Instant = _EPOCH
    invoiced: frozenset[str] = frozenset()
    generation: int = 0
    ignored: tuple[str, ...] = ()
    meter: Meter | None = None
    series: Series | None = None
    focus: FocusFiles | None = None
    changed_at: Instant | None = field(default=None, compare=False)

    @property
    def account(self) -> str:
        """What its bill is of: a source of another name, type, address or part tells of another account."""
        return json.dumps(
            [
                *(self.name, self.type, self.url or ""),
                *sorted(self.projects),
                *sorted(self.workspaces),
                *((self.focus.path, *sorted(self.focus.services)) if self.focus else ()),
            ],
            ensure_ascii=False,
        )


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything declared, each kind sorted by its identity so that equal declarations compare equal."""

    workloads: tuple[Workload, ...] = ()
    units: tuple[Unit, ...] = ()
    sources: tuple[Source, ...] = ()
    prices: PriceBook | None = None
    prices_generation: int = 0
