"""Use: what of the held card-seconds was busy, and what that share cost."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.hosts import CORE, GIB, Amounts, Measured, Taker
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import IDLE, Component, Entry, Use
from aicost.core.reasons import GapReason
from aicost.core.usage import SIGNALS, CardUse, Observed
from aicost.core.window import HOUR, Period, hour_of
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.support.builders import T0, a_line, a_pod, an_entry, at, between, owned_by, usd
from tests.support.hosting import ALWAYS, an_hour

MONTH = Period("2026-11").window
CHAT = WorkloadRef("support", "chat")
POD = "support/chat-0"
SM_ACTIVE, _, GPU_UTIL = SIGNALS


def busy(ppm: int, card: str = "GPU-0", *, pod: str = "chat-0", hour: int = 0, signal: str = SM_ACTIVE) -> CardUse:
    """How busy a card of the pod was in an hour of the day."""
    return CardUse("support", pod, card, hour_of(at(hour * HOUR)), signal, ppm)


def held(ledger: SqlLedger, *uses: CardUse, cards: int = 1, gap: GapReason | None = None) -> tuple[Use, ...]:
    """What was used of cards that the pod held for the first hour, at a dollar an hour."""
    amount = None if gap else usd(cards)
    line = a_line(owned_by(), amount, cards * HOUR, POD)
    ledger.commit(Commit((an_entry("card", lines=(line,), gap=gap),), observed=Observed(uses)), T0)
    return ledger.use(MONTH)


def test_use_is_the_busy_share_of_seconds_and_of_cost(ledger: SqlLedger) -> None:
    """A quarter busy is a quarter of the cost."""
    assert held(ledger, busy(250_000)) == (Use(CHAT, SM_ACTIVE, HOUR, HOUR * 250_000, 1_000_000_000, 250_000_000),)


def test_mean_of_a_pods_cards_counts_for_all_it_held(ledger: SqlLedger) -> None:
    """Four cards held of which two were observed: their mean stands for the four."""
    uses = held(ledger, busy(200_000), busy(400_000, "GPU-1"), cards=4)
    assert uses == (Use(CHAT, SM_ACTIVE, 4 * HOUR, 4 * HOUR * 300_000, 4_000_000_000, 1_200_000_000),)


def test_hour_without_a_sample_counts_on_neither_side(ledger: SqlLedger) -> None:
    """Samples of another hour or of another pod say nothing about this one: nothing is observed, not nothing used."""
    assert held(ledger, busy(900_000, hour=1), busy(900_000, pod="chat-1")) == ()


def test_least_honest_signal_names_a_mixture(ledger: SqlLedger) -> None:
    """Where cards differ in their signal the pod is counted once, under the signal that says less."""
    (use,) = held(ledger, busy(200_000), busy(600_000, "GPU-1", signal=GPU_UTIL))
    assert (use.signal, use.card_microseconds, use.busy_ppm_microseconds) == (GPU_UTIL, HOUR, HOUR * 400_000)


def test_use_of_cards_without_a_price_has_no_cost(ledger: SqlLedger) -> None:
    """Busy seconds are counted, their cost is not known."""
    (use,) = held(ledger, busy(500_000), gap=GapReason.NO_PRICE)
    assert (use.busy_ppm_microseconds, use.used_nanos) == (HOUR * 500_000, 0)


def test_use_of_a_dear_fleet_is_exact(ledger: SqlLedger) -> None:
    """Where an amount times its parts per million passes 64 bits, and the month's sum too, no unit is lost."""
    dear, cards, ppm = usd(0, 9 * 10**18 + 1), 10**9 + 7, 333_333
    line = a_line(owned_by(), dear, cards, POD)
    entries = tuple(an_entry(str(n), lines=(line,)) for n in range(4))
    ledger.commit(Commit(entries, observed=Observed((busy(ppm),))), T0)
    used = dear.nanos * ppm // 1_000_000
    assert ledger.use(MONTH) == (Use(CHAT, SM_ACTIVE, 4 * cards, 4 * cards * ppm, 4 * dear.nanos, 4 * used),)


def test_origin_that_begins_within_the_hour_finds_its_hour(ledger: SqlLedger) -> None:
    """A node that joined late in the hour is used by the hour's samples, once in the window it begins in."""
    entry = an_entry("card", lines=(a_line(owned_by(), usd(1), 900, POD),))
    late = Entry(replace(entry.origin, window=between(2700, HOUR)), entry.lines)
    ledger.commit(Commit((late,), observed=Observed((busy(500_000),))), T0)
    assert ledger.use(between(2700, HOUR)) == (Use(CHAT, SM_ACTIVE, 900, 900 * 500_000, 1_000_000_000, 500_000_000),)
    assert ledger.use(between(0, 2700)) == ()


def test_use_of_a_host_is_its_share_of_what_was_taken(ledger: SqlLedger) -> None:
    """Half of the CPU that was taken, all of the memory; of another hour nobody saw, and of idle nobody used."""
    taker = Taker(a_pod(), ALWAYS, Amounts(2 * CORE, GIB), Measured(CORE, 3 * GIB))
    lines = (a_line(owned_by(), usd(4), 5, POD), a_line(IDLE, usd(9), 5, POD))
    entries = [
        Entry(replace(an_entry(pool, lines=lines).origin, pool=pool, component=Component.COMPUTE, window=hour), lines)
        for pool, hour in (("CPU", between(0, HOUR)), ("memory", between(0, HOUR)), ("later", between(HOUR, 2 * HOUR)))
    ]
    ledger.commit(Commit(tuple(entries), hosts=(an_hour(taker),)), T0)
    assert ledger.use(MONTH) == (
        Use(CHAT, "", 0, 0, 0, 0, host_observed_nanos=usd(8).nanos, host_used_nanos=usd(6).nanos),
    )


def test_idle_cards_are_nobodys_use(ledger: SqlLedger) -> None:
    """Only lines of workloads are used by them."""
    line = a_line(IDLE, usd(1), HOUR, POD)
    ledger.commit(Commit((an_entry("card", lines=(line,)),), observed=Observed((busy(500_000),))), T0)
    assert ledger.use(MONTH) == ()
