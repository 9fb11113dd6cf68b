"""How fresh the view of the cluster is, for the readiness page."""

from __future__ import annotations

from aicost.cluster.inventory import LiveInventory
from aicost.cluster.resources import ResourceStore
from aicost.core.window import Instant


def synced_at(inventory: LiveInventory, store: ResourceStore) -> dict[str, Instant | None]:
    """When each part was last known to be complete; None: not yet, or its watch is lost."""
    return {
        "pods": inventory.pods_synced_at,
        "nodes": inventory.nodes_synced_at,
        "claims": inventory.claims_synced_at,
        "resources": store.synced_at,
    }
