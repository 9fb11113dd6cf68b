"""The adviser about models: what the ledger tells of usage and bills over a window, put before core's levers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import TypeAlias

from aicost.core.declarations import BILL, Source, Workload
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.ledger import Component
from aicost.core.prices import PriceBook
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.asking import AskAbout, Hears, about_any
from aicost.core.recommendations.gpu.ladder import all_judged
from aicost.core.recommendations.gpu.servers import Scene, controller, servers
from aicost.core.recommendations.models.aborted import aborted_requests
from aicost.core.recommendations.models.catalogue import Catalogue
from aicost.core.recommendations.models.failed import failed_requests
from aicost.core.recommendations.models.failing import failing_keys
from aicost.core.recommendations.models.gathered import Books, model_usages
from aicost.core.recommendations.models.idle_key import idle_keys, keys_seen
from aicost.core.recommendations.models.market import Market, Quote
from aicost.core.recommendations.models.served import Served, callable_by, served, told_of
from aicost.core.recommendations.models.table import looked_at
from aicost.core.recommendations.models.usage import ModelUsage
from aicost.core.recommendations.models.use_api import use_api
from aicost.core.recommendations.models.use_own_server import Given, use_own_server
from aicost.core.token_prices import Manner, TokenPrice
from aicost.core.window import Instant
from aicost.reconcile.facts import exchange_of
from aicost.reconcile.gpu_advice import hearing_of, scene_of
from aicost.reconcile.hearing import least_saving
from aicost.reconcile.known import Known
from aicost.reconcile.pricing import Pricing, provider_of

Said: TypeAlias = tuple[tuple[WorkloadRef, Answer], ...]


def advise_on_models(
    known: Known, models: Catalogue, ask: AskAbout = about_any
) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What every lever says of every model that a workload used, and of keys; without a price book of keys alone."""
    books, prices = books_of(known), known.seen.declared.prices
    if prices is not None:
        yield from _of_models(known, books, models, prices, ask)
    yield from _idle(known, books, ask)
    yield from _failing(known, books, ask)


def _of_models(
    known: Known, books: Books, models: Catalogue, prices: PriceBook, ask: AskAbout
) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What is said of what models and servers cost."""
    declared = known.seen.declared
    market = Market(models, _quote(known, Pricing(prices, known.listed)))
    scene = scene_of(known, prices)
    hears = hearing_of(known)  # what workloads do not want to hear contradicts nothing, and takes nothing from others
    own, away = _servers(known, scene, market, ask, hears)
    yield from away
    yield from _aborted(known, own, ask)
    given: Given = {}
    for workload, usage in sorted(model_usages(books, declared.workloads, _targets(known)), key=_dearest_first):
        declaring = scene.workloads[workload]
        asked = market.asked_by(least_saving(declared, declaring, books.exchange, Instant(known.window.end - 1)))
        yield from ((workload, answer) for answer in looked_at(usage, asked, ask(workload)))
        near = callable_by(own, workload, _metered(declaring, books.sources))
        told = partial(use_own_server, usage, near, asked, given, partial(hears, workload))
        yield from ((workload, answer) for answer in ask(workload)(use_own_server.__name__, told))


def _aborted(known: Known, own: tuple[Served, ...], ask: AskAbout) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What is said of requests to own servers whose answer nobody waited for."""
    for each in own:
        ref = each.server.workload
        told = partial(aborted_requests, each, known.ids_told(ref))
        yield from ((ref, answer) for answer in ask(ref)(aborted_requests.__name__, told))


def _idle(known: Known, books: Books, ask: AskAbout) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What is said of keys that nobody used."""
    seen = cache(partial(keys_seen, books.usage, books.entries))
    for declaring in known.seen.declared.workloads:
        idle = partial(idle_keys, declaring, books.sources, seen, known.window, known.currency)
        yield from ((declaring.ref, answer) for answer in ask(declaring.ref)(idle_keys.__name__, idle))


def _failing(known: Known, books: Books, ask: AskAbout) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What is said of requests that nobody had an answer of."""
    for workload, of in failing_keys(books.usage, books.ownership, books.window, books.sources.values()):
        told = partial(failed_requests, of, known.currency, known.ids_told(workload))
        yield from ((workload, answer) for answer in ask(workload)(failed_requests.__name__, told))


def _dearest_first(of: tuple[WorkloadRef, ModelUsage]) -> int:
    """By what it costs a month: room of servers goes to the dearest usage first, as idle hours do."""
    return -of[1].part.monthly_nanos


def _servers(
    known: Known, scene: Scene, market: Market, ask: AskAbout, hears: Hears
) -> tuple[tuple[Served, ...], Said]:
    """The servers that counted tokens with what is said of them, and which of them are told of an API."""
    found = tuple(servers(scene, ask))
    counting = served(found, scene.devices.holdings, scene.counted)
    if not counting:
        return (), ()
    judged = tuple(said for said in all_judged(found, ask=ask, hears=hears) if hears(*said))
    paid = frozenset(provider_of(source.type) for source in known.seen.declared.sources if source.role == BILL)
    away = tuple(
        (each.server.workload, answer)
        for each in told_of(counting, judged)
        for answer in ask(each.server.workload)(use_api.__name__, partial(use_api, each, market, paid))
    )
    return told_of(counting, (*judged, *(said for said in away if hears(*said)))), away


def _metered(workload: Workload, sources: Mapping[str, Source]) -> frozenset[WorkloadRef]:
    """The servers whose meters a workload claims usage of."""
    claimed = (sources.get(claim.source) for claim in workload.usage)
    return frozenset(source.meter.server for source in claimed if source and source.meter)


def books_of(known: Known) -> Books:
    """Bills and usage of the window, with who owns them."""
    ownership = known.seen.ownership
    return Books(
        window=known.window,
        entries=known.ledger.entries(known.window, Component.TOKENS),
        usage=known.ledger.observed(known.window, card_use=False).usage,
        ownership=ownership,
        sources={source.name: source for source in known.seen.declared.sources},
        refiners=cache(ownership.dividing.refiners),
        provider_of=known.listed.provider_of,
        exchange=exchange_of(known.seen.declared, ()),
    )


def _quote(known: Known, pricing: Pricing) -> Quote:
    """Prices in force at the end of the window; one in another currency than the book's is none to compare with."""
    at = Instant(known.window.end - 1)

    @cache
    def quote(provider: str, model: str, manner: Manner) -> TokenPrice | None:
        found = pricing.price(provider, model, at, manner)
        return found if found and found.currency == known.currency else None

    return quote


def _targets(known: Known) -> dict[WorkloadRef, ObjectRef]:
    """What runs the pods of a workload, where it names that itself or all pods that were seen have one controller."""
    found: dict[WorkloadRef, set[ObjectRef]] = {}
    for held in known.seen.devices.holdings:
        if held.window.meets(known.window) and (owner := known.seen.ownership.pod(held.pod).owners[-1][1]).workload:
            found.setdefault(owner.workload, set()).add(controller(held.pod))
    only = {ref: next(iter(of)) for ref, of in found.items() if len(of) == 1}
    named = {of.ref: of.pods.target for of in known.seen.declared.workloads if of.pods and of.pods.target}
    return {**only, **named}
