"""PodResources over a real unix socket, by gRPC's own server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio

from aicost.agent.holders import Handed
from aicost.agent.kubelet import handed_out
from aicost.ports import Forbidden, Malformed, Unavailable
from tests.agent.fake_kubelet import FakeKubelet, listing


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "kubelet.sock"


@pytest_asyncio.fixture
async def kubelet(socket: Path) -> AsyncIterator[FakeKubelet]:
    """A kubelet that has given one whole card away."""
    fake = FakeKubelet(listing(("ml", "trainer-0", "main", ["GPU-1"])))
    async with fake.serving(socket):
        yield fake


@pytest.mark.usefixtures("kubelet")
async def test_what_was_given_is_told_by_container(socket: Path) -> None:
    """Namespace, pod, container, device."""
    assert await handed_out(socket) == [Handed("ml", "trainer-0", "main", "GPU-1")]


async def test_other_vendors_devices_are_passed_over(kubelet: FakeKubelet, socket: Path) -> None:
    """Their ids may look like any other."""
    kubelet.answer += listing(("ml", "b", "main", ["GPU-1"]), resource="example.com/gpu")
    kubelet.answer += listing(("ml", "c", "main", ["MIG-1", "MIG-2"]), resource="nvidia.com/mig-1g.10gb")
    assert [each.device for each in await handed_out(socket)] == ["GPU-1", "MIG-1", "MIG-2"]


async def test_an_answer_is_read_by_the_numbers_of_the_published_definition(kubelet: FakeKubelet, socket: Path) -> None:
    """Bytes put together by hand from api.proto, with fields that are not read here: CPU ids, memory, topology, CDI."""

    def part(number: int, content: bytes) -> bytes:
        long, short = divmod(len(content), 128)
        size = [short | 128, long] if long else [short]
        return bytes([number << 3 | 2, *size]) + content

    devices = part(1, b"nvidia.com/gpu") + part(2, b"GPU-7") + part(3, part(1, b"\x08\x01"))
    claim = (
        part(1, part(1, b"k8s.gpu.nvidia.com/claim=x"))
        + part(2, b"gpu.nvidia.com")
        + part(3, b"n1")
        + part(4, b"gpu-3")
    )
    other = part(2, b"dra.example.com") + part(4, b"gpu-4")
    dynamic = part(1, b"one") + part(2, b"ml") + part(3, claim) + part(3, other)
    container = part(1, b"main") + part(2, devices) + part(3, b"\x01\x02") + part(4, part(1, b"m")) + part(5, dynamic)
    kubelet.answer = part(1, part(1, b"a") + part(2, b"ml") + part(3, container) + part(4, b"\x03"))
    assert await handed_out(socket) == [Handed("ml", "a", "main", "GPU-7"), Handed("ml", "a", "main", "gpu-3")]


async def test_nothing_given_is_an_empty_list(kubelet: FakeKubelet, socket: Path) -> None:
    """That nobody holds a card is an answer."""
    kubelet.answer = b""
    assert await handed_out(socket) == []


async def test_no_socket_is_told_with_its_path(socket: Path) -> None:
    """And with what it needs."""
    with pytest.raises(Unavailable, match=rf"{socket}.*mounted"):
        await handed_out(socket)


async def test_a_refusal_is_told(kubelet: FakeKubelet, socket: Path) -> None:
    """By the kubelet's own words; one that will not change is told as such."""
    kubelet.refusal = grpc.StatusCode.RESOURCE_EXHAUSTED
    with pytest.raises(Unavailable, match="not now"):
        await handed_out(socket)
    kubelet.refusal = grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(Forbidden, match=r"Kubernetes 1\.20"):
        await handed_out(socket)


async def test_an_answer_that_is_none_is_malformed(kubelet: FakeKubelet, socket: Path) -> None:
    """Nothing of it is used."""
    kubelet.answer += b"\xff\xff\xff"
    with pytest.raises(Malformed, match="pod resources"):
        await handed_out(socket)
