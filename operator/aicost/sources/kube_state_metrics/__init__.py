"""Who held which cards in the past, from kube-state-metrics' series."""

from aicost.sources.kube_state_metrics.history import KubeStateMetrics

__all__ = ["KubeStateMetrics"]
