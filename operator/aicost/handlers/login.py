"""kopf's way to the API server: the same access as ours, renewed before its token may have rotated."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import kopf

from aicost.cluster.access import Access

RENEWED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class _Shared(kopf.ConnectionInfo):
    """Credentials whose TLS is already set up."""

    tls: ssl.SSLContext | None = None

    def as_ssl_context(self) -> ssl.SSLContext:
        return self.tls or super().as_ssl_context()


def credentials(access: Access) -> kopf.ConnectionInfo:
    """What kopf's login handler returns."""
    scheme, _, token = (access.authorization() or "").partition(" ")
    return _Shared(
        server=access.url,
        scheme=scheme or None,
        token=token or None,
        proxy_url=access.proxy,
        tls=access.tls,
        expiration=datetime.now(UTC) + RENEWED_EVERY,
    )
