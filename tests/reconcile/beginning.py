"""How the lives of the state machine begin: who declares what for good, and what runs since October."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aicost.core.window import rfc3339
from tests.reconcile.carried import ABROAD, EUROS, IN_EUROS, UNITS, Rule, Terms
from tests.reconcile.gateway import GatewayWorld, a_gateway_of
from tests.reconcile.hosted import RATES as HOSTS
from tests.reconcile.layouts import LAYOUTS
from tests.reconcile.model import BOUGHT, CLAIMED, COUNT, DAY, HOUR, POOL, Model, Node, Pod
from tests.reconcile.shown import BEGIN, show_callers
from tests.reconcile.world import a_book_of
from tests.support.builders import at

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
    for unit in UNITS:
        world.store.apply("BusinessUnit", unit, a_unit_of(unit, {}, reserves=False))
    world.store.apply("BusinessUnit", "unallocated", {})
    places = {"p": "support", EUROS: "search"}
    grants = [{"dimension": "project", "value": of, "namespaces": [place]} for of, place in places.items()]
    secret = {"name": "openai-admin", "key": "token"}
    world.store.apply("UsageSource", "openai", {"type": "OpenAI", "secretRef": secret, "grants": grants})
    world.store.apply("UsageSource", "gw", a_gateway_of("support"))
    world.store.apply("UsageSource", "calls", METER)
    usage = [{"name": source, "source": source, "match": {of: value}} for source, of, value in _CLAIMED]
    world.store.apply("AIWorkload", "billed", {"businessUnit": "care", "usage": usage}, namespace="support")
    claim = {"name": "openai", "source": "openai", "match": {"project": EUROS}}
    world.store.apply("AIWorkload", "euros", {"businessUnit": "find", "usage": [claim]}, namespace="search")
    show_callers(world, range(-1, 40))


def a_unit_of(unit: str, rules: Mapping[tuple[str, str], Rule], *, reserves: bool) -> dict[str, Any]:
    """The spec of a unit that its namespaces may name, with what it passes on, and nodes that it reserves or none."""
    listed = [{"name": name} for name, units in NAMESPACES.items() if unit in units]
    spec: dict[str, Any] = {"namespaces": [*listed, {"name": "platform"}]} if listed else {}
    if unit in IN_EUROS:
        spec["currency"] = ABROAD
    if reserves:
        spec["reservedNodes"] = {"matchLabels": {"pool": POOL}}
    distribute = []
    for (giver, pool), rule in rules.items():
        to = [{"businessUnit": name, "percent": str(part)} for name, part in rule.to]
        if giver == unit:
            distribute.append({"pool": pool, "method": rule.method, **({"to": to} if to else {})})
    return {**spec, "distribute": distribute} if distribute else spec


def a_priced_book(price: str, upkeep: str, terms: Terms) -> dict[str, Any]:
    """A price book with a price, what bought cards cost a month, and what a euro is worth."""
    asset = {
        "name": BOUGHT,
        "model": "H100-80GB",
        "nodes": {"matchLabels": {"pool": BOUGHT}},
        "count": COUNT,
        "from": "2026-10-01",
        "months": 24,
        "capex": "0",
        "opexPerMonth": upkeep,
    }
    rates = [
        {"from": rfc3339(at(day * DAY))[:10], "currency": ABROAD, "rate": f"{float(rate)}"}
        for day, rate in terms.rates.items()
    ]
    book = a_book_of(price)
    cards = [{**entry, "includesHost": False} for entry in book["gpus"]]
    hosts = {name: f"{float(HOSTS[of])}" for of, name in (("CPU", "cpuCoreHour"), ("memory", "memoryGiBHour"))}
    compute = [{"from": "2026-01-01", **hosts}]
    return {**book, "gpus": cards, "compute": compute, "owned": [asset], "exchangeRates": rates}


def populate(model: Model, cut: str) -> None:
    """A whole node with a pod and the model server's, one that is cut so, with a pod for each kind of its devices, and claims."""
    model.nodes += [Node("node-0", 5, BEGIN), Node("node-1", 2, BEGIN, cut=cut, devices=LAYOUTS[cut].devices)]
    model.pods += [
        Pod("tune-0", "support", frozenset({("app", "tune")}), "node-0", 1, BEGIN, uid="uid-tune"),
        Pod("llm-0", "platform", frozenset({("app", "llm")}), "node-0", 2, BEGIN, uid="uid-llm"),
        Pod("pod-0", "support", frozenset(LABELS[0].items()), "node-0", 1, BEGIN, uid="uid-0"),
    ]
    node = Node("node-2", 2, BEGIN, cut=CLAIMED)
    held = Pod("resourceclaim/claim-0", "search", frozenset(), node.name, 1, DAY - HOUR, claim="claim-0", own=True)
    uses = replace(held, name="uses-0", labels=frozenset(LABELS[1].items()), uid="uid-uses", own=False)
    model.nodes.append(node)
    model.pods += [held, uses]
    for number, resource in enumerate(LAYOUTS[cut].devices, start=1):
        labels, uid = frozenset(LABELS[number % len(LABELS)].items()), f"uid-{number}"
        model.pods.append(Pod(f"pod-{number}", "search", labels, "node-1", 1, BEGIN, resource=resource, uid=uid))
