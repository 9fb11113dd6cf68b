"""One question, bounded and apart."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from aicost.cli.doctor.facts import Unknown
from aicost.cli.doctor.gathering.attempts import attempted
from aicost.cluster.failures import failure
from aicost.cluster.requests import NODES, Request
from aicost.ports import Forbidden, Malformed, Unavailable


async def answer() -> int:
    return 42


async def failing(problem: Exception) -> int:
    raise problem


async def test_an_answer_is_given() -> None:
    """As it is."""
    assert await attempted(answer()) == 42


@pytest.mark.parametrize("kind", [Unavailable, Forbidden, Malformed])
async def test_the_ports_errors_become_their_message(kind: type[Exception]) -> None:
    """Which holds no secret."""
    assert await attempted(failing(kind("who and why"))) == Unknown("who and why")


async def test_doctor_asks_once_and_promises_no_more() -> None:
    """What the API server's adapter says for the operator is left out."""
    problem = failure(Request("list", NODES), httpx.ReadTimeout("slow"))
    assert str(problem).endswith("it is asked again")
    found = await attempted(failing(problem))
    assert found == Unknown("GET /api/v1/nodes: no answer from the API server (slow)")


async def test_an_answer_of_an_unforeseen_shape_is_not_quoted() -> None:
    """Its text may hold anything."""
    assert await attempted(failing(KeyError("sk-secret"))) == Unknown("the answer cannot be read (KeyError)")


async def test_a_question_ends_in_time() -> None:
    """However long the answer takes."""
    assert await attempted(asyncio.sleep(60), seconds=0.01) == Unknown("no answer within 0.01 s")
