"""Fields that change amounts and are not evaluated: each is told, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from aicost.api.declared import translate
from aicost.api.ignored import ignored_of_prices, ignored_of_source
from aicost.api.prices import PricesSpec
from aicost.api.source import SourceSpec

OPENAI = {"type": "OpenAI", "secretRef": {"name": "openai-admin"}}
INVOICE = {"month": "2026-11", "id": "INV-9", "amount": "1", "currency": "USD"}
NODES = {"matchLabels": {"pool": "care"}}
RATES = [{"from": "2026-01-01", "perHour": "4"}]
OWNED = {"name": "dgx", "model": "m", "nodes": NODES, "count": 8, "from": "2026-01-01", "months": 48, "capex": "1"}


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


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"gpus": [{"model": "m", "rates": RATES}], "builtInPrices": True}, ()),
        ({"gpus": [{"model": "m", "rates": RATES, "includesHost": False}]}, ()),
        ({"owned": [OWNED]}, ()),
        ({"owned": [{**OWNED, "includesHost": False}]}, ()),
        ({"mig": [{"model": "m", "profile": "3g.40gb", "share": "0.5"}]}, ()),
        ({"compute": [{"from": "2026-01-01", "cpuCoreHour": "1", "memoryGiBHour": "1"}]}, ()),
        ({"tokens": {}}, ("spec.tokens",)),
        ({"exchangeRates": [{"from": "2026-01-01", "currency": "EUR", "rate": "1.1"}]}, ()),
    ],
    ids=str,
)
def test_a_price_book(spec: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Every price that is declared in vain."""
    assert ignored_of_prices(PricesSpec.model_validate({"currency": "USD", **spec})) == fields


def test_declarations_carry_what_is_ignored() -> None:
    """From each kind's spec to what its status is made of."""
    specs: dict[str, dict[str, Any]] = {
        "UsageSource": {**OPENAI, "residual": "Elsewhere"},
        "PriceBook": {"currency": "EUR", "tokens": {}},
    }
    resources = {
        kind: [{"apiVersion": "aicost.dev/v1alpha1", "kind": kind, "metadata": {"name": "default"}, "spec": spec}]
        for kind, spec in specs.items()
    }
    declared = translate(resources, {}).declared
    assert declared.sources[0].ignored == ("spec.residual",)
    assert declared.prices_ignored == ("spec.tokens",)
