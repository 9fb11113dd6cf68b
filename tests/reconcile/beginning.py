"""How the lives of the state machine begin: who declares what for good, and what runs since October."""

from __future__ import annotations

from tests.reconcile.gateway import GatewayWorld, a_gateway_of
from tests.reconcile.layouts import LAYOUTS
from tests.reconcile.model import Model, Node, Pod
from tests.reconcile.shown import BEGIN, show_callers

NAMESPACES = {"support": ("care", "shared"), "search": ("find", "shared")}
LABELS = ({"app": "x", "tier": "gold"}, {"app": "y"}, {"app": "z"})
METER = {
    "type": "Prometheus",
    "role": "Meter",
    "costOf": {"namespace": "platform", "name": "llm"},
    "prometheus": {"preset": "vLLM", "matchers": {"namespace": "platform"}, "dimensions": {"customer": "tenant_id"}},
    "grants": [{"dimension": "customer", "value": "a", "namespaces": ["support"]}],
}
_CLAIMED = (("openai", "project", "p"), ("gw", "apiKey", "rank"), ("calls", "customer", "a"))


def declare(world: GatewayWorld) -> None:
    """Units that namespaces may name, a provider's bill with a gateway, a meter, and who claims of them what is granted."""
    for unit in ("care", "find", "shared"):
        listed = [{"name": name} for name, units in NAMESPACES.items() if unit in units]
        world.store.apply("BusinessUnit", unit, {"namespaces": [*listed, {"name": "platform"}]})
    world.store.apply("BusinessUnit", "unallocated", {})
    grants = [{"dimension": "project", "value": "p", "namespaces": ["support"]}]
    secret = {"name": "openai-admin", "key": "token"}
    world.store.apply("UsageSource", "openai", {"type": "OpenAI", "secretRef": secret, "grants": grants})
    world.store.apply("UsageSource", "gw", a_gateway_of("support"))
    world.store.apply("UsageSource", "calls", METER)
    usage = [{"name": source, "source": source, "match": {of: value}} for source, of, value in _CLAIMED]
    world.store.apply("AIWorkload", "billed", {"businessUnit": "care", "usage": usage}, namespace="support")
    show_callers(world, range(-1, 40))


def populate(model: Model, cut: str) -> None:
    """A whole node with a pod and the model server's, and one that is cut so, with a pod for each kind of its devices."""
    model.nodes += [Node("node-0", 4, BEGIN), Node("node-1", 2, BEGIN, cut=cut, devices=LAYOUTS[cut].devices)]
    model.pods += [
        Pod("llm-0", "platform", frozenset({("app", "llm")}), "node-0", 2, BEGIN, uid="uid-llm"),
        Pod("pod-0", "support", frozenset(LABELS[0].items()), "node-0", 1, BEGIN, uid="uid-0"),
    ]
    for number, resource in enumerate(LAYOUTS[cut].devices, start=1):
        labels, uid = frozenset(LABELS[number % len(LABELS)].items()), f"uid-{number}"
        model.pods.append(Pod(f"pod-{number}", "search", labels, "node-1", 1, BEGIN, resource=resource, uid=uid))
