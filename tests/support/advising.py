"""Advice for tests: a notebook that may be scaled to zero."""

from __future__ import annotations

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.advice import Advice, Basis, Effect, Evidence, Lever, Part, Saving, Target
from aicost.core.window import Instant, Window

WEEK = Window(Instant(0), Instant(7 * 86400))
NOTEBOOK = Target(ObjectRef("apps", "StatefulSet", "notebook"))
ADVICE = Advice(
    lever=Lever.SCALE_TO_ZERO,
    effect=Effect.FREED_CAPACITY,
    basis=Basis.ACTIONABLE,
    target=NOTEBOOK,
    current="replicas: 1",
    proposed="replicas: 0",
    saving=Saving(1_000, 1_000),
    currency="USD",
    touched=Part(("gpu", "notebook"), 1_000),
    reason="Nothing ran for 7 days.",
    evidence=Evidence(WEEK, 168),
)
