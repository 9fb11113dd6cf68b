"""A credential is given only for the host that its Secret names, and never shown."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from aicost.cluster.connection import Connection
from aicost.cluster.credentials import SecretCredentials
from aicost.ports import Forbidden, Unavailable
from tests.cluster.fake_api import FakeApi, answering

CANARY = "sk-canary-4711"
HOST = "api.openai.com"
PATH = "/api/v1/namespaces/aicost/secrets/openai"


@pytest.fixture
def credentials(connection: Connection) -> SecretCredentials:
    return SecretCredentials(connection, "aicost")


async def stored(api: FakeApi, *, type_: str = "aicost.dev/credential", **data: str) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    body: dict[str, Any] = {"metadata": {"name": "openai"}, "type": type_, "data": encoded}
    await api.put(PATH, body)


async def test_it_is_read_anew_without_its_line_end(api: FakeApi, credentials: SecretCredentials) -> None:
    """A rotated key counts at once; editors add a line end; host names have no case."""
    await stored(api, token=f"{CANARY}\n", host=f"{HOST}\n")
    assert await credentials.token("openai", "token", "API.openai.com") == CANARY
    await stored(api, token="new", host=HOST)
    assert await credentials.token("openai", "token", HOST) == "new"


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ({"token": CANARY, "host": HOST, "type_": "Opaque"}, "not of type aicost.dev/credential"),
        ({"token": CANARY}, "no key host"),
        ({"token": CANARY, "host": "evil.example"}, "may not be sent to api.openai.com"),
        ({"host": HOST}, "no key token"),
        ({"host": HOST, "token": ""}, "not one line"),
        ({"host": HOST, "token": f"{CANARY}\nX-Header: {CANARY}"}, "not one line"),
        ({"host": HOST, "token": f"{CANARY}é"}, "not one line"),
    ],
)
async def test_what_is_wrong_is_said_without_the_value(
    api: FakeApi, credentials: SecretCredentials, secret: dict[str, str], message: str
) -> None:
    """Nothing of any value is in the error or what it was raised from."""
    await stored(api, **secret)
    with pytest.raises(Forbidden, match=message) as caught:
        await credentials.token("openai", "token", HOST)
    assert "canary" not in repr(caught.value)
    assert "evil" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_missing_secret_says_how_to_make_it(credentials: SecretCredentials) -> None:
    """As a command with its namespace, type and keys, that leaves out only what nobody else knows."""
    with pytest.raises(Forbidden) as caught:
        await credentials.token("openai", "token", HOST)
    assert str(caught.value) == (
        "Secret aicost/openai does not exist: kubectl create secret generic openai -n aicost --type=aicost.dev/credential"
        " --from-literal=host=api.openai.com --from-file=token=FILE"
    )


async def test_a_secret_that_rbac_hides_says_where_it_must_be_named(
    api: FakeApi, credentials: SecretCredentials
) -> None:
    """The API server answers alike whether the Secret is there or not: which one, and what to do about either."""
    api.fail_next("GET", answering(403))
    with pytest.raises(Forbidden, match=r"Secret aicost/openai may not be read.*credentials\.secretNames.*create it"):
        await credentials.token("openai", "token", HOST)


async def test_a_server_that_does_not_answer_is_not_a_missing_secret(
    api: FakeApi, credentials: SecretCredentials
) -> None:
    """Asking later may help then."""
    api.fail_next("GET", answering(500))
    with pytest.raises(Unavailable):
        await credentials.token("openai", "token", HOST)
