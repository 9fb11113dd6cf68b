"""Quotes of manifests by what the last evaluation saw: nodes, prices, claims, budgets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aicost.core.claims import Claims
from aicost.core.declarations import Declarations, Workload
from aicost.core.exchange import currencies
from aicost.core.identity import PodIdentity
from aicost.core.ledger import UNCLAIMED
from aicost.core.parents import descendants
from aicost.core.quotes import Asked, Quote, Room, Server, added, pace, quote, replaced_once
from aicost.core.recommendations.gpu.offers import Market
from aicost.core.recommendations.live import Live
from aicost.core.rollup import unit_statements
from aicost.core.statement import Facts
from aicost.core.told_day import is_told
from aicost.core.window import Instant, Period, Span
from aicost.ports import Unavailable
from aicost.reconcile.decide import Observation
from aicost.reconcile.evaluation import Evaluation
from aicost.reconcile.facts import exchange_of

_MONTHS = {span: len(span.months(Period("2026-12"))) for span in Span}


class Quoting:
    """Quotes by what an evaluation saw last. Blocking; raises Unavailable before the first, and without prices."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def __call__(self, asked: Asked) -> tuple[tuple[Quote, ...], tuple[Room, ...], str]:
        """Of each server, with the room in budgets, and the currency of the quotes."""
        facts, desk = self._evaluation.facts, self._evaluation.advice
        if facts is None or desk.seen is None:
            raise Unavailable("nothing was evaluated yet since the operator started: try again in a minute")
        return *quoted(asked, desk.seen, desk.live, facts), facts.currency


def quoted(asked: Asked, seen: Observation, live: Live, facts: Facts) -> tuple[tuple[Quote, ...], tuple[Room, ...]]:
    """A quote of each server, and the room in the budgets of their units and of those above. Raises Unavailable without prices."""
    prices = seen.declared.prices
    if prices is None:
        raise Unavailable("there is no PriceBook, so nothing has a price: create one named default")
    groups, at = seen.devices.groups, Instant(seen.open.end - 1)
    offers = Market(groups, prices, at).offers()
    live = replace(live, scalers=(*asked.scalers, *(live.scalers or ())))
    claims, quotes = Claims(_declaring(seen.declared, asked.workloads)), []
    for server in replaced_once(asked.servers):
        pod = PodIdentity("", server.namespace, f"{server.ref.name}-0", server.labels, (server.ref,))
        counted = replace(server, pods=tuple(pods.on(groups, at) for pods in server.pods))
        owner = claims.pod(pod).owner
        payers = _payers(server.namespace, seen.declared, asked.workloads) if owner == UNCLAIMED else ()
        if server.replaces and not _pays_alone(owner.unit, server, seen):
            counted = replace(counted, replaces=None)
        quotes.append(replace(quote(counted, owner, offers, live), payers=payers))
    return tuple(quotes), tuple(_rooms(quotes, seen, facts))


def _declaring(declared: Declarations, workloads: Iterable[Workload]) -> Declarations:
    """With workloads that are only about to be: a claim that is not there already begins behind all others."""
    there = {workload.ref: workload for workload in declared.workloads}
    last = Instant(max((each.claimed_at for each in declared.workloads), default=0) + 1)
    for each in workloads:
        before = there.get(each.ref)
        since = before.claimed_at if before and before.pods == each.pods else last
        there[each.ref] = replace(each, claimed_at=since)
    return replace(declared, workloads=tuple(there[ref] for ref in sorted(there)))


def _pays_alone(unit: str, server: Server, seen: Observation) -> bool:
    """Whether what a server replaces costs this unit and no other by now: in no other one's budget does it make room."""
    pods = (held.pod for held in seen.devices.holdings if held.pod.namespace == server.namespace)
    now = Claims(seen.declared)
    return all(now.pod(pod).owner.unit == unit for pod in pods if server.replaces in pod.owners)


def _payers(namespace: str, declared: Declarations, workloads: Iterable[Workload]) -> tuple[str, ...]:
    """The units with a budget, or above it, that a workload of the namespace may name or names; and those that are not there yet."""
    units = {unit.name: unit for unit in declared.units}
    named = {each.unit for each in workloads if each.ref.namespace == namespace}
    named |= {unit.name for unit in declared.units if namespace in unit.namespaces}
    parents = {unit.name: unit.parent for unit in declared.units}
    above = {each for name in named for each in _above(name, parents)}
    return tuple(sorted(each for each in above if each not in units or units[each].budget_nanos is not None))


def _rooms(quotes: Sequence[Quote], seen: Observation, facts: Facts) -> Iterable[Room]:
    """Of each unit with a budget that would pay, or above one that would."""
    exchange, parents = exchange_of(seen.declared, ()), {unit.name: unit.parent for unit in seen.declared.units}
    told, views = currencies(seen.declared.units, exchange.book), facts.views()
    below, claims = descendants(seen.declared.units), Claims(facts.declared)
    for statement in unit_statements(facts):
        unit = statement.unit
        mine = [each for each in quotes if statement.name in _above(each.owner.unit, parents)]
        if unit is None or unit.budget_nanos is None or not mine:
            continue
        currency = told[unit.name]
        rate = exchange.rate(exchange.book, currency, seen.open.end)
        budget = unit.budget_nanos // _MONTHS[unit.budget_span]
        both = below.get(unit.name, frozenset()) | {unit.name}
        whole = is_told(views.get(unit.name, facts), claims, both, statement.gaps)
        paid = pace(statement.last_day_nanos)
        yield Room(unit.name, currency, budget, paid, added(mine, rate, paid), whole)


def _above(name: str, parents: dict[str, str | None]) -> list[str]:
    """The unit and those above it, once each."""
    way: list[str] = []
    unit: str | None = name
    while unit and unit not in way:
        way.append(unit)
        unit = parents.get(unit)
    return way
