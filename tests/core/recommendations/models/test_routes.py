"""Gateways' own configuration: well-formed, with weights that are all of the traffic, and a way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from aicost.core.recommendations.models.routes import configuration, second_step
from tests.support.model_corpus import CORPUS, case

USAGE = case(CORPUS / "short-answers-of-a-gateway.yaml").usage


def weights(of: Any) -> list[int]:
    """All weights in a document, wherever they stand."""
    if isinstance(of, dict):
        return [value for name, inner in of.items() for value in ([inner] if name == "weight" else weights(inner))]
    return [weight for each in of for weight in weights(each)] if isinstance(of, list) else []


@pytest.mark.parametrize("gateway", ["LiteLLM", "EnvoyAIGateway", "AgentGateway", "LLMD"])
def test_a_tenth_goes_to_the_candidate(gateway: str) -> None:
    """Both models are named, and the comment says how to go back."""
    text = configuration(replace(USAGE, gateway=gateway), "gpt-6-luna", 10)
    documents = list(yaml.safe_load_all(text))
    assert sorted(weights(documents)) == [10, 90]
    assert "Go back: " in text.splitlines()[1]
    assert "gpt-6-luna" in text
    assert "gpt-6-sol" in text.lower()


@pytest.mark.parametrize("gateway", ["LiteLLM", "EnvoyAIGateway", "LLMD"])
def test_a_gateway_is_told_the_name_that_its_callers_use(gateway: str) -> None:
    """A route for the provider's name of the model would match no request."""
    usage = replace(USAGE, gateway=gateway, named="team/sol@v2:fast")
    assert "'team/sol@v2:fast'" in str(list(yaml.safe_load_all(configuration(usage, "gpt-6-luna", 10))))


def test_whose_answers_a_configuration_changes_is_said_before_and_in_it() -> None:
    """The trial is unseen by users, a tenth by weight is not: so that is its second step, of all calls."""
    usage = replace(USAGE, gateway="LLMD")
    assert "users see these" in configuration(usage, "gpt-6-luna", 10).splitlines()[0]
    (step,) = second_step(usage, "gpt-6-luna", 10)
    assert step.startswith("Then: ")
    assert "10 percent of all its calls" in step
    assert second_step(replace(USAGE, gateway=""), "gpt-6-luna", 10) == ()


def test_where_nobody_knows_what_routes_calls_it_is_said_in_words() -> None:
    """Langfuse tells what was called, and not by which way: the share, and both names as callers use them."""
    (step,) = second_step(replace(USAGE, gateway="Langfuse", named="openai/gpt-6.1-sol"), "gpt-6-luna", 10)
    assert step == (
        "Then: where calls of openai/gpt-6.1-sol are routed, or where the application names it, send 10 percent of them to "
        "openai/gpt-6-luna, whose answers users do see"
    )


def test_a_gateway_without_such_a_route_has_none() -> None:
    """Nor has what no gateway saw."""
    assert configuration(USAGE, "gpt-6-luna", 10) == ""
    assert configuration(replace(USAGE, gateway="Langfuse"), "gpt-6-luna", 10) == ""
