"""The cluster that the demonstration runs on: its own, or with CLUSTER=current the one of the current kubeconfig."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from e2e.controlplane import CommandFailedError, ControlPlane, ControlPlaneError, Run, Tools
from e2e.controlplane.commands import output_of


class Cluster(Protocol):
    """What the demonstration needs of a cluster; ControlPlane has it."""

    def kubectl(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What kubectl prints."""
        ...

    def helm(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What Helm prints."""
        ...

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """A kubeconfig that is this ServiceAccount."""
        ...


@dataclass(frozen=True, slots=True)
class CurrentCluster:
    """The cluster of the kubeconfig's current context at construction, used as its user may.

    The context is copied into `folder` at once, so that whoever changes the current context meanwhile changes nothing
    here. Raises ControlPlaneError where there is none.
    """

    tools: Tools
    folder: Path

    def __post_init__(self) -> None:
        view: list[str | Path] = [
            self.tools.require("kubectl"),
            "config",
            "view",
            "--raw",
            "--minify",
            "--flatten",
            "-o",
            "json",
        ]
        try:
            _write_private(self._kubeconfig, output_of(view, env={**os.environ, "KUBERC": "off"}))
        except CommandFailedError as error:
            raise ControlPlaneError(
                f"the kubeconfig has no usable current context ({error.stderr.strip()}): "
                "set KUBECONFIG, or choose one with `kubectl config use-context`"
            ) from error

    def kubectl(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        return output_of([self.tools.require("kubectl"), *args], stdin=stdin, env=self._environment(kubeconfig))

    def helm(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        return output_of([self.tools.require("helm"), *args], stdin=stdin, env=self._environment(kubeconfig))

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        config = self._config()
        token = self.kubectl("create", "token", name, f"--namespace={namespace}", "--duration=1h").strip()
        user = config["contexts"][0]["context"]["user"]
        config["users"] = [{"name": user, "user": {"token": token}}]
        path = self.folder / f"{namespace}-{name}.json"
        _write_private(path, json.dumps(config))
        return path

    def __str__(self) -> str:
        config = self._config()
        return f'context "{config["contexts"][0]["name"]}", server {config["clusters"][0]["cluster"]["server"]}'

    @property
    def _kubeconfig(self) -> Path:
        return self.folder / "kubeconfig.json"

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self._kubeconfig.read_text())
        return config

    def _environment(self, kubeconfig: Path | None) -> dict[str, str]:
        own = {
            "KUBECONFIG": kubeconfig or self._kubeconfig,
            "KUBECACHEDIR": self.folder / "kubectl",
            "HELM_CACHE_HOME": self.folder / "helm" / "cache",
            "HELM_CONFIG_HOME": self.folder / "helm" / "config",
            "HELM_DATA_HOME": self.folder / "helm" / "data",
        }
        # Helm takes its target from these too, before the kubeconfig.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
        return {**inherited, "KUBERC": "off", **{name: str(path) for name, path in own.items()}}


@contextmanager
def local(tools: Tools) -> Iterator[Cluster]:
    """A control plane of the demonstration's own while inside."""
    with ControlPlane(tools) as plane:
        yield plane


@contextmanager
def current(tools: Tools) -> Iterator[CurrentCluster]:
    """The current cluster; the copy of its kubeconfig is gone afterwards."""
    with Run() as run:
        yield CurrentCluster(tools, run.folder)


def objects(of: Cluster, *args: str) -> list[dict[str, Any]]:
    """The items that `kubectl get ARGS` finds."""
    found: list[dict[str, Any]] = json.loads(of.kubectl("get", *args, "-o", "json"))["items"]
    return found


def names(of: Cluster, *args: str) -> list[str]:
    """What `kubectl get ARGS -o name` finds, as `kind/name`, without complaint about what is not there."""
    return of.kubectl("get", *args, "--ignore-not-found", "-o", "name").split()


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
