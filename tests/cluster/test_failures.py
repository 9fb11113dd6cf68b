"""Every refusal of the API server becomes one error of the ports, with words for people."""

from __future__ import annotations

import json

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.failures import ConflictError, ExpiredError, NotFoundError, ThrottledError, answered
from aicost.cluster.kinds import request
from aicost.cluster.requests import PODS, SECRETS, Request
from aicost.ports import Forbidden, Malformed, ResourceRef, Unavailable
from tests.cluster.fake_api import FakeApi

LIST = Request("list", PODS)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, Malformed),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFoundError),
        (408, Unavailable),
        (409, ConflictError),
        (410, ExpiredError),
        (422, Malformed),
        (429, ThrottledError),
        (500, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_each_code_has_its_error(code: int, error: type[Exception]) -> None:
    """What may get better by itself is Unavailable, what somebody must act on is Forbidden, the rest is Malformed."""
    assert type(answered(LIST, code, b"")) is error


@pytest.mark.parametrize(
    ("asked", "grant"),
    [
        (LIST, 'allow "list" on "pods" of API group "" in the whole cluster'),
        (Request("watch", PODS), 'allow "watch" on "pods" of API group "" in the whole cluster'),
        (Request("get", SECRETS, "aicost", "x"), 'allow "get" on "secrets" of API group "" in namespace "aicost"'),
        (
            request("patch", ResourceRef("AIWorkload", "support", "chat"), "status"),
            'allow "patch" on "aiworkloads/status" of API group "aicost.dev" in namespace "support"',
        ),
    ],
)
def test_a_403_names_the_missing_grant(asked: Request, grant: str) -> None:
    """Verb, resource, group and namespace, as an RBAC rule needs them, and the request with its status."""
    message = str(answered(asked, 403, b""))
    assert grant in message
    assert message.startswith(f"{asked.method} {asked.path} answered 403")


def test_the_servers_own_words_are_kept_if_it_was_kubernetes() -> None:
    """A Status object's message, shortened; never the body of whatever proxy stands in between."""
    told = json.dumps({"kind": "Status", "message": "pods is  forbidden\n" + "x" * 1000}).encode()
    message = str(answered(LIST, 403, told))
    assert '("pods is forbidden xxx' in message
    assert len(message) < 600
    assert "login" not in str(answered(LIST, 502, b"<html>login</html>"))


def test_retry_after_is_read() -> None:
    """A 503 pauses only if it says so, a 429 pauses a second if it does not."""
    said = answered(LIST, 503, b"", "7")
    assert isinstance(said, ThrottledError)
    assert said.seconds == 7
    assert not isinstance(answered(LIST, 503, b"", "tomorrow"), ThrottledError)


async def test_no_answer_is_unavailable() -> None:
    """A connection that is refused says to whom it was and that it is tried again."""
    async with FakeApi() as api:
        access = api.access
    async with Connection(access) as connection:
        with pytest.raises(Unavailable, match="GET /api/v1/pods: no answer from the API server"):
            await connection.send(LIST)


def test_paths_are_quoted() -> None:
    """A name cannot leave its place in the path."""
    assert Request("get", SECRETS, "aicost", "../x?y").path == "/api/v1/namespaces/aicost/secrets/..%2Fx%3Fy"
