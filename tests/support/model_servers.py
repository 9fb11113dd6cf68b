"""A model server for tests: it cost 3,000 a month and served a million tokens an hour."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.recommendations.advice import Part, Target
from aicost.core.recommendations.gpu.evidence import ServerEvidence
from aicost.core.recommendations.models.served import Served
from aicost.core.usage import Tokens
from aicost.core.window import DAY, Instant, Window
from tests.support.model_corpus import START

WEEK = Window(START, Instant(START + 7 * DAY))
HOURS = 7 * 24
LLM = WorkloadRef("platform", "llm")


def a_server(model: str = "gpt-oss-20b", monthly: int = 3_000, **changed: object) -> Served:
    """Nine tenths of its tokens are input; its best hour had three times the mean."""
    server = ServerEvidence(
        workload=LLM,
        target=Target(ObjectRef("apps", "Deployment", "llm")),
        window=WEEK,
        device=None,
        part=Part(("gpu", "platform", "deployment", "llm"), monthly * NANOS_PER_UNIT),
        currency="USD",
        replicas=(1,) * HOURS,
        device_hours=HOURS,
        models=frozenset({model}),
    )
    tokens = Tokens(900_000 * HOURS, 0, 0, 100_000 * HOURS, 500 * HOURS)
    found = Served(server, tokens, counted_hours=HOURS, days=7, peak_tokens=3_000_000)
    return replace(found, **changed)  # type: ignore[arg-type] # fields by name
