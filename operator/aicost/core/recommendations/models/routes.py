"""Gateways' own configuration for a trial: a small part of the requests for a model goes to another one, by weight.

Sources: LiteLLM's docs on load balancing (weight); Envoy AI Gateway's AIGatewayRoute (modelNameOverride, weight);
agentgateway's AgentgatewayBackend behind an HTTPRoute; InferenceModelRewrite of the Gateway API inference extension, that llm-d
routes by. Names in capitals are the reader's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aicost.core.recommendations.models.usage import PERCENT, ModelUsage


def configuration(usage: ModelUsage, candidate: str, percent: int) -> str:
    """For the gateway that saw the requests; empty where none did, or it has no such configuration."""
    written = _GATEWAYS.get(usage.gateway)
    return written(usage.provider, usage.model, candidate, percent) if written else ""


def _litellm(provider: str, model: str, candidate: str, percent: int) -> str:
    return (
        "# LiteLLM, config.yaml: both answer to the model's name, by weight. Go back: take the second entry out.\n"
        "model_list:\n"
        f"- model_name: {model}\n"
        f"  litellm_params: {{model: {provider}/{model}, weight: {PERCENT - percent}}}\n"
        f"- model_name: {model}\n"
        f"  litellm_params: {{model: {provider}/{candidate}, weight: {percent}}}\n"
        "router_settings: {routing_strategy: simple-shuffle}\n"
    )


def _envoy(provider: str, model: str, candidate: str, percent: int) -> str:
    return (
        "# Envoy AI Gateway: a rule of your AIGatewayRoute. Go back: take the second backend out.\n"
        "rules:\n"
        "- matches:\n"
        f"  - headers: [{{type: Exact, name: x-ai-eg-model, value: {model}}}]\n"
        "  backendRefs:\n"
        f"  - {{name: BACKEND-OF-{provider.upper()}, weight: {PERCENT - percent}}}\n"
        f"  - {{name: BACKEND-OF-{provider.upper()}, weight: {percent}, modelNameOverride: {candidate}}}\n"
    )


def _agentgateway(provider: str, model: str, candidate: str, percent: int) -> str:
    return (
        "# agentgateway: a backend for each model, and a rule of your HTTPRoute. Go back: take the second backend out.\n"
        "apiVersion: agentgateway.dev/v1alpha1\n"
        "kind: AgentgatewayBackend\n"
        "metadata: {name: TRIAL}\n"
        f"spec: {{ai: {{provider: {{{provider}: {{model: {candidate}}}}}}}}}\n"
        "---\n"
        "rules:\n"
        "- backendRefs:\n"
        f"  - {{group: agentgateway.dev, kind: AgentgatewayBackend, name: BACKEND-OF-{model.upper()}, weight: {PERCENT - percent}}}\n"
        f"  - {{group: agentgateway.dev, kind: AgentgatewayBackend, name: TRIAL, weight: {percent}}}\n"
    )


def _llm_d(_: str, model: str, candidate: str, percent: int) -> str:
    return (
        "# llm-d: both models must be served by the same InferencePool. Go back: delete this object.\n"
        "apiVersion: inference.networking.x-k8s.io/v1alpha2\n"
        "kind: InferenceModelRewrite\n"
        "metadata: {name: TRIAL}\n"
        "spec:\n"
        "  poolRef: {group: inference.networking.k8s.io, name: POOL}\n"
        "  rules:\n"
        f"  - matches: [{{model: {{type: Exact, value: {model}}}}}]\n"
        "    targets:\n"
        f"    - {{modelRewrite: {model}, weight: {PERCENT - percent}}}\n"
        f"    - {{modelRewrite: {candidate}, weight: {percent}}}\n"
    )


_GATEWAYS: Mapping[str, Callable[[str, str, str, int], str]] = {
    "LiteLLM": _litellm,
    "EnvoyAIGateway": _envoy,
    "AgentGateway": _agentgateway,
    "LLMD": _llm_d,
}
"""By the type of a source, or the preset of its series."""
