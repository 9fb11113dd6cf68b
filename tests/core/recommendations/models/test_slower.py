"""UseBatchAPI and UseFlexibleTier, beside their cases in the corpus."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.declarations import LatencyClass
from aicost.core.recommendations.advice import Advice, Refused
from aicost.core.recommendations.models.slower import use_batch_api, use_flexible_tier
from tests.support.model_corpus import CORPUS, case
from tests.support.model_market import market

USAGE = case(CORPUS / "batch-stands-a-day.yaml").usage


def test_only_what_a_workload_says_that_it_stands_is_advised() -> None:
    """How late is too late no token tells."""
    stands = {
        latency: [type(answer) for lever in (use_batch_api, use_flexible_tier) for answer in lever(used, market())]
        for latency in LatencyClass
        for used in (replace(USAGE, latency=latency),)
    }
    assert stands == {
        LatencyClass.INTERACTIVE: [Refused, Refused],
        LatencyClass.FLEXIBLE: [Refused, Advice],
        LatencyClass.BATCH: [Advice, Advice],
    }
