"""BusinessUnit: who pays. A tree of units with budgets, the namespaces that may name them, and what they pass on."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from aicost.api.budget import UnitBudget
from aicost.api.definition import AGE, Column, Definition, Resource
from aicost.api.lists import KeyedBy
from aicost.api.model import Model, Rule
from aicost.api.scalars import CurrencyCode, Flag, Percent, UnitName
from aicost.api.selectors import SomeNodes
from aicost.api.unit_status import UnitStatus

UNALLOCATED = "unallocated"
"""The reserved unit that owns idle, unclaimed and parked cost."""


class UnitNamespace(Model):
    """A namespace whose workloads may name this unit."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """Name of the namespace: no pattern, no label selector, so that nobody can join by a label. Example: `support`."""
    default: Flag = False
    """Whether the unit also owns what no workload claims in the namespace. Default: `false`, it stays unclaimed.
    One unit for each namespace: of several the one with the smallest name, and the others' condition `Conflict` says so.
    """


class Receiver(Model):
    """A unit that receives distributed cost."""

    business_unit: UnitName
    """Name of the receiving BusinessUnit. Example: `search`."""
    percent: Percent | None = None
    """Its share in percent, a decimal string of at most 4 decimals. Method `Fixed` only. Example: `"40"`."""


def _total_percent(receivers: tuple[Receiver, ...]) -> Decimal:
    return sum((Decimal(receiver.percent or "0") for receiver in receivers), Decimal())


class Distribution(Model):
    """How one pool of the unit's cost is passed to other units: in one pass, received cost is not passed on again."""

    pool: Literal["Own", "Idle", "Unclaimed"]
    """Which cost: `Own` (of its workloads), `Idle` (of its reserved nodes) or `Unclaimed` (of its default
    namespaces). On `unallocated`, `Idle` and `Unclaimed` are the cluster's."""
    method: Literal["Keep", "Even", "Proportional", "Fixed"]
    """`Keep` keeps it; `Even` gives each receiver the same; `Proportional` divides by the receivers' own cost; `Fixed`
    by `percent`, and what is left of 100 stays here."""
    to: Annotated[tuple[Receiver, ...], Field(max_length=50), KeyedBy("business_unit")] = ()
    """Who receives it. With `Even` and `Proportional`, none means every other unit that has own cost. A unit that does not
    exist keeps the whole pool here: the condition `NotDistributed` says so."""

    rules = (
        Rule(
            "self.method != 'Fixed' || (has(self.to) && size(self.to) > 0 && self.to.all(unit, has(unit.percent)))",
            "method Fixed needs receivers in to, each with its percent",
            lambda d: d.method != "Fixed" or (bool(d.to) and all(unit.percent is not None for unit in d.to)),
        ),
        Rule(
            "self.method == 'Fixed' || !has(self.to) || !self.to.exists(unit, has(unit.percent))",
            "remove percent from to, or set method to Fixed: only Fixed divides by percent",
            lambda d: d.method == "Fixed" or all(unit.percent is None for unit in d.to),
        ),
        Rule(
            "self.method != 'Keep' || !has(self.to) || size(self.to) == 0",
            "remove to, or choose another method: Keep passes nothing on",
            lambda d: d.method != "Keep" or not d.to,
        ),
        Rule(
            # Percents have 4 decimals at most, so the tolerance decides exactly.
            "!has(self.to) || self.to.map(unit, has(unit.percent) ? double(unit.percent) : 0.0).sum() <= 100.000001",
            "lower the percents in to: together they may be 100 at most",
            lambda d: _total_percent(d.to) <= Decimal(100),
        ),
    )


class UnitSpec(Model):
    """Who the unit is, whose cost it carries, and what it may spend."""

    display_name: Annotated[str, Field(max_length=128)] | None = None
    """Name for people. Default: the object's name. Example: `Customer care`."""
    cost_centre: Annotated[str, Field(max_length=64)] | None = None
    """Number of the cost centre in the books, as a string. Example: `"4711"`."""
    parent: UnitName | None = None
    """The BusinessUnit that this one belongs to. Default: none, it is a root. A circle of parents is refused in status:
    `Ready` is False with the reason `ParentCycle`."""
    currency: CurrencyCode | None = None
    """Currency of the unit and of all units below it, an ISO 4217 code. Only on a root unit, and fixed when the unit is
    created. Default: the PriceBook's. Example: `EUR`. Amounts are converted by the PriceBook's `exchangeRates` of their day;
    what has none is a gap with the reason `NoExchangeRate`."""
    namespaces: Annotated[tuple[UnitNamespace, ...], Field(max_length=500), KeyedBy("name")] = ()
    """Namespaces whose AIWorkloads may name this unit. A workload elsewhere that names it is denied."""
    reserved_nodes: SomeNodes | None = None
    """Nodes that are reserved for this unit: their idle cost is the unit's own. Of several units that reserve a node, the
    one with most labels wins, then the one with the smallest name; the condition `Conflict` of the others names it. Default:
    none."""
    budget: UnitBudget | None = None
    """What the unit and its children may cost in a period. A budget warns, it stops nothing. Default: no budget."""
    distribute: Annotated[tuple[Distribution, ...], Field(max_length=3), KeyedBy("pool")] = ()
    """How its pools of cost are passed to other units, whenever a status is made: the ledger keeps who caused what. Default:
    every pool is kept."""

    rules = (
        Rule(
            "!(has(self.parent) && has(self.currency))",
            "remove currency, or remove parent: a unit inherits the currency of its root unit",
            lambda spec: spec.parent is None or spec.currency is None,
        ),
        Rule(
            "has(self.currency) == has(oldSelf.currency) && (!has(self.currency) || self.currency == oldSelf.currency)",
            "currency is fixed when a unit is created: put it back as it was, or delete the unit and create it anew",
        ),
    )


