"""The kubelet's PodResources API (v1), over its unix socket: which device was given to which container.

The messages are those of kubernetes/kubelet, pkg/apis/podresources/v1/api.proto, reduced to what is read here; unknown
fields of an answer are passed over, as protobuf does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from aicost.agent.holders import Handed
from aicost.ports import Forbidden, Malformed, Unavailable

LIST = "/v1.PodResourcesLister/List"
TIMEOUT_S = 5
DRA_DRIVER = "gpu.nvidia.com"
_OURS = "nvidia.com/"

_MESSAGES: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "ListPodResourcesRequest": {},
    "ListPodResourcesResponse": {"pod_resources": (1, "PodResources")},
    "PodResources": {"name": (1, ""), "namespace": (2, ""), "containers": (3, "ContainerResources")},
    "ContainerResources": {
        "name": (1, ""),
        "devices": (2, "ContainerDevices"),
        "dynamic_resources": (5, "DynamicResource"),
    },
    "ContainerDevices": {"resource_name": (1, ""), "device_ids": (2, "string")},
    "DynamicResource": {"claim_resources": (3, "ClaimResource")},
    "ClaimResource": {"driver_name": (2, ""), "device_name": (4, "")},
}
"""Each message with its fields: number, and what a repeated field holds; "" is one string."""


def _classes() -> Mapping[str, Any]:
    """The messages' classes by name."""
    file = descriptor_pb2.FileDescriptorProto(name="podresources.proto", package="v1", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, repeated) in fields.items():
            added = message.field.add(name=field, number=number, type="TYPE_STRING", label="LABEL_OPTIONAL")
            if repeated:
                added.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
            if repeated in _MESSAGES:
                added.type, added.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, f".v1.{repeated}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"v1.{name}")) for name in _MESSAGES}


MESSAGES = _classes()


async def handed_out(socket: Path) -> list[Handed]:
    """Everything of NVIDIA's that the kubelet has given to containers. Raises Unavailable, Forbidden or Malformed."""
    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(LIST)
        try:
            answer = await ask(MESSAGES["ListPodResourcesRequest"]().SerializeToString(), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise _said(socket, error) from error
    try:
        return list(_handed(MESSAGES["ListPodResourcesResponse"].FromString(answer).pod_resources))
    except DecodeError as error:
        raise Malformed(f"the kubelet's answer on {socket} is no list of pod resources: {error}") from error


def _handed(pods: Iterable[Any]) -> Iterator[Handed]:
    for pod in pods:
        for container in pod.containers:
            for device in _devices(container):
                yield Handed(pod.namespace, pod.name, container.name, device)


def _devices(container: Any) -> Iterator[str]:
    for devices in container.devices:
        if devices.resource_name.startswith(_OURS):
            yield from devices.device_ids
    for claim in container.dynamic_resources:
        yield from (each.device_name for each in claim.claim_resources if each.driver_name == DRA_DRIVER)


def _said(socket: Path, error: grpc.aio.AioRpcError) -> Exception:
    """What the kubelet, or the way to it, refused, and what to do."""
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return Forbidden(f"the kubelet on {socket} does not know PodResources v1: it needs Kubernetes 1.20 or newer")
    return Unavailable(
        f"the kubelet does not say on {socket} who holds GPUs ({error.code().name}: {error.details()}): the socket must be "
        "mounted from the node, and read as root"
    )
