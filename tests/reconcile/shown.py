"""The model's cluster as an operator's watch, recorded series and bills show it, and its ledger in the model's words."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from aicost.core.basis import unit_bases
from aicost.core.bills import BillRow
from aicost.core.cards import cards_of
from aicost.core.dra import published
from aicost.core.holdings import FOREVER, CardGroup, Devices, Holding, unreserved
from aicost.core.hosts import BYTE_SECONDS, CORE, GIB, Amounts, HostHour, Taker
from aicost.core.identity import NodeRef, PodIdentity, labels
from aicost.core.layout import WHOLE
from aicost.core.ledger import Owner as LedgerOwner
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.usage import CallerUse, Served, Tokens, UsageRow
from aicost.core.window import Instant, Window, day_of, instant
from tests.reconcile.carried import ABROAD, BOOK, EUROS, Used
from tests.reconcile.carried import Amounts as ByUnit
from tests.reconcile.gateway import GatewayWorld
from tests.reconcile.hosted import SIZE
from tests.reconcile.layouts import CUTS, devices_of
from tests.reconcile.model import (
    CLAIMED,
    DAY,
    GAP,
    HOUR,
    NEVER,
    SEEN,
    SHARED,
    TOKENS,
    UNCLAIMED,
    Costs,
    Model,
    Node,
    Owner,
    Part,
    Pod,
    calls_on,
)
from tests.reconcile.october import NOVEMBER, OCTOBER
from tests.reconcile.world import World, bill_of
from tests.support.builders import T0, a_row, at, between, dims
from tests.support.hosting import NOTHING

BEGIN = -6 * HOUR
"""Series are there from then on."""
_ANY_ORDER = random.Random(0)  # noqa: S311 # which one is all the same


def show(world: World, model: Model, since: int, *, lost: bool, silent: Exception | None) -> None:
    """In any order. The watch knows of what ended since it began; `silent` series cannot be asked, for that reason.

    Every series is there twice, as of a pair of Prometheus servers; of what claims hold there is none.
    """
    groups, holdings = [_group(node) for node in model.nodes], [_holding(pod) for pod in model.pods]
    plugged = [held for held in holdings if not held.claim]
    _ANY_ORDER.shuffle(groups)
    _ANY_ORDER.shuffle(holdings)
    world.inventory.watching = not lost
    world.inventory.groups = tuple(group for group in groups if group.window.end >= at(since))
    world.inventory.holdings = tuple(held for held in holdings if held.window.end >= at(since))
    world.history.told = Devices((*groups, *groups), (*plugged, *plugged))
    world.history.covers = (Window(at(BEGIN), FOREVER),)
    world.history.failure = world.use.failure = world.meter.failure = world.called.failure = silent
    world.took.failure, world.took.seen = silent, tuple(_hosts(world, model))


def show_bills(world: World, bills: Mapping[tuple[int, str], int]) -> None:
    """Nano-dollars by day and project."""
    rows = defaultdict(list)
    for (day, project), nanos in sorted(bills.items()):
        rows[day].append(_row(project, Money(nanos, ABROAD if project == EUROS else BOOK)))
    world.bills.days = tuple(bill_of(day, *of) for day, of in rows.items())


def show_callers(world: GatewayWorld, days: range) -> None:
    """Who called the model server, hour by hour, and what the gateway saw."""
    world.called.seen = tuple(
        CallerUse(
            "calls", between(hour * HOUR, (hour + 1) * HOUR), dims(customer=caller), Served(decode=seconds * WHOLE)
        )
        for hour in range(days.start * 24, days.stop * 24)
        for caller, seconds in calls_on(hour // 24).items()
    )
    world.gateway.usage = tuple(
        UsageRow("gw", day_of(at(day * DAY)), dims(apiKey="rank", model="m"), Tokens(output=SEEN)) for day in days
    )


def _hosts(world: World, model: Model) -> Iterator[HostHour]:
    """What nodes had and who took of it in the hours that are over: of those that follow each other under a name, of each."""
    now = Window(at(BEGIN), world.clock.now())
    for node in model.nodes:
        later = [of.since for of in model.nodes if of.name == node.name and of.since > node.since]
        named = Window(at(node.since), at(min(later, default=NEVER)))
        for hour in (over for piece in (now.overlap(named),) if piece for over in piece.pieces(HOUR)):
            if not hour.meets(_there(node.since, node.until)):
                continue
            takers = (_taker(pod) for pod in model.pods if pod.node == node.name and not pod.own)
            there = tuple(taker for taker in takers if taker.there.meets(hour))
            yield HostHour(node.name, hour, Amounts(SIZE * CORE, SIZE * GIB), there)


def _taker(pod: Pod) -> Taker:
    identity = PodIdentity(pod.uid, pod.namespace, pod.name, pod.labels)
    return Taker(identity, _there(pod.since, pod.until), Amounts(pod.count * CORE, pod.count * GIB), NOTHING)


def _there(since: int, until: int) -> Window:
    return Window(at(since), FOREVER if until == NEVER else at(until))


def _row(project: str, amount: Money) -> BillRow:
    if project != SHARED:
        return a_row(amount, project=project)
    named = dims(project=project, apiKey="key_gw", lineItem="m, output_tokens")
    return BillRow(named, amount, TOKENS, "tokens")


def stored(world: World) -> Costs:
    """What the ledger holds of both months; parts of nothing left out."""
    found: dict[Part, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    entries = (*world.ledger.entries(OCTOBER.window), *world.ledger.entries(NOVEMBER.window))
    for entry in (of for of in entries if of.origin.gap is not GapReason.NO_HOST_HISTORY):
        for line in entry.lines:
            part = _part(entry.origin.key, entry.origin.window, line.owner, line.subject)
            cost = found[part if entry.origin.gap is not GapReason.LAYOUT_UNKNOWN else (*part[:3], UNCLAIMED, GAP)]
            cost[0] += line.amount.nanos if line.amount else 0
            cost[1] += Fraction(line.quantity, {"tokens": 1, BYTE_SECONDS: GIB}.get(entry.origin.unit, WHOLE))
    return {part: (nanos, seconds) for part, (nanos, seconds) in found.items() if nanos or seconds}


def _part(key: tuple[str, ...], window: Window, owner: LedgerOwner, subject: str) -> Part:
    """An entry's line in the model's words."""
    who: Owner = (owner.kind.value, owner.unit, str(owner.workload or ""))
    if key[0] == "gpu":
        return "gpu", instant(key[5]) - T0, key[1], who, subject.partition(" ")[0]
    if key[0] == "compute":
        return key[3], instant(key[4]) - T0, key[1], who, subject.partition(" ")[0]
    if key[0] == "recharge":
        return "recharge", window.start - T0, key[1], who, subject
    if key[0] == "owned":
        return "owned", instant(key[2]) - T0, key[1], who, subject
    project = key[-1].removeprefix("project=")
    if key[0] == "correction":
        return "correction", instant(f"{key[6]}T00:00:00Z") - T0, project, who, subject
    return "tokens", window.start - T0, project, who, subject


def charged(world: World) -> dict[str, ByUnit]:
    """What every unit is charged in the currency that it is told in."""
    assert world.evaluation.facts is not None
    told: dict[str, ByUnit] = {BOOK: {}, ABROAD: {}}
    for basis in unit_bases(world.evaluation.facts):
        told[basis.currency][basis.unit] = Fraction(basis.cost.total)
    return told


def used_up(world: World) -> Used:
    """What workloads bought of trainings and used up of them, in the book's currency."""
    assert world.evaluation.facts is not None
    spreads = world.evaluation.facts.trained.spreads()
    return {
        (str(of.workload), of.unit): (Fraction(of.invested), Fraction(of.amortised))
        for of in spreads
        if of.invested or of.amortised
    }


def _group(node: Node) -> CardGroup:
    until = FOREVER if node.until == NEVER else at(node.until)
    layout, claimable = CUTS[node.cut], node.cut == CLAIMED
    (cards,) = (
        published(devices_of(node.name, node.cards), {}, {})
        if claimable
        else cards_of(layout.labelled(node.cards), layout.capacity(node.cards))
    )
    over, created = Window(at(node.since), until), NodeRef(node.name, at(node.since))
    carried = labels({"pool": node.pool}) if node.pool else frozenset()
    group = CardGroup(created, cards.resource, cards.product, cards.count, over, carried, cards.sharing, cards.slots)
    return replace(group, claimable=claimable)


def _holding(pod: Pod) -> Holding:
    itself = unreserved(pod.claim, pod.namespace, pod.claim, at(pod.since))
    identity = itself if pod.own else PodIdentity(pod.uid, pod.namespace, pod.name, pod.labels)
    until = FOREVER if pod.until == NEVER else at(pod.until)
    return Holding(identity, pod.node, pod.resource, pod.count, Window(at(pod.since), Instant(until)), None, pod.claim)
