"""Statements: what each workload is told about a month, from totals and what goes with them.

Pure summing and judging; how a statement is worded in a status lives in aicost.api, how it is printed in reports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from aicost.core.capture import CapturedDay
from aicost.core.causes import Causes, Top, top
from aicost.core.claims import Contest, Outbid, Refused
from aicost.core.cost import Cost, by_workload, card_time, cost_of, used
from aicost.core.counting import Measures
from aicost.core.declarations import Declarations, Workload
from aicost.core.directions import ByWorkload, Directions
from aicost.core.exchange import currencies
from aicost.core.gaps import Feed, Gap
from aicost.core.holdings import Devices
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, WorkloadCharge
from aicost.core.ledger import Entry, Owner, Total, Use
from aicost.core.meters import RefusedMeter
from aicost.core.names import Names
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.promises import Promise
from aicost.core.repricing import Rerated
from aicost.core.token_uses import TokenUse
from aicost.core.training import Asset, Trained
from aicost.core.unclaimed import Unclaimed
from aicost.core.usage import Tokens
from aicost.core.window import Instant, Period

WARN_PERCENT = 80
OVER_PERCENT = 100


class State(StrEnum):
    """The one word that the STATE column shows."""

    OK = "OK"
    WARN = "Warn"
    OVER = "Over"
    PARTIAL = "Partial"
    CONFLICT = "Conflict"
    DENIED = "Denied"


@dataclass(frozen=True, slots=True)
class LastDay:
    """The latest complete UTC day: its date, its totals, and whether all its sources are complete and final.

    `held` says whether it is known who held which card all day.
    """

    date: str
    totals: tuple[Total, ...]
    settled: bool
    held: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a month's statements are made of.

    `through` says how far GPU cost and counts reach, `bills_through` how far each source's bill does: to the end of
    its last complete day. `sharing` is how the cards were cut that a workload held, in every way that there was;
    `recharges` are the month's entries that move cost to callers. `earlier` are the totals of months before this one that
    a budget's quarter or year has. `elsewhere` are the same facts in other currencies than the book's, by currency: those
    of root units. `previous` is the month before, and whether it is closed; `issued` is what closed months charged, by which
    their amounts are told whatever is edited since. `outbid` are nodes that units reserve in
    vain. `measured` is what workloads used beside tokens, `names` what sources call what they have ids of.
    `rerated` is the latest edit of prices that rated time anew that was charged already. `causes` are of the token cost in
    `currency`. `trained` is what trainings cost in every month. `token_uses` are the models of which something is estimated.
    `directions` are what input and output cost, in `currency`, where bills tell them apart.
    `captures` are how much of each day's bill is captured, by source. `advice` is in the currency of each workload's unit, of
    those that were looked at and want any; `promises` are what was told ever, and what came of it.
    """

    period: Period
    currency: str
    covered_from: Instant
    through: Mapping[Feed, Instant]
    declared: Declarations
    totals: tuple[Total, ...]
    last_day: LastDay
    bills_through: Mapping[str, Instant] = field(default_factory=dict)
    previous: tuple[Total, ...] = ()
    previous_closed: bool = False
    use: tuple[Use, ...] = ()
    tokens: Mapping[WorkloadRef, Tokens] = field(default_factory=dict)
    sharing: Mapping[WorkloadRef, frozenset[str]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    refused: tuple[Refused, ...] = ()
    contests: frozenset[Contest] = frozenset()
    recharges: tuple[Entry, ...] = ()
    refused_meters: tuple[RefusedMeter, ...] = ()
    earlier: Mapping[Period, tuple[Total, ...]] = field(default_factory=dict)
    unclaimed: tuple[Unclaimed, ...] = ()
    elsewhere: Mapping[str, Facts] = field(default_factory=dict)
    rerated: Rerated | None = None
    causes: Causes = field(default_factory=Causes)
    outbid: frozenset[Outbid] = frozenset()
    issued: Mapping[Period, Issued] = field(default_factory=dict)
    trained: Trained = field(default_factory=Trained)
    measured: Measures = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    token_uses: tuple[TokenUse, ...] = ()
    captures: Mapping[str, tuple[CapturedDay, ...]] = field(default_factory=dict)
    directions: ByWorkload = field(default_factory=dict)
    advice: Mapping[WorkloadRef, Told] = field(default_factory=dict)
    promises: tuple[Promise, ...] = ()

    def views(self) -> Mapping[str, Facts]:
        """For each unit the facts in its currency, by name."""
        told = currencies(self.declared.units, self.currency)
        return {name: self.elsewhere.get(currency, self) for name, currency in told.items()}


@dataclass(frozen=True, slots=True)
class WorkloadStatement:
    """What one workload cost in the month so far. `card_microseconds` counts cards without a price too.

    `sharing` has every way in which cards that it held were cut, as of core.cards.Cards. `top` ranks what its
    token cost was for. A training is an `asset`; `amortised` is what the workload used up of trainings in the month to date.
    `advice` is what it is told of right-sizing; None where nobody looked.
    """

    workload: Workload
    cost: Cost
    last_day_nanos: int
    previous_nanos: int
    card_microseconds: int
    use: Use | None
    tokens: Tokens | None
    gaps: tuple[Gap, ...]
    refused: tuple[Refused, ...]
    lost: tuple[Contest, ...]
    state: State
    currency: str = ""
    sharing: frozenset[str] = frozenset()
    top: Top | None = None
    asset: Asset | None = None
    amortised: int = 0
    measured: Mapping[str, int] = field(default_factory=dict)
    directions: Directions | None = None
    advice: Told | None = None

    @property
    def used(self) -> int | None:
        """How much of what was incurred was really used, in nano-units; None where nobody knows."""
        return used(self.cost, self.use, self.card_microseconds)


def workload_statements(facts: Facts) -> tuple[WorkloadStatement, ...]:
    """One statement for each declared workload, in the order of declaration."""
    use, views = use_by_workload(facts.use), facts.views()
    books = {view.currency: _Book.of(view) for view in (facts, *facts.elsewhere.values())}
    issued = facts.issued.get(facts.period.previous)
    kept = issued.by_workload() if issued else {}
    told = []
    for workload in facts.declared.workloads:
        book = books[views.get(workload.unit, facts).currency]
        told.append(_statement(book, workload, kept.get(workload.ref), use.get(workload.ref)))
    return tuple(told)


_Totals: TypeAlias = Mapping[WorkloadRef, list[Total]]


@dataclass(frozen=True, slots=True)
class _Book:
    """What all workloads are told in one currency, by workload."""

    facts: Facts
    month: _Totals
    last_day: _Totals
    previous: _Totals
    assets: Mapping[WorkloadRef, Asset]
    amortised: Mapping[WorkloadRef, int]

    @classmethod
    def of(cls, facts: Facts) -> _Book:
        month, last_day, previous = map(by_workload, (facts.totals, facts.last_day.totals, facts.previous))
        amortised: dict[WorkloadRef, int] = defaultdict(int)
        for spread in facts.trained.spreads():
            amortised[spread.workload] += spread.amortised
        return cls(facts, month, last_day, previous, facts.trained.assets(), amortised)


def sharing_by_workload(devices: Devices, owners: Mapping[str, Owner]) -> Mapping[WorkloadRef, frozenset[str]]:
    """How the cards were cut that each workload's pods held; `owners` are those of pods by name."""
    ways: dict[tuple[str, str], set[str]] = defaultdict(set)
    for group in devices.groups:
        for slot in group.devices:
            ways[group.node.name, slot.resource].add(group.sharing)
    found: dict[WorkloadRef, set[str]] = defaultdict(set)
    for held in devices.holdings:
        owner = owners.get(str(held.pod))
        if owner and owner.workload:
            found[owner.workload] |= ways.get((held.node, held.resource), set())
    return {ref: frozenset(of) for ref, of in found.items()}


def use_by_workload(uses: Iterable[Use]) -> Mapping[WorkloadRef, Use]:
    """One use of each workload: the sums over all its signals, named after the one that tells of most card time."""
    found: dict[WorkloadRef, list[Use]] = defaultdict(list)
    for use in uses:
        found[use.workload].append(use)
    return {ref: _together(of) for ref, of in found.items()}


def _together(uses: list[Use]) -> Use:
    return Use(
        workload=uses[0].workload,
        signal=max(uses, key=lambda use: (use.card_microseconds, use.signal)).signal,
        card_microseconds=sum(use.card_microseconds for use in uses),
        busy_ppm_microseconds=sum(use.busy_ppm_microseconds for use in uses),
        observed_nanos=sum(use.observed_nanos for use in uses),
        used_nanos=sum(use.used_nanos for use in uses),
        host_observed_nanos=sum(use.host_observed_nanos for use in uses),
        host_used_nanos=sum(use.host_used_nanos for use in uses),
    )


def _statement(book: _Book, workload: Workload, kept: WorkloadCharge | None, use: Use | None) -> WorkloadStatement:
    facts, ref = book.facts, workload.ref
    mine, last_day, previous = (of.get(ref, []) for of in (book.month, book.last_day, book.previous))
    cost, before = cost_of(mine, facts.currency), cost_of(previous, facts.currency).total
    gaps = tuple(gap for gap in facts.gaps if gap.concerns(workload))
    refused = tuple(refusal for refusal in facts.refused if refusal.workload == ref)
    lost = tuple(sorted((c for c in facts.contests if c.loser == ref), key=lambda c: (c.winner, c.subject)))
    return WorkloadStatement(
        workload=workload,
        cost=cost,
        last_day_nanos=cost_of(last_day, facts.currency).total,
        previous_nanos=kept.nanos if kept and kept.currency == facts.currency else before,
        card_microseconds=card_time(mine),
        use=use,
        tokens=facts.tokens.get(ref),
        gaps=gaps,
        refused=refused,
        lost=lost,
        currency=facts.currency,
        state=state_of(cost.total, workload.budget_nanos, gaps, conflict=bool(lost), denied=bool(refused)),
        sharing=facts.sharing.get(ref, frozenset()),
        measured=facts.measured.get(ref, {}),
        directions=facts.directions.get(ref) if facts.causes.currency == facts.currency else None,
        top=top(facts.causes, workload, cost.tokens) if facts.causes.currency == facts.currency else None,
        asset=book.assets.get(ref),
        amortised=book.amortised.get(ref, 0),
        advice=facts.advice.get(ref),
    )


def state_of(nanos: int, budget: int | None, gaps: tuple[Gap, ...], *, conflict: bool, denied: bool) -> State:
    """The word for it. What is already over its budget is over, whatever is missing; missing outweighs a warning."""
    if denied:
        return State.DENIED
    if conflict:
        return State.CONFLICT
    if budget and nanos * 100 > budget * OVER_PERCENT:
        return State.OVER
    if any(gap.hides_cost or gap.lost for gap in gaps):
        return State.PARTIAL
    return State.WARN if budget and nanos * 100 >= budget * WARN_PERCENT else State.OK
