"""Whatever a provider does: the right gap, condition, retry and ledger, and at the end not a dollar lost or doubled."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.reconcile.faults.cluster import Provider
from tests.reconcile.faults.play import Play, Scenario, scenarios


@pytest.mark.parametrize("scenario", list(scenarios()), ids=lambda of: of.name)
async def test_a_fault_of_a_provider(scenario: Scenario, providers: Mapping[str, Provider]) -> None:
    """Each step of the file holds, and the ledger ends as if nothing had gone wrong."""
    await Play(scenario, providers).expect_all()
