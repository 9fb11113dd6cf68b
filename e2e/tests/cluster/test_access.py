"""Who we are, and what we are told when we may not: against the real API server."""

from __future__ import annotations

import base64

import pytest

from aicost.cluster import access
from aicost.cluster.connection import Connection
from aicost.cluster.credentials import SecretCredentials
from aicost.cluster.kinds import request
from aicost.cluster.lists import pages
from aicost.cluster.requests import NODES, PODS, SECRETS
from aicost.ports import Forbidden, ResourceRef
from e2e.tests.cluster.conftest import Space

CANARY = "sk-canary-4711"
PODS_ONLY = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}


async def test_a_service_account_may_do_what_it_was_granted_and_no_more(space: Space) -> None:
    """What is missing is named as an RBAC rule needs it, with the server's own words."""
    kubeconfig = space.account("reader", PODS_ONLY)
    async with Connection(access.load(kubeconfig)) as connection:
        async for _ in pages(connection, PODS):
            pass
        with pytest.raises(Forbidden) as caught:
            async for _ in pages(connection, NODES):
                pass
        message = str(caught.value)
        assert 'allow "list" on "nodes" of API group "" in the whole cluster' in message
        assert f"system:serviceaccount:{space.namespace}:reader" in message
        status = request("patch", ResourceRef("AIWorkload", space.namespace, "chat"), "status")
        with pytest.raises(Forbidden, match=r'allow "patch" on "aiworkloads/status" of API group "aicost\.dev"'):
            await connection.send(status, {"status": {}})


async def test_an_unknown_token_is_not_a_missing_grant(space: Space) -> None:
    """The message says to look at the token."""
    kubeconfig = space.account("reader", PODS_ONLY)
    kubeconfig.write_text(kubeconfig.read_text().replace('"token": "', '"token": "x'))
    async with Connection(access.load(kubeconfig)) as connection:
        with pytest.raises(Forbidden, match="does not know who we are"):
            async for _ in pages(connection, PODS):
                pass


async def test_a_list_comes_in_pages(space: Space, connection: Connection) -> None:
    """Each with the version of the whole, and together everything."""
    for number in range(5):
        space.kubectl("create", "secret", "generic", f"s{number}")
    got = [page async for page in pages(connection, SECRETS, size=2)]
    assert len(got) >= 3
    assert len({page.version for page in got}) == 1
    names = {item["metadata"]["name"] for page in got for item in page.items}
    assert names >= {f"s{number}" for number in range(5)}


async def test_credentials_of_other_types_and_hosts_are_refused(space: Space, connection: Connection) -> None:
    """The real server's Secrets, read as the operator reads them; no message has the value."""
    data = {
        "token": base64.b64encode(f"{CANARY}\n".encode()).decode(),
        "host": base64.b64encode(b"api.openai.com").decode(),
    }
    space.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "good"},
            "type": "aicost.dev/credential",
            "data": data,
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other"}, "type": "Opaque", "data": data},
    )
    credentials = SecretCredentials(connection, space.namespace)
    assert await credentials.token("good", "token", "api.openai.com") == CANARY
    for name, key, host in [
        ("good", "token", "evil.example"),
        ("other", "token", "api.openai.com"),
        ("none", "t", "h"),
    ]:
        with pytest.raises(Forbidden) as caught:
            await credentials.token(name, key, host)
        assert CANARY not in str(caught.value)


async def test_credentials_cannot_leave_their_namespace(space: Space) -> None:
    """By a name that looks like a path, nor without a grant: the server says no, and we say which grant."""
    kubeconfig = space.account("nobody", PODS_ONLY)
    async with Connection(access.load(kubeconfig)) as connection:
        with pytest.raises(
            Forbidden, match=f'allow "get" on "secrets" of API group "" in namespace "{space.namespace}"'
        ):
            await SecretCredentials(connection, space.namespace).token("../../kube-system/secrets/x", "token", "h")
