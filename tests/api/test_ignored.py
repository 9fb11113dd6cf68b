"""Fields that change amounts and are not evaluated: each is told, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.api.declared import translate
from aicost.api.ignored import ignored_of_source
from aicost.api.source import SourceSpec

OPENAI = {"type": "OpenAI", "secretRef": {"name": "openai-admin"}}
INVOICE = {"month": "2026-11", "id": "INV-9", "amount": "1", "currency": "USD"}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"residual": "Here", "include": {"projects": ["p"]}}, ()),
        ({"residual": "Elsewhere"}, ("spec.residual",)),
        ({"include": {"workspaces": ["w"]}}, ("spec.include.workspaces",)),
        ({"invoices": [INVOICE]}, ("spec.invoices",)),
    ],
    ids=str,
)
def test_a_source(spec: dict[str, Any], fields: tuple[str, ...]) -> None:
    """What it would leave to others, or correct."""
    assert ignored_of_source(SourceSpec.model_validate({**OPENAI, **spec})) == fields


def test_declarations_carry_what_is_ignored() -> None:
    """From a source's spec to what its status is made of."""
    source = {
        "apiVersion": "aicost.dev/v1alpha1",
        "kind": "UsageSource",
        "metadata": {"name": "openai"},
        "spec": {**OPENAI, "residual": "Elsewhere"},
    }
    declared = translate({"UsageSource": [source]}).declared
    assert declared.sources[0].ignored == ("spec.residual",)
