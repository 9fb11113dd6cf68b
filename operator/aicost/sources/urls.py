"""Which URLs the operator may call with a credential in hand, and the addresses they stand for.

A URL in a resource is input from outside: by default only https to public addresses is called. Names are resolved
once, every address is judged, and the caller connects to the judged address, so that a second answer of the DNS
cannot lead elsewhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from aicost.ports import Unavailable
from aicost.sources.abandonable import abandonable

_DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?|[0-9a-f:.]{2,45}")
_EMBEDS_IPV4 = ipaddress.ip_network("64:ff9b::/96")
_NEVER_PUBLIC = tuple(
    ipaddress.ip_network(each)
    for each in (
        "::/96",  # IPv4-compatible, deprecated (RFC 4291): may carry any IPv4
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765): likewise
        "64:ff9b:1::/48",  # NAT64 of a network's own (RFC 8215)
        "fec0::/10",  # site-local, deprecated (RFC 3879)
        "192.0.0.0/24",  # IETF protocol assignments; 192.0.0.192 is Oracle Cloud's metadata
        "168.63.129.16/32",  # Azure's platform, which virtual machines alone reach
    )
)
"""What Python's own lists, which grow with its version, take for global, and no provider is at."""
_ALLOW = "an administrator can allow it by adding {authority} to AICOST_ALLOWED_HOSTS"


class UrlRefused(Unavailable):
    """The policy forbids the URL: asking again helps only after the URL or the settings have changed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL taken apart: `host` in lower case, `path` without its last slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """`host`, or `host:port` where the port is not the scheme's own; IPv6 in brackets."""
        own = self.port == _DEFAULT_PORTS[self.scheme]
        return _bracketed(self.host) if own else f"{_bracketed(self.host)}:{self.port}"

    def at(self, address: str, path: str) -> str:
        """The URL of `path` below this base, at one address of the host."""
        return f"{self.scheme}://{_bracketed(address)}:{self.port}{self.path}{path}"


@dataclass(frozen=True, slots=True)
class UrlPolicy:
    """https to public addresses only, except for the hosts (`host` or `host:port`) that the operator's settings allow.

    An allowed host may be private, loopback or link-local, and plain http. Redirects are never followed.
    """

    allowed_hosts: frozenset[str] = frozenset()

    def endpoint(self, url: str) -> Endpoint:
        """The URL as an endpoint that may be called if its addresses may. Raises UrlRefused."""
        endpoint = _split(url)
        if endpoint.scheme != "https" and not self._allows(endpoint):
            raise UrlRefused(f"{endpoint.authority} would be called without TLS: use https; {_how(endpoint)}")
        return endpoint

    async def addresses(self, endpoint: Endpoint, seconds: float) -> tuple[str, ...]:
        """All addresses of the endpoint's host, in the resolver's order. Raises UrlRefused if one may not be called.

        Raises Unavailable when the name cannot be resolved in so many seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                answers = await abandonable(_resolved, endpoint.host, endpoint.port)
        except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError
            raise Unavailable(f"the name {endpoint.host} could not be resolved") from error
        found = tuple(dict.fromkeys(answers))
        refused = [] if self._allows(endpoint) else [address for address in found if not is_public(address)]
        if refused:
            raise UrlRefused(f"{endpoint.host} is at {refused[0]}, which is not public: {_how(endpoint)}")
        return found

    def _allows(self, endpoint: Endpoint) -> bool:
        host = _bracketed(endpoint.host)
        return not self.allowed_hosts.isdisjoint({endpoint.host, host, f"{host}:{endpoint.port}"})


def _resolved(host: str, port: int) -> list[str]:
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether a literal IP address belongs to the public internet, looking through IPv6 forms that carry an IPv4."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo or (None, None))[1]
        if parsed in _EMBEDS_IPV4:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    if any(parsed in network for network in _NEVER_PUBLIC):
        return False
    return parsed.is_global and not parsed.is_multicast


def _split(url: str) -> Endpoint:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UrlRefused("the URL holds characters that none may: write it as https://host/path")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise UrlRefused("the URL cannot be read: write it as https://host/path") from error
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or _has_extras(parts):
        raise UrlRefused("the URL must be https://host/path, without user, query or fragment")
    return Endpoint(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))


def _has_extras(parts: SplitResult) -> bool:
    return "@" in parts.netloc or bool(parts.query or parts.fragment)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _how(endpoint: Endpoint) -> str:
    return _ALLOW.format(authority=f"{_bracketed(endpoint.host)}:{endpoint.port}")
