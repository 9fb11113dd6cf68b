"""The adviser about GPUs: what the ledger and the live cluster tell of a window, put before core's ladder of levers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aicost.core.cards import UNCOUNTED
from aicost.core.coverage import within
from aicost.core.holdings import clipped
from aicost.core.identity import WorkloadRef
from aicost.core.prices import PriceBook
from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.asking import AskAbout, Hears, about_any
from aicost.core.recommendations.gpu.ladder import all_judged
from aicost.core.recommendations.gpu.offers import Market
from aicost.core.recommendations.gpu.servers import Scene, servers
from aicost.core.told_cards import as_told
from aicost.core.window import Instant
from aicost.reconcile.facts import exchange_of
from aicost.reconcile.hearing import hearing
from aicost.reconcile.known import Known
from aicost.reconcile.totals import Totals


def advise_on_gpus(known: Known, ask: AskAbout = about_any) -> Iterator[tuple[WorkloadRef, Answer]]:
    """What every lever says of every server that cost a workload something. Without a price book nothing has a price."""
    if known.seen.declared.prices:
        found = servers(scene_of(known, known.seen.declared.prices), ask)
        yield from all_judged(found, ask=ask, hears=hearing_of(known))


def hearing_of(known: Known) -> Hears:
    """Who hears what, as of the end of what is open."""
    return hearing(known.seen.declared, known.seen.open.end, Instant(known.window.end - 1))


def scene_of(known: Known, prices: PriceBook) -> Scene:
    """All that is known of servers in the window."""
    declared, window = known.seen.declared, known.window
    totals = Totals(known.ledger, exchange_of(declared, ())).over(window, known.currency, by_subject=True)
    devices = clipped(as_told(known.ledger.devices(window)), window)
    devices = replace(devices, groups=tuple(group for group in devices.groups if group.sharing != UNCOUNTED))
    return Scene(
        window=window,
        workloads={workload.ref: workload for workload in declared.workloads},
        devices=devices,
        totals=totals,
        loads=known.ledger.loads(window),
        counted=known.ledger.observed(window, card_use=False).pod_tokens,
        market=Market(devices.groups, prices, Instant(window.end - 1)),
        live=known.live,
        currency=known.currency,
        covered=within(known.seen.covered, window),
        units=declared.units,
    )
