"""Where a source may lead the operator: to no address inside, not without TLS, and never further than its own host."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator

import pytest

from e2e.controlplane.errors import CommandFailedError
from e2e.emulators import faults
from e2e.emulators.faults import Fault
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.november.conftest import Scene
from e2e.tests.operator.november.theft.conftest import a_source, billed, refused_for, unmoved
from e2e.tests.operator.resources import Resources, until

INSIDE = [
    "http://127.0.0.1:{port}/v1",
    "https://127.0.0.1:{port}/v1",
    "https://localhost:{port}/v1",
    "https://[::1]:{port}/v1",
    "https://[::ffff:127.0.0.1]:{port}/v1",
    "https://2130706433:{port}/v1",
    "https://0.0.0.0:{port}/v1",
    "https://169.254.169.254/latest/meta-data",
    "https://10.96.0.1/api/v1/namespaces/kube-system/secrets",
    "https://[fd00:ec2::254]/latest",
]
"""Loopback as a number, by DNS and inside IPv6, the metadata service of clouds, a service's address."""


class Trap:
    """Listens, and counts who comes."""

    def __init__(self) -> None:
        self.caught = 0
        trap = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                trap.caught += 1

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A server inside that nobody allowed."""
    trap = Trap()
    yield trap
    trap.close()


def test_no_address_inside_is_called(robbed: Scene, operator: OperatorProcess, trap: Trap) -> None:
    """However it is written, and also where DNS says it: the source says that its URL is refused and who may allow it."""
    resources = robbed.resources
    urls = {f"ssrf-{number}": url.format(port=trap.port) for number, url in enumerate(INSIDE)}
    with unmoved(operator, resources, *(f"UsageSource/{name}" for name in urls), "BusinessUnit/unallocated"):
        resources.apply(*(a_source(name, url=url) for name, url in urls.items()))
        said = {name: refused_for(resources, name, "UrlRefused") for name in urls}
    assert [name for name, message in said.items() if "AICOST_ALLOWED_HOSTS" not in message] == []
    assert {resources.status("usrc", name)["summary"]["state"] for name in urls} == {"Refused"}
    assert trap.caught == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@api.openai.com/v1",
        "https://api.openai.com@127.0.0.1/v1",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://api.openai.com/v1?to=http://127.0.0.1",
        "https://api.openai.com/v1#x",
        "https://\u0430pi.openai.com/v1",
        "https://api.openai.com/\r\nHost: x",
    ],
)
def test_what_is_no_plain_url_is_refused_by_the_schema(resources: Resources, url: str) -> None:
    """With what to write; no operator ever reads it."""
    with pytest.raises(CommandFailedError, match="without user, query or fragment"):
        resources.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(a_source("ssrf", url=url)))


def test_prometheus_is_named_by_the_settings_alone(resources: Resources) -> None:
    """A source of metrics takes no URL, so that none can have the operator ask another Prometheus."""
    of = {"type": "Prometheus", "role": "Meter", "secretRef": None, "prometheus": {"preset": "vLLM"}}
    meter = a_source("ssrf", **of, costOf={"namespace": "platform", "name": "llm"}, url="https://evil.example")
    with pytest.raises(CommandFailedError, match="FocusFile and Prometheus take none"):
        resources.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(meter))


def test_a_redirect_is_never_followed(robbed: Scene, trap: Trap) -> None:
    """A provider that sends the operator elsewhere keeps its credential and gets nothing; the source says so."""
    resources = robbed.resources
    robbed.openai.faults.append(Fault(faults.redirect(f"http://127.0.0.1:{trap.port}/v1"), path="/costs"))
    refused_for(resources, "openai-prod", "BillUnavailable", "which is never followed")
    robbed.openai.faults.clear()
    until(lambda: resources.status("usrc", "openai-prod")["summary"]["state"] == "OK", "it is read again")
    assert (billed(resources), trap.caught) == ("3200.00", 0)
