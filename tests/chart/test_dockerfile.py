"""What the Dockerfile promises, read from it; that its build stage works is shown under e2e/."""

from __future__ import annotations

import re

import pytest

from tests.chart.values import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
LINES = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
RUNTIME = LINES[max(i for i, line in enumerate(LINES) if line.startswith("FROM")) :]


def _of(lines: list[str], word: str) -> list[str]:
    return [line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")]


def test_two_stages_of_one_pinned_base() -> None:
    """The interpreter that the environment was made with is the one that runs it, and `latest` is neither."""
    assert _of(LINES, "FROM") == ["${BASE} AS build", "${BASE} AS runtime"]
    [base] = _of(LINES, "ARG")
    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.\d+-slim", base)


def test_the_process_is_nobody() -> None:
    """A numeric user other than root, as the chart runs it."""
    assert _of(RUNTIME, "USER") == ["10001:10001"]


def test_the_image_runs_the_operator() -> None:
    """Without arguments it is the operator; the command's other words work too."""
    assert _of(RUNTIME, "ENTRYPOINT") == ['["aicost"]']
    assert _of(RUNTIME, "CMD") == ['["run"]']


def test_python_is_told_to_import_only_what_is_installed() -> None:
    """Neither the working directory nor a stale cache is ever imported from."""
    [environment] = _of(RUNTIME, "ENV")
    assert {"PYTHONSAFEPATH=1", "PYTHONDONTWRITEBYTECODE=1"} <= set(environment.split())


def test_the_image_gets_nothing_but_the_environment() -> None:
    """One copy, from the build stage."""
    assert _of(RUNTIME, "COPY") == ["--from=build /opt/aicost /opt/aicost"]


def test_only_named_files_are_read() -> None:
    """Neither a whole folder of somebody's machine nor anything from the network."""
    assert _of(LINES, "ADD") == []
    sources = [word for line in _of(LINES, "COPY") if "--from" not in line for word in line.split()[:-1]]
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert sorted(sources) == sorted(allowed)
    assert "*" in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize("word", ["curl", "wget", "apt-get", "--mount=type=secret", "TOKEN", "PASSWORD"])
def test_nothing_is_fetched_or_kept_by_the_way(word: str) -> None:
    """No script from the network, no secret in a layer."""
    assert word not in TEXT


def test_every_download_is_checked() -> None:
    """Hashes decide what pip takes of uv; uv takes everything by the lock, and builds without fetching anything else."""
    pip = [line for line in LINES if "pip install" in line]
    syncs = [line for line in _of(LINES, "RUN") if line.startswith("uv ")]
    assert all("--require-hashes" in line for line in pip)
    assert "UV_FROZEN=1" in TEXT
    assert all("--no-install-project" in line or "--no-build-isolation" in line for line in syncs)
    assert all("--no-dev" in line for line in syncs)
