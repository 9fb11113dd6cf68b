"""A real Kubernetes control plane and a real Prometheus as local processes, for the tests and the demonstration."""

from e2e.controlplane.binaries import Tools
from e2e.controlplane.errors import CommandFailedError, ControlPlaneError, NotReadyError, ToolMissingError
from e2e.controlplane.kubernetes import ControlPlane
from e2e.controlplane.processes import Process, Run
from e2e.controlplane.prometheus import Prometheus

__all__ = [
    "CommandFailedError",
    "ControlPlane",
    "ControlPlaneError",
    "NotReadyError",
    "Process",
    "Prometheus",
    "Run",
    "ToolMissingError",
    "Tools",
]
