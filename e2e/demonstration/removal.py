"""Takes the demonstration back out of a cluster that is not its own: what carries this run's mark, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from e2e.controlplane import CommandFailedError, ControlPlaneError
from e2e.demonstration import stage
from e2e.demonstration.cluster import Cluster, names, objects
from e2e.demonstration.footprint import CRDS, MARKED, ROLES

GONE_WITHIN_S = 120
ROUNDS = 2
"""What a command that was cut off had asked for may appear after the first look."""
# kubectl listens to Ctrl-C while it waits, even where it was started to ignore it: so the waiting is done here.
AT_ONCE = ("--ignore-not-found", "--wait=false")


class LeftBehindError(ControlPlaneError):
    """Something could not be taken out; the message names it."""


def remove(cluster: Cluster, mark: str) -> None:
    """Take out what carries the mark, however much of it was made.

    A step that fails does not keep the others from being tried. Nothing can get stuck: no object of the demonstration
    has a finalizer of its own, and its pods, which no kubelet will ever report as ended, are deleted by force. Events
    about nodes and units in the namespace `default` stay: Kubernetes forgets them after an hour.

    Raises:
        LeftBehindError: with what is still there, and why.
    """
    run = _Removal(cluster, f"{stage.MARK}={mark}")
    for _ in range(ROUNDS):
        run.take_out()
        if not run.left():
            return
    left = ", ".join(run.left())
    raise LeftBehindError("\n".join([f"could not be taken out of the cluster: {left}", *run.problems]))


@dataclass(slots=True)
class _Removal:
    cluster: Cluster
    selector: str
    problems: list[str] = field(default_factory=list)
    installed: bool = False
    """The chart has been installed, or was about to be: its namespace is ours."""

    def take_out(self) -> None:
        namespaces = names(self.cluster, "namespaces", "-l", self.selector)
        self.installed |= f"namespace/{stage.NAMESPACE}" in namespaces
        if self.installed:
            with self._noted():
                self.cluster.helm("uninstall", stage.RELEASE, "-n", stage.NAMESPACE, "--ignore-not-found")
        for command in self._deletions(namespaces, names(self.cluster, "nodes", "-l", self.selector)):
            with self._noted():
                self.cluster.kubectl(*command)
        _until_gone(self._marked)
        if self.installed:
            with self._noted():
                self._remove_kinds()

    def left(self) -> list[str]:
        """What is still there."""
        return [*self._marked(), *(self._kinds() if self.installed else [])]

    def _marked(self) -> list[str]:
        return names(self.cluster, MARKED, "-l", self.selector)

    def _deletions(self, namespaces: list[str], nodes: list[str]) -> Iterator[tuple[str, ...]]:
        if namespaces:  # terminating at once: from here on no controller can put a pod back
            yield "delete", *namespaces, *AT_ONCE
        for node in nodes:
            yield "delete", node, *AT_ONCE
            # Also those of a DaemonSet that tolerates every taint: nothing of them ever ran.
            there = f"--field-selector=spec.nodeName={node.partition('/')[2]}"
            yield "delete", "pods", "--all-namespaces", there, "--force", "--grace-period=0", *AT_ONCE
        yield "delete", ROLES, "-l", self.selector, *AT_ONCE

    def _remove_kinds(self) -> None:
        """The chart leaves them, because all objects go with them: they stay if somebody else has made some."""
        if not (made := self._kinds()):
            return
        kinds = ",".join(name.partition("/")[2] for name in made)
        theirs = f"{self.selector.replace('=', '!=')},app.kubernetes.io/managed-by!=aicost"
        if others := names(self.cluster, kinds, "--all-namespaces", "-l", theirs):
            raise LeftBehindError(f"somebody else has made objects of aicost's kinds meanwhile: {', '.join(others)}")
        self.cluster.kubectl("delete", *made, *AT_ONCE)
        _until_gone(self._kinds)

    def _kinds(self) -> list[str]:
        """Those that Helm made for the demonstration's release; there was none before."""
        found = [crd["metadata"] for crd in objects(self.cluster, "crds") if crd["metadata"]["name"] in CRDS]
        return [f"crd/{of['name']}" for of in found if _of_the_release(of.get("annotations", {}))]

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except (CommandFailedError, LeftBehindError) as error:
            self.problems.append(str(error))


def _until_gone(found: Callable[[], list[str]]) -> None:
    """Return when nothing is found any more, or time is up."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while found() and time.monotonic() < deadline:
        time.sleep(0.5)


def _of_the_release(annotations: dict[str, str]) -> bool:
    release = {"meta.helm.sh/release-namespace": stage.NAMESPACE, "meta.helm.sh/release-name": stage.RELEASE}
    return release.items() <= annotations.items()
