"""What exporters and scrapes do to names and labels, and how to undo it. No queries, no time.

kube-state-metrics writes Kubernetes' names in Prometheus' alphabet; a scrape without `honor_labels` moves an
exporter's own labels out of the way of the target's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_FOREIGN = re.compile("[^a-zA-Z0-9_]")
_MOVED = "exported_"
_LABEL = "label_"
_CONFLICT = re.compile(r".*_conflict\d+")
_MIG = re.compile(r"nvidia_com_mig_(\d+g_\d+gb)((?:_[a-z]+)*)")


def sanitised(name: str) -> str:
    """The name in Prometheus' alphabet, as kube-state-metrics prints label keys and resource names."""
    return _FOREIGN.sub("_", name)


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that the exporter itself gave: what a scrape moved to `exported_…` is back at its place."""
    moved = {name.removeprefix(_MOVED): value for name, value in labels.items() if name.startswith(_MOVED)}
    return {name: value for name, value in labels.items() if not name.startswith(_MOVED)} | moved


def object_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """The Kubernetes labels in a `kube_…_labels` series, by sanitised key.

    Keys that are equal once sanitised come as `…_conflict1`, `…_conflict2`: which is which cannot be told, so neither
    is used.
    """
    return {
        name.removeprefix(_LABEL): value
        for name, value in labels.items()
        if name.startswith(_LABEL) and not _CONFLICT.fullmatch(name)
    }


def resource_name(printed: str) -> str:
    """NVIDIA's extended resource that kube-state-metrics prints as `nvidia_com_gpu`, `nvidia_com_mig_3g_40gb`."""
    if mig := _MIG.fullmatch(printed):
        return f"nvidia.com/mig-{mig[1].replace('_', '.')}{mig[2].replace('_', '.')}"
    return printed.replace("nvidia_com_", "nvidia.com/", 1).replace("_", ".")
