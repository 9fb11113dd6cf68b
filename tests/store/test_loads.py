"""Loads in the ledger: read back as they were, the last account counts, and none for longer than they are kept."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.loads import KEPT, Loads, ServerLoad
from aicost.core.window import DAY, HOUR, Instant
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.support.builders import T0, at, between
from tests.support.loads import SM, a_load

WHOLE = a_load(
    1,
    signal=SM,
    mean_ppm=1,
    high_ppm=2,
    peak_ppm=3,
    duty_peak_ppm=4,
    tensor_peak_ppm=5,
    bandwidth_mean_ppm=6,
    bandwidth_peak_ppm=7,
    memory_peak_mib=8,
    memory_mib=9,
    power_low_mw=10,
    power_peak_mw=11,
    pcie_peak_bytes=2**40,
)
SERVED = ServerLoad("support", "zürich", between(HOUR, 2 * HOUR), 250_000)


def test_loads_come_back_as_they_were(ledger: SqlLedger) -> None:
    """By hour, pod and card; what nobody told is still not told."""
    told = Loads((a_load(card="GPU-0"), a_load(), WHOLE), (SERVED,))
    for _ in range(2):
        ledger.commit(Commit(loads=(Loads(told.cards[::-1]), Loads(servers=told.servers))), T0)
        assert ledger.loads(between(0, DAY)) == told
    assert ledger.loads(between(HOUR, 2 * HOUR)) == Loads((WHOLE,), (SERVED,))
    assert ledger.loads(between(0, HOUR)) == Loads(told.cards[:2])


def test_an_hour_that_is_told_again_is_another(ledger: SqlLedger) -> None:
    """The last account counts, also where it knows less."""
    for cards in ((WHOLE,), (replace(WHOLE, power_peak_mw=None, memory_mib=7),)):
        ledger.commit(Commit(loads=(Loads(cards),)), T0)
    assert ledger.loads(between(0, DAY)).cards == (replace(WHOLE, power_peak_mw=None, memory_mib=7),)


def test_what_is_older_than_it_is_kept_for_is_gone_with_the_next_commit(ledger: SqlLedger) -> None:
    """Whatever that commit is about; what is told too late is not stored at all."""
    ledger.commit(Commit(loads=(Loads((a_load(), WHOLE), (SERVED,)),)), T0)
    ledger.commit(Commit(), at(KEPT + HOUR))
    assert ledger.loads(between(0, DAY)) == Loads((WHOLE,), (SERVED,))
    ledger.commit(Commit(loads=(Loads((a_load(),)),)), Instant(at(KEPT + HOUR) + 1))
    assert ledger.loads(between(0, DAY)) == Loads()