_RESERVED_FIELDS = (
    "displayName",
    "costCentre",
    "parent",
    "currency",
    "namespaces",
    "reservedNodes",
    "budget",
)
"""What `unallocated` cannot have."""


def _gives_to_itself(unit: "BusinessUnit") -> bool:
    return any(to.business_unit == unit.metadata.name for d in unit.spec.distribute for to in d.to)


class BusinessUnit(Resource):
    """A unit that pays for AI workloads.

    Status holds its own cost, its children's, the total and the state of its budget. The unit `unallocated` is reserved:
    it owns idle, unclaimed and parked cost, and the operator creates it where it is missing.
    """

    kind: Literal["BusinessUnit"]
    spec: UnitSpec
    """Who the unit is, whose cost it carries, and what it may spend. For `unallocated` empty, or `distribute` alone."""
    status: UnitStatus | None = None
    """What the unit costs, written by the operator."""

    rules = (
        Rule(
            "!has(self.spec.parent) || self.spec.parent != self.metadata.name",
            "name another unit in spec.parent, or remove it: a unit cannot be its own parent",
            lambda unit: unit.spec.parent != unit.metadata.name,
        ),
        Rule(
            f"self.metadata.name != '{UNALLOCATED}' || !("
            + " || ".join(f"has(self.spec.{field})" for field in _RESERVED_FIELDS)
            + ")",
            "choose another name, or leave spec empty ({}) but for distribute: unallocated is reserved for idle,"
            " unclaimed and parked cost, it has no parent, namespaces, budget or anything else of its own",
            lambda unit: (
                unit.metadata.name != UNALLOCATED or unit.spec.model_copy(update={"distribute": ()}) == UnitSpec()
            ),
        ),
        Rule(
            f"self.metadata.name != '{UNALLOCATED}' || !has(self.spec.distribute) ||"
            " self.spec.distribute.all(pool, pool.pool != 'Own')",
            "distribute the pools Idle or Unclaimed: unallocated has no workloads, and what is parked stays",
            lambda unit: unit.metadata.name != UNALLOCATED or all(d.pool != "Own" for d in unit.spec.distribute),
        ),
        Rule(
            "!has(self.spec.distribute) || !self.spec.distribute.exists(pool, has(pool.to) &&"
            " pool.to.exists(unit, unit.businessUnit == self.metadata.name))",
            "remove this unit from spec.distribute[].to: what is not distributed stays here anyway",
            lambda unit: not _gives_to_itself(unit),
        ),
    )
    definition: ClassVar[Definition] = Definition(
        kind="BusinessUnit",
        plural="businessunits",
        short_names=("bu",),
        scope="Cluster",
        columns=(
            Column("Parent", ".spec.parent", "The unit that this one belongs to."),
            Column("Cost", ".status.summary.cost", "Charged to it and its children in this UTC month so far."),
            Column("Forecast", ".status.summary.forecast", "Expected cost of the whole month. Empty in this version."),
            Column("Budget", ".status.summary.budgetPercent", "Percentage of the period's budget that is spent."),
            Column(
                "Save",
                ".status.summary.saving",
                "What all open advice would save per month at least, children included.",
            ),
            Column("State", ".status.summary.state", "OK, Warn, Over, Partial or Invalid."),
            AGE,
            Column("Currency", ".status.currency", "Currency of the amounts.", wide=True),
            Column("Own", ".status.own.charged", "Charged to the unit itself.", wide=True),
            Column("Children", ".status.children.charged", "Charged to the units below it.", wide=True),
            Column("Centre", ".spec.costCentre", "Cost centre in the books.", wide=True),
            Column("Through", ".status.dataThrough.gpu", "GPU cost is known up to this instant.", wide=True),
        ),
    )
