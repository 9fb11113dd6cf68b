"""Whatever a provider does: the right gap, condition, retry and ledger, and at the end not a dollar lost or doubled."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from tests.reconcile.faults.cluster import Provider
from tests.reconcile.faults.play import Play, Scenario, scenarios


@pytest.mark.parametrize("scenario", list(scenarios()), ids=lambda of: of.name)
async def test_a_fault_of_a_provider(
    scenario: Scenario, providers: Mapping[str, Provider], caplog: pytest.LogCaptureFixture
) -> None:
    """Each step of the file holds, the ledger ends as if nothing had gone wrong, and nothing tells a credential."""
    caplog.set_level(logging.DEBUG)
    play = Play(scenario, providers)
    await play.expect_all()
    written = [caplog.text, *play.cluster.written()]
    secrets = {play.cluster.secrets[name].credential for name in providers} | {of.key for of in providers.values()}
    assert [secret for secret in secrets if secret in "\n".join(written)] == []
