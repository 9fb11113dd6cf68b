"""What the plays share: three emulators on loopback; what a play asserts is told in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

pytest.register_assert_rewrite("tests.reconcile.faults.play")

from tests.reconcile.faults.cluster import Provider, serving  # noqa: E402 # rewritten only if imported later


@pytest.fixture(scope="session")
def providers() -> Iterator[Mapping[str, Provider]]:
    """The three emulators."""
    with serving() as found:
        yield found
