"""The cluster that the demonstration runs on: its own, or with CLUSTER=current the one of the current kubeconfig."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from e2e.controlplane import ControlPlane, Tools
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


class CurrentCluster:
    """The cluster of the current kubeconfig, used as its user may."""

    def __init__(self, tools: Tools, folder: Path) -> None:
        self._tools = tools
        self._folder = folder

    def kubectl(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        return output_of([self._tools.require("kubectl"), *args], stdin=stdin, env=_environment(kubeconfig))

    def helm(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        return output_of([self._tools.require("helm"), *args], stdin=stdin, env=_environment(kubeconfig))

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        config = json.loads(self.kubectl("config", "view", "--minify", "--flatten", "-o", "json"))
        token = self.kubectl("create", "token", name, f"--namespace={namespace}", "--duration=2h").strip()
        user = config["contexts"][0]["context"]["user"]
        config["users"] = [{"name": user, "user": {"token": token}}]
        path = self._folder / f"{namespace}-{name}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path


@contextmanager
def cluster(which: str, tools: Tools) -> Iterator[Cluster]:
    """The cluster while inside; the local one is gone afterwards, the current one stays as it was."""
    if which != "current":
        with ControlPlane(tools) as local:
            yield local
        return
    with tempfile.TemporaryDirectory(prefix="aicost-demo-") as folder:
        yield CurrentCluster(tools, Path(folder))


def objects(of: Cluster, *args: str) -> list[dict[str, Any]]:
    """The items that `kubectl get ARGS` finds."""
    found: list[dict[str, Any]] = json.loads(of.kubectl("get", *args, "-o", "json"))["items"]
    return found


def _environment(kubeconfig: Path | None) -> dict[str, str]:
    return {**os.environ, "KUBERC": "off", **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
