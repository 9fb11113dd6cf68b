"""One running control plane: its start and end, its API server's restarts, and the commands that talk to it."""

from __future__ import annotations

import os
import ssl
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

from e2e.controlplane import components
from e2e.controlplane.binaries import Tools
from e2e.controlplane.certificates import make_certificates
from e2e.controlplane.commands import output_of
from e2e.controlplane.components import Layout, Ports
from e2e.controlplane.kubeconfig import admin_kubeconfig, token_kubeconfig
from e2e.controlplane.ports import free_ports
from e2e.controlplane.processes import Process, Run
from e2e.controlplane.readiness import wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kwok.yaml", "kubectl", "helm"
)  # fmt: skip


class ControlPlane:
    """etcd, API server, controller manager, scheduler, and kwok in the kubelets' place.

    As a context it is complete on entry and gone on exit. `start` returns earlier: when the API server is ready; the
    other components follow by themselves as their programs become available, and `wait_ready` waits for them.
    """

    def __init__(self, tools: Tools | None = None) -> None:
        """Use these tools (the caller closes them), or its own."""
        self._tools = tools or Tools(NEEDED)
        self._owns_tools = tools is None
        self._run: Run | None = None
        self._layout: Layout | None = None
        self._apiserver: Process | None = None
        self._others: list[Process] = []
        self._complete: Future[None] = Future()

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """The run's temporary folder: logs, certificates, data."""
        return self._started.folder

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig file."""
        return self._started.kubeconfig

    @property
    def server(self) -> str:
        """The API server's URL; it stays the same over restarts."""
        return self._started.server

    @property
    def certificate_authority(self) -> Path:
        """A PEM file."""
        return self._started.certificates.authority

    def start(self) -> None:
        """Start etcd and the API server, and let the others follow; returns when the API server is ready."""
        self._run = Run()
        self._layout = _laid_out(self._run.folder)
        self._run.spawn("etcd", [self._tools.require("etcd"), *components.etcd(self._layout)])
        self.start_apiserver()
        threading.Thread(target=self._follow, args=(self._run, self._layout), daemon=True).start()

    def wait_ready(self) -> None:
        """Return when all components run and a pod can be created; raises NotReadyError with the log of what failed."""
        self._complete.result()

    def stop(self) -> None:
        """Kill all, remove the folder: the data is gone. Twice is harmless."""
        if self._run:
            self._run.close()
        if self._owns_tools:
            self._tools.close()

    def start_apiserver(self) -> None:
        """Start the API server (again, on the same port and data); returns when it is ready.

        After a stop the components that hang on it begin anew, as their kubelet would let them: their informers wait
        for up to a minute each before they ask a lost server again (client-go, tools/cache/reflector.go, its back-off),
        one after the other, so that a new pod was seen to take more than four.
        """
        self._apiserver = self._spawn(self._running, "kube-apiserver", components.apiserver(self._started))
        wait_until_ready(self._apiserver, f"{self.server}/readyz", context=_trust(self._started))
        if self._others:
            for process in self._others:
                process.kill()
            self._start_the_others(self._running, self._started)

    def stop_apiserver(self, *, kill: bool = False) -> None:
        """End the API server, in order or as a crash would; whatever else runs meets a server that is not there."""
        assert self._apiserver is not None, "the control plane is not started"
        if kill:
            self._apiserver.kill()
        else:
            self._apiserver.terminate(twice=True)

    def restart_apiserver(self, *, kill: bool = False) -> None:
        """Stop and start it; returns when it is ready again."""
        self.stop_apiserver(kill=kill)
        self.start_apiserver()

    def compact(self) -> None:
        """Make etcd forget all but the present: once the API server is restarted, watches from before expire (410)."""
        etcd = f"http://127.0.0.1:{self._started.ports.etcd}/v3/kv"
        with httpx.Client(trust_env=False) as client:
            revision = (
                client.post(f"{etcd}/range", json={"key": "AA=="}).raise_for_status().json()["header"]["revision"]
            )
            client.post(f"{etcd}/compaction", json={"revision": revision, "physical": True}).raise_for_status()

    def kubectl(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """Run kubectl (as the administrator unless told otherwise) and return what it prints.

        Raises:
            CommandFailedError: with its stderr.
        """
        return output_of([self._tools.require("kubectl"), *args], stdin=stdin, env=self.environment(kubeconfig))

    def helm(self, *args: str | Path, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """Run Helm in the same way; nothing of the user's own Helm set-up is read or written."""
        return output_of([self._tools.require("helm"), *args], stdin=stdin, env=self.environment(kubeconfig))

    def environment(self, kubeconfig: Path | None = None) -> Mapping[str, str]:
        """This process's environment with KUBECONFIG, and with kubectl's and Helm's files in the run's folder."""
        own = {
            "KUBECONFIG": kubeconfig or self.kubeconfig,
            "KUBECACHEDIR": self.folder / "kubectl",
            "HELM_CACHE_HOME": self.folder / "helm" / "cache",
            "HELM_CONFIG_HOME": self.folder / "helm" / "config",
            "HELM_DATA_HOME": self.folder / "helm" / "data",
        }
        return {**os.environ, "KUBERC": "off", **{name: str(path) for name, path in own.items()}}

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """Write a kubeconfig that carries a token of this account (valid 24 hours), and nothing of the administrator's."""
        token = self.kubectl("create", "token", name, f"--namespace={namespace}", "--duration=24h").strip()
        path = self.folder / "kubeconfigs" / f"{namespace}-{name}.json"
        return token_kubeconfig(path, self.server, self.certificate_authority, token, namespace)

    @property
    def _started(self) -> Layout:
        assert self._layout is not None, "the control plane is not started"
        return self._layout

    @property
    def _running(self) -> Run:
        assert self._run is not None, "the control plane is not started"
        return self._run

    def _follow(self, run: Run, layout: Layout) -> None:
        try:
            self._start_the_others(run, layout)
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            self._complete.set_exception(error)
        else:
            self._complete.set_result(None)

    def _start_the_others(self, run: Run, layout: Layout) -> None:
        trust, ports = _trust(layout), layout.ports
        manager = self._spawn(run, "kube-controller-manager", components.controller_manager(layout))
        scheduler = self._spawn(run, "kube-scheduler", components.scheduler(layout))
        kwok = self._spawn(run, "kwok", components.kwok(layout, self._tools.require("kwok.yaml")))
        self._others = [manager, scheduler, kwok]
        wait_until_ready(manager, f"https://127.0.0.1:{ports.controller_manager}/healthz", context=trust)
        wait_until_ready(scheduler, f"https://127.0.0.1:{ports.scheduler}/healthz", context=trust)
        wait_until_ready(kwok, f"http://127.0.0.1:{ports.kwok}/healthz")
        # Pods need their namespace's service account, which the controller manager makes.
        self.kubectl("wait", "--for=create", "serviceaccount/default", "--namespace=default", "--timeout=60s")

    def _spawn(self, run: Run, name: str, arguments: list[str]) -> Process:
        return run.spawn(name, [self._tools.require(name), *arguments])


def _laid_out(folder: Path) -> Layout:
    ports = Ports(*free_ports(6))
    certificates = make_certificates(folder / "certificates")
    server = f"https://127.0.0.1:{ports.apiserver}"
    kubeconfig = admin_kubeconfig(folder / "kubeconfigs" / "admin.json", server, certificates)
    return Layout(folder, ports, certificates, kubeconfig)


def _trust(layout: Layout) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(layout.certificates.authority))
    context.load_cert_chain(layout.certificates.admin, layout.certificates.admin_key)
    return context
