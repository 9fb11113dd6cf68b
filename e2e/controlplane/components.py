"""The command line of each component, and the run's layout they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.controlplane.certificates import Certificates


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on 127.0.0.1."""

    etcd: int
    etcd_peer: int
    apiserver: int
    controller_manager: int
    scheduler: int
    kwok: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What the components of one run must know of each other."""

    folder: Path
    ports: Ports
    certificates: Certificates
    kubeconfig: Path
    """The administrator's."""

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self.ports.apiserver}"


def etcd(layout: Layout) -> list[str]:
    client = f"http://127.0.0.1:{layout.ports.etcd}"
    peer = f"http://127.0.0.1:{layout.ports.etcd_peer}"
    return [
        "--name=default",
        f"--data-dir={layout.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync=true",  # the data does not outlive the run
        "--log-level=error",
    ]


def apiserver(layout: Layout) -> list[str]:
    tls = layout.certificates
    return [
        f"--etcd-servers=http://127.0.0.1:{layout.ports.etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={layout.ports.apiserver}",
        f"--tls-cert-file={tls.serving}",
        f"--tls-private-key-file={tls.serving_key}",
        f"--client-ca-file={tls.authority}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={tls.accounts_public}",
        f"--service-account-signing-key-file={tls.accounts_key}",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
    ]


def controller_manager(layout: Layout) -> list[str]:
    return [
        *_client_of_the_api(layout, layout.ports.controller_manager),
        f"--root-ca-file={layout.certificates.authority}",
        f"--service-account-private-key-file={layout.certificates.accounts_key}",
        "--use-service-account-credentials=true",
        "--allocate-node-cidrs=false",
    ]


def scheduler(layout: Layout) -> list[str]:
    return _client_of_the_api(layout, layout.ports.scheduler)


def kwok(layout: Layout, stages: Path) -> list[str]:
    return [
        f"--kubeconfig={layout.kubeconfig}",
        f"--config={stages}",
        "--manage-all-nodes=true",
        f"--server-address=127.0.0.1:{layout.ports.kwok}",
        "--node-ip=127.0.0.1",
        f"--node-port={layout.ports.kwok}",
        "--cidr=10.0.0.1/16",
        # One that begins anew waits until its predecessor's leases are over.
        "--node-lease-duration-seconds=8",
    ]


def _client_of_the_api(layout: Layout, port: int) -> list[str]:
    return [
        f"--kubeconfig={layout.kubeconfig}",
        f"--authentication-kubeconfig={layout.kubeconfig}",
        f"--authorization-kubeconfig={layout.kubeconfig}",
        "--authentication-skip-lookup=true",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={layout.certificates.serving}",
        f"--tls-private-key-file={layout.certificates.serving_key}",
        "--leader-elect=false",
        "--kube-api-qps=1000",
        "--kube-api-burst=2000",
    ]
