"""A cluster that nobody here made up: 1,213 nodes with 6,212 cards, 8,152 pods, whole cards and thousandths of one."""

from __future__ import annotations

from collections import Counter

from aicost.core.allocation import allocate
from aicost.core.declarations import Declarations
from aicost.core.ledger import OwnerKind
from aicost.core.money import Money
from aicost.core.ownership import Ownership
from aicost.core.prices import DatedRate, GpuPrice, PriceBook
from aicost.core.window import HOUR, Instant
from tests.traces.alibaba import MILLI, nodes, pods, replay

COMPRESSED = 200
"""Five months in 18 hours: every pod and node is there, and a pod of an hour holds for 18 seconds."""
NANOS = {
    "P100": 1_460_000_007,
    "T4": 526_000_001,
    "V100M16": 3_060_000_000,
    "V100M32": 3_500_000_011,
    "A10": 1_006_000_003,
}
BOOK = PriceBook(
    "USD",
    tuple(
        GpuPrice(model, (DatedRate(Instant(0), NANOS.get(model, 2_000_000_013)),)) for model, _ in {*nodes().values()}
    ),
)


def test_the_trace_is_charged_to_the_last_digit() -> None:
    """Cards x price x hours = what pods held + what was idle, with a difference of exactly zero, and nothing is parked."""
    devices, running = replay(COMPRESSED)
    assert (len(devices.groups), len(pods())) == (1213, 8152)
    assert running > 6000
    entries = allocate(devices, BOOK, Ownership.always(Declarations()), [devices.groups[0].window]).entries
    hours = devices.groups[0].window.seconds // HOUR
    bought = sum(cards * hours * _nanos(model) for model, cards in nodes().values())
    paid: Counter[OwnerKind] = Counter()
    used: Counter[OwnerKind] = Counter()
    for entry in entries:
        for line in entry.lines:
            assert isinstance(line.amount, Money)
            paid[line.owner.kind] += line.amount.nanos
            used[line.owner.kind] += line.quantity
    assert bought - paid.total() == 0
    assert set(paid) == {OwnerKind.UNCLAIMED, OwnerKind.IDLE}
    assert min(paid.values()) > 0
    asked = sum(held.count * held.window.seconds for held in devices.holdings)
    assert used[OwnerKind.UNCLAIMED] == asked * MILLI


def _nanos(model: str) -> int:
    return NANOS.get(model, 2_000_000_013)
