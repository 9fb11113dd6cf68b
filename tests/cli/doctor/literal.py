"""Literal facts of a healthy cluster, each of which a test may replace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicost.api.crd import KINDS, schema
from aicost.api.declared import Translated
from aicost.cli.doctor.facts import ClusterFacts, Declared, Facts, PrometheusFacts, Reader, Right, SourceFacts, Trust
from aicost.cli.doctor.gathering.prometheus import DCGM_SERIES, KSM_SERIES
from aicost.cli.doctor.labels import CARD_LABELS
from aicost.cluster.nodes import SeenNode
from aicost.cluster.requests import NODES, SECRETS, Request
from aicost.core.cards import PRODUCT, Cards
from aicost.core.declarations import Declarations, Source
from aicost.core.identity import NodeRef, labels
from aicost.core.layout import Slot
from aicost.ports import BillReading
from aicost.sources.exposition import sanitised
from tests.support.builders import T0, a_bill, a_book, a_row, a_unit, a_workload, usd

OPERATOR = Reader("https://api:6443", "system:serviceaccount:aicost:aicost", is_operator=True)
ADMIN = Reader("https://api:6443", "jane", is_operator=False)
NAMES = {
    "AIWorkload": frozenset({"chat"}),
    "BusinessUnit": frozenset({"care", "unallocated"}),
    "UsageSource": frozenset({"openai"}),
    "PriceBook": frozenset({"default"}),
}
DECLARED = Declarations((a_workload(app="chat"),), (a_unit(),), prices=a_book())
PUBLISHED: Mapping[str, Mapping[str, Any]] = {kind.definition.kind: schema(kind) for kind in KINDS}
EXPORTER = {"namespace": "gpu-operator", "pod": "dcgm-a", "job": "dcgm", "instance": "a:9400"}


def a_node(
    name: str = "a", product: str = "NVIDIA-H100-80GB-HBM3", cards: int = 2, sharing: str = "", devices: int = 0
) -> SeenNode:
    """A node with cards; 0: a node without."""
    named = labels({PRODUCT: product} if product else {})
    slots = (Slot("nvidia.com/gpu", devices),) if devices else ()
    return SeenNode(f"uid-{name}", NodeRef(name, T0), named, (Cards(product, cards, sharing, slots),) if cards else ())


def a_right(*, allowed: bool = True, doctor: bool = True, secret: str = "") -> Right:
    """To list nodes, or to read a Secret."""
    request = Request("get", SECRETS, "aicost", secret) if secret else Request("list", NODES)
    return Right(request, allowed, doctor)


def a_card(uuid: str, **pod: str) -> dict[str, str]:
    """A series of a card, with the labels of its scrape and those given."""
    return {"UUID": uuid, **EXPORTER, **pod}


def declared(of: Declarations = DECLARED, **changes: Any) -> Declared:
    """What is declared."""
    return Declared(**{"names": NAMES, "translated": Translated(of), "unknown": {}, **changes})


def cluster(**changes: Any) -> ClusterFacts:
    """What the Kubernetes API tells."""
    healthy = {
        "reader": OPERATOR,
        "schemas": PUBLISHED,
        "rights": (a_right(),),
        "declared": declared(),
        "nodes": (a_node(),),
        "carried": frozenset({"app"}),
    }
    return ClusterFacts(**{**healthy, **changes})


def prometheus(**changes: Any) -> PrometheusFacts:
    """What Prometheus tells."""
    healthy = {
        "place": "prometheus:9090",
        "answers": None,
        "series": dict.fromkeys((*KSM_SERIES, *DCGM_SERIES), 1),
        "pod_labels": frozenset({"app"}),
        "node_labels": frozenset(map(sanitised, CARD_LABELS)),
        "holders": 1,
        "cards": (a_card("GPU-0", exported_namespace="support", exported_pod="chat-0"), a_card("GPU-1")),
        "exporters": (EXPORTER,),
        "state_trust": Trust(frozenset({("job", "ksm")}), {("ksm", "monitoring"): 2}),
        "cadvisor_trust": Trust(frozenset({("job", "kubelet")}), {("kubelet", ""): 40}),
        "dcgm_trust": Trust(frozenset({("job", "dcgm")}), {("dcgm", "gpu-operator"): 2}),
    }
    return PrometheusFacts(**{**healthy, **changes})


def a_reading(**changes: Any) -> BillReading:
    """Yesterday's bill of one row."""
    return BillReading(**{"days": (a_bill(a_row(usd(3), project="p")),), **changes})


def a_source(reading: Any = a_reading(), **changes: Any) -> SourceFacts:  # noqa: B008 # frozen
    """A source with a credential."""
    return SourceFacts(
        Source(**{"name": "openai", "type": "OpenAI", "role": "Bill", "secret": ("key", "token"), **changes}), reading
    )


def facts(**changes: Any) -> Facts:
    """Everything."""
    healthy = {
        "now": T0,
        "secrets_from": "aicost",
        "cluster": cluster(),
        "prometheus": prometheus(),
        "sources": (a_source(),),
    }
    return Facts(**{**healthy, **changes})
