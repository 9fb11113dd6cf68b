"""kopf's credentials: the same server, token and TLS as the operator's own requests."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest

from aicost.cluster.access import Access
from aicost.handlers.login import RENEWED_EVERY, credentials

TLS = ssl.create_default_context()


def an_access(authorization: str | None = "Bearer canary", proxy: str | None = None) -> Access:
    return Access("https://api:6443", TLS, lambda: authorization, proxy)


@pytest.mark.parametrize(
    ("authorization", "scheme", "token"),
    [("Bearer canary", "Bearer", "canary"), ("Basic dXNlcg==", "Basic", "dXNlcg=="), (None, None, None)],
)
def test_the_token_is_the_operators(authorization: str | None, scheme: str | None, token: str | None) -> None:
    """The Authorization header is split as kopf wants it; with a client certificate there is none."""
    made = credentials(an_access(authorization))
    assert (made.server, made.scheme, made.token) == ("https://api:6443", scheme, token)


def test_tls_is_the_operators() -> None:
    """The context with the cluster's CA is handed over as it is: nothing is read or verified in another way."""
    made = credentials(an_access(proxy="http://proxy:3128"))
    assert made.as_ssl_context() is TLS
    assert made.proxy_url == "http://proxy:3128"


def test_credentials_are_renewed_before_a_token_rotates() -> None:
    """It asks again after ten minutes, so that a rotated token file is read in time."""
    made = credentials(an_access())
    assert made.expiration is not None
    left = made.expiration - datetime.now(UTC)
    assert timedelta(minutes=9) < left <= RENEWED_EVERY
