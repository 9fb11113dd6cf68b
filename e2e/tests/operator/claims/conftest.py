"""The live world once more, with a history of its own: pods that claims gave cards by name are in it without a node."""

from __future__ import annotations

from e2e.tests.operator.live.conftest import live, operator, scene

__all__ = ["live", "operator", "scene"]
