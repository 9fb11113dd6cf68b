"""Where recorded data of real clusters is, and histories in a real Prometheus."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.controlplane import Prometheus, Tools
from e2e.scenario.load import load
from e2e.scenario.model import Scenario
from e2e.scenario.series import Piece, history

ROOT = Path(__file__).parents[3]
Backfilled = Callable[[Iterable[Piece], list[int]], str]


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded data: AICOST_TEST_DATA, or shared/data beside the repository."""
    folder = Path(os.environ.get("AICOST_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.fail(f"there is no recorded data at {folder}: set AICOST_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="module")
def backfilled(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backfilled]:
    """Makes a running Prometheus out of pieces of series and the instants at which they were scraped; gives its URL."""
    with ExitStack() as stack:

        def made(pieces: Iterable[Piece], instants: list[int]) -> str:
            path = tmp_path_factory.mktemp("history") / "history.om"
            with path.open("w") as file:
                file.writelines(history(pieces, instants))
            server = Prometheus(tools=tools)
            stack.callback(server.close)
            server.backfill(path)
            server.start()
            return server.url

        yield made


@pytest.fixture(scope="session")
def demonstration() -> Scenario:
    """The demonstration's scenario."""
    return load(ROOT / "e2e" / "scenario" / "demonstration.yaml")
