"""Placements in the ledger: read back as they were, each once, and none lost that a window overlaps or that was the last before it."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.holdings import Devices
from aicost.core.placements import Placement
from aicost.core.window import HOUR
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.support.builders import T0, between

ONE = Placement("node", "GPU-1", "7", "1g.5gb", between(0, HOUR), "support", "zürich-0")
IDLE = replace(ONE, instance="9", namespace="", pod="")


def test_placements_come_back_as_they_were(ledger: SqlLedger) -> None:
    """One that lasts longer takes the place of what began with it; one that closes a hole joins both sides."""
    later, longer = (replace(ONE, window=between(from_ * HOUR, to * HOUR)) for from_, to in ((2, 3), (0, 3)))
    for told, known in (((ONE, IDLE), (ONE, IDLE)), ((later,), (ONE, later, IDLE)), ((longer,), (longer, IDLE))):
        for _ in range(2):
            ledger.commit(Commit(devices=Devices(placements=told)), T0)
            assert ledger.devices(between(0, 3 * HOUR)).placements == known
    assert ledger.devices(between(2 * HOUR, 3 * HOUR)).placements == (longer, IDLE)
    assert ledger.devices(between(9 * HOUR, 10 * HOUR)).placements == (longer, IDLE)
