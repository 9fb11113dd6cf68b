"""Gateways' own configuration for a trial's second step: a small part of all requests for a model goes to another one, by weight.

Users see these answers, so answers that nobody sees come first. No gateway here tells short calls from long ones by weight.

Sources: LiteLLM's docs on load balancing (weight); Envoy AI Gateway's AIGatewayRoute (modelNameOverride, weight);
agentgateway's AgentgatewayBackend behind an HTTPRoute; InferenceModelRewrite of the Gateway API inference extension, that llm-d
routes by. Names in capitals are the reader's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from aicost.core.recommendations.models.usage import PERCENT, ModelUsage

_SEEN = "# The second step, once answers that nobody sees were good enough: users see these. All calls by weight, short ones or not.\n"
_SEEN_BY_USERS = "whose answers users do see"


def foremost(gateways: Iterable[str]) -> str:
    """Of the kinds of gateways that saw requests the one to write for, whichever told of them last; empty where there is none."""
    return min(gateways, key=lambda kind: (kind not in _GATEWAYS, kind), default="")


def configuration(usage: ModelUsage, candidate: str, percent: int) -> str:
    """For the gateway that saw the requests; empty where none did, or it has no such configuration."""
    written = _GATEWAYS.get(usage.gateway)
    return _SEEN + written(usage, candidate, percent) if written else ""


def second_step(usage: ModelUsage, candidate: str, percent: int) -> tuple[str, ...]:
    """What must be known before the second step: whose answers change by it. Nothing where no gateway saw requests.

    Where aicost knows no configuration, since traces do not tell what routes the calls, it says in words what to set.
    """
    if not usage.gateway:
        return ()
    if usage.gateway in _GATEWAYS:
        return (f"Then: the gateway's configuration sends {percent} percent of all its calls to it, {_SEEN_BY_USERS}",)
    where = f"where calls of {usage.named or usage.model} are routed, or where the application names it"
    return (f"Then: {where}, send {percent} percent of them to {usage.renamed(candidate)}, {_SEEN_BY_USERS}",)


def _called(usage: ModelUsage) -> str:
    """The model as callers name it to the gateway, in quotes: such a name has none itself."""
    return f'"{usage.named or usage.model}"'


def _litellm(usage: ModelUsage, candidate: str, percent: int) -> str:
    return (
        "# LiteLLM, config.yaml: both answer to the model's name, by weight. Go back: take the second entry out.\n"
        "model_list:\n"
        f"- model_name: {_called(usage)}\n"
        f"  litellm_params: {{model: {usage.provider}/{usage.model}, weight: {PERCENT - percent}}}\n"
        f"- model_name: {_called(usage)}\n"
        f"  litellm_params: {{model: {usage.provider}/{candidate}, weight: {percent}}}\n"
        "router_settings: {routing_strategy: simple-shuffle}\n"
    )


def _envoy(usage: ModelUsage, candidate: str, percent: int) -> str:
    return (
        "# Envoy AI Gateway: a rule of your AIGatewayRoute. Go back: take the second backend out.\n"
        "rules:\n"
        "- matches:\n"
        f"  - headers: [{{type: Exact, name: x-ai-eg-model, value: {_called(usage)}}}]\n"
        "  backendRefs:\n"
        f"  - {{name: BACKEND-OF-{usage.provider.upper()}, weight: {PERCENT - percent}}}\n"
        f"  - {{name: BACKEND-OF-{usage.provider.upper()}, weight: {percent}, modelNameOverride: {candidate}}}\n"
    )


def _agentgateway(usage: ModelUsage, candidate: str, percent: int) -> str:
    return (
        "# agentgateway: a backend for each model, and a rule of your HTTPRoute. Go back: take the second backend out.\n"
        "apiVersion: agentgateway.dev/v1alpha1\n"
        "kind: AgentgatewayBackend\n"
        "metadata: {name: TRIAL}\n"
        f"spec: {{ai: {{provider: {{{usage.provider}: {{model: {candidate}}}}}}}}}\n"
        "---\n"
        "rules:\n"
        "- backendRefs:\n"
        f"  - {{group: agentgateway.dev, kind: AgentgatewayBackend, name: BACKEND-OF-{usage.model.upper()}, weight: {PERCENT - percent}}}\n"
        f"  - {{group: agentgateway.dev, kind: AgentgatewayBackend, name: TRIAL, weight: {percent}}}\n"
    )


def _llm_d(usage: ModelUsage, candidate: str, percent: int) -> str:
    return (
        "# llm-d: both models must be served by the same InferencePool. Go back: delete this object.\n"
        "apiVersion: inference.networking.x-k8s.io/v1alpha2\n"
        "kind: InferenceModelRewrite\n"
        "metadata: {name: TRIAL}\n"
        "spec:\n"
        "  poolRef: {group: inference.networking.k8s.io, name: POOL}\n"
        "  rules:\n"
        f"  - matches: [{{model: {{type: Exact, value: {_called(usage)}}}}}]\n"
        "    targets:\n"
        f"    - {{modelRewrite: {_called(usage)}, weight: {PERCENT - percent}}}\n"
        f"    - {{modelRewrite: {candidate}, weight: {percent}}}\n"
    )


_GATEWAYS: Mapping[str, Callable[[ModelUsage, str, int], str]] = {
    "LiteLLM": _litellm,
    "EnvoyAIGateway": _envoy,
    "AgentGateway": _agentgateway,
    "LLMD": _llm_d,
}
"""By the type of a source, or the preset of its series."""
