"""`POST /v1/check` over real HTTP: what is refused before anything is quoted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aicost.core.quotes import Quote, Room
from aicost.web.check import MOST, routes
from aicost.web.server import LOOPBACK, serving

SERVER: dict[str, Any] = {
    "namespace": "support",
    "group": "apps",
    "kind": "Deployment",
    "name": "chat",
    "labels": {},
    "pods": [{"devices": {"nvidia.com/gpu": 1}, "least": 1, "most": 1, "product": ""}],
}

WORKLOAD: dict[str, Any] = {
    "apiVersion": "aicost.dev/v1alpha1",
    "kind": "AIWorkload",
    "metadata": {"namespace": "support", "name": "chat"},
    "spec": {"businessUnit": "care", "pods": {"selector": {"matchLabels": {"app": "chat"}}}},
}

SCALER = {
    "namespace": "support",
    "group": "apps",
    "kind": "Deployment",
    "name": "chat",
    "least": 1,
    "most": 2,
    "by": "x",
}


def quoted(_: object) -> tuple[tuple[Quote, ...], tuple[Room, ...], str]:
    """Nothing."""
    return (), (), "USD"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"servers": [SERVER]}, 200),
        ({"servers": [{**SERVER, "replaces": {"group": "apps", "kind": "Deployment", "name": "old"}}]}, 200),
        ({"servers": [{**SERVER, "replaces": {"name": "old"}}]}, 400),
        ({"servers": [SERVER] * (MOST + 1)}, 400),
        ({"servers": [], "workloads": [WORKLOAD]}, 200),
        ({"servers": [{**SERVER, "pods": [{**SERVER["pods"][0], "told": False}]}], "scalers": [SCALER]}, 200),
        ({"servers": [], "scalers": [SCALER] * (MOST + 1)}, 400),
        ({"servers": [], "scalers": [{"name": "chat"}]}, 400),
        ({"servers": [], "workloads": [WORKLOAD] * (MOST + 1)}, 400),
        ({"servers": [], "workloads": [{**WORKLOAD, "spec": {"businessUnit": "care"}}]}, 400),
        ({"servers": [{**SERVER, "pods": [{**SERVER["pods"][0], "least": 2}]}]}, 400),
        ({"servers": [{**SERVER, "pods": [{**SERVER["pods"][0], "devices": {"nvidia.com/gpu": 0}}]}]}, 400),
        ({"servers": [{"name": "chat"}]}, 400),
        ({"servers": ["chat"]}, 400),
        ({}, 400),
        ([], 400),
    ],
)
async def test_what_cannot_be_understood_is_refused(body: object, status: int) -> None:
    """And what is too much."""
    async with serving(routes(quoted), LOOPBACK, 0) as port, httpx.AsyncClient() as client:
        answer = await client.post(f"http://{LOOPBACK}:{port}/v1/check", json=body)
    assert answer.status_code == status


async def test_a_page_in_a_browser_cannot_ask_unasked() -> None:
    """For it cannot send JSON here."""
    async with serving(routes(quoted), LOOPBACK, 0) as port, httpx.AsyncClient() as client:
        answer = await client.post(f"http://{LOOPBACK}:{port}/v1/check", content=b'{"servers": []}')
    assert answer.status_code == 415
