"""Which labels aicost needs to see in Prometheus: those that workloads select pods by, and prices nodes by. Pure."""

from __future__ import annotations

from aicost.core.cards import COUNT, PRODUCT, REPLICAS, STRATEGY
from aicost.core.declarations import Declarations

CARD_LABELS = frozenset({PRODUCT, COUNT, REPLICAS, STRATEGY})
"""Labels of GPU Feature Discovery that tell which cards a node has, and how it slices them."""


def selected_by(declared: Declarations) -> frozenset[str]:
    """The keys of pods' labels that workloads select by."""
    selectors = (workload.pods.selector for workload in declared.workloads if workload.pods)
    return frozenset(key for selector in selectors for key, _ in selector or ())


def priced_by(declared: Declarations) -> frozenset[str]:
    """The keys of nodes' labels that tell cards and choose prices."""
    entries = declared.prices.gpus if declared.prices else ()
    return CARD_LABELS | {key for entry in entries for key, _ in entry.nodes}
