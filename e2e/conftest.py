"""What the end-to-end tests share: one set of programs and one control plane for the whole session."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from e2e.controlplane import ControlPlane, Prometheus, Tools

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class PrometheusFactory(Protocol):
    """Makes a Prometheus that is not started yet, and is closed when the test ends."""

    def __call__(
        self, scrape_configs: Sequence[Mapping[str, Any]] = (), *, settings: Mapping[str, Any] | None = None
    ) -> Prometheus: ...


@pytest.fixture(scope="session")
def tools() -> Iterator[Tools]:
    """The programs; the missing ones are made in the background."""
    with Tools() as made:
        yield made


@pytest.fixture(scope="session")
def control_plane(tools: Tools) -> Iterator[ControlPlane]:
    """One running control plane; tests keep apart by namespace, and by node and cluster-scoped names."""
    with ControlPlane(tools) as running:
        yield running


@pytest.fixture
def prometheus_factory(tools: Tools) -> Iterator[PrometheusFactory]:
    """As many Prometheus as a test wants."""
    with ExitStack() as stack:

        def make(
            scrape_configs: Sequence[Mapping[str, Any]] = (), *, settings: Mapping[str, Any] | None = None
        ) -> Prometheus:
            prometheus = Prometheus(scrape_configs, settings=settings, tools=tools)
            stack.callback(prometheus.close)
            return prometheus

        yield make
