"""The kubelet's PodResources service, on a real unix socket, by gRPC's own server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from aicost.agent.kubelet import MESSAGES


def listing(*pods: tuple[str, str, str, Iterable[str]], resource: str = "nvidia.com/gpu") -> bytes:
    """An answer with one container for each of namespace, pod, container and device ids."""
    answer = MESSAGES["ListPodResourcesResponse"]()
    for namespace, name, container, devices in pods:
        pod = answer.pod_resources.add(namespace=namespace, name=name)
        held = pod.containers.add(name=container).devices.add(resource_name=resource)
        held.device_ids.extend(devices)
    return bytes(answer.SerializeToString())


class FakeKubelet:
    """Answers List with `answer`, or refuses with `refusal`."""

    def __init__(self, answer: bytes = b"") -> None:
        self.answer = answer
        self.refusal: grpc.StatusCode | None = None

    async def list(self, _: bytes, context: Any) -> bytes:
        if self.refusal:
            await context.abort(self.refusal, "not now")
        return self.answer

    @asynccontextmanager
    async def serving(self, socket: Path) -> AsyncIterator[None]:
        """While it lasts the socket answers."""
        server = grpc.aio.server()
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "List": grpc.unary_unary_rpc_method_handler(self.list)
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v1.PodResourcesLister", methods),))
        server.add_insecure_port(f"unix://{socket}")
        await server.start()
        try:
            yield
        finally:
            await server.stop(None)
