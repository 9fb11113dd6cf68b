"""A URL in a resource never leads a credential to a private address, nor out without TLS, unless settings allow it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.ports import Unavailable
from aicost.sources.urls import Endpoint, UrlPolicy, UrlRefused, is_public

STRICT = UrlPolicy()


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://api.openai.com/v1", "api.openai.com", "/v1"),
        ("https://API.OpenAI.com./v1/", "api.openai.com", "/v1"),
        ("https://api.openai.com:443", "api.openai.com", ""),
        ("https://gw.example.com:8443/x/y", "gw.example.com:8443", "/x/y"),
        ("https://[2606:4700::6810:1]/v1", "[2606:4700::6810:1]", "/v1"),
    ],
)
def test_an_https_url_is_taken_apart(url: str, authority: str, path: str) -> None:
    """Host in lower case, the scheme's own port left out, the last slash dropped."""
    endpoint = STRICT.endpoint(url)
    assert (endpoint.authority, endpoint.path) == (authority, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com",
        "http://api.openai.com/v1",
        "ftp://api.openai.com",
        "file:///etc/passwd",
        "https://user:canary@api.openai.com/v1",
        "https://api.openai.com@evil.example",
        "https://api.openai.com/v1?x=1",
        "https://api.openai.com/v1#x",
        "https://api.openai.com:99999",
        "https://api.openai.com\\@evil.example",
        "https://api.openai.com/ v1",
        "https://api.openai.com/\r\nX: y",
        "https://\u0430pi.openai.com",
        "https://[::1",
        "https:///v1",
    ],
)
def test_any_other_url_is_refused_without_repeating_it(url: str) -> None:
    """What is not https to a plain host is refused; the message never repeats a password in the URL."""
    with pytest.raises(UrlRefused) as refused:
        STRICT.endpoint(url)
    assert "canary" not in str(refused.value)


@given(st.text())
def test_no_text_makes_anything_but_an_endpoint_or_a_refusal(text: str) -> None:
    """Reading a URL never fails in another way."""
    with contextlib.suppress(UrlRefused):
        assert isinstance(STRICT.endpoint(f"https://{text}"), Endpoint)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 # an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "::127.0.0.1",
        "::169.254.169.254",
        "::ffff:0:10.0.0.1",
        "fec0::1",
        "192.0.0.192",
        "168.63.129.16",
        "::ffff:168.63.129.16",
    ],
)
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    """Private, loopback, link-local, shared, multicast and reserved, also inside IPv6 forms that carry an IPv4."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "162.159.140.245", "2606:4700::1", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are_public(address: str) -> None:
    """What the internet routes may be called."""
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
async def test_a_host_that_resolves_to_loopback_is_refused(host: str) -> None:
    """However it is written, the address that it stands for is judged; the message says how to allow it."""
    with pytest.raises(Unavailable) as refused:
        await STRICT.addresses(STRICT.endpoint(f"https://{host}/v1"), 5)
    assert "could not be resolved" in str(refused.value) or "AICOST_ALLOWED_HOSTS" in str(refused.value)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:8080"])
async def test_an_allowed_host_may_be_loopback_and_plain(allowed: str) -> None:
    """The operator's settings may allow a host, with or without its port."""
    policy = UrlPolicy(frozenset({allowed}))
    endpoint = policy.endpoint("http://127.0.0.1:8080/v1")
    assert await policy.addresses(endpoint, 5) == ("127.0.0.1",)
    assert endpoint.at("127.0.0.1", "/x") == "http://127.0.0.1:8080/v1/x"


def test_an_allowed_port_does_not_allow_another() -> None:
    """`host:port` allows that port only."""
    with pytest.raises(UrlRefused):
        UrlPolicy(frozenset({"127.0.0.1:8080"})).endpoint("http://127.0.0.1:9090")


async def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    """It is worth asking again."""
    with pytest.raises(Unavailable, match=r"nowhere\.invalid could not be resolved"):
        await STRICT.addresses(STRICT.endpoint("https://nowhere.invalid"), 5)
