"""The Dockerfile's build stage, run line by line without Docker: the environment that the image would carry."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aicost import __version__
from e2e.tests.chart.conftest import ROOT

ENVIRONMENT = "/opt/aicost"


def _build_stage() -> list[tuple[str, str]]:
    """Its instructions: word and rest."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    stage = text.split("\nFROM ")[1]
    lines = [line for line in stage.splitlines()[1:] if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def _copied(rest: str, source: Path) -> None:
    *names, _ = rest.split()
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)


def _run(line: str, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(["sh", "-c", line], check=False, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stderr}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the runtime stage copies, made in a temporary folder."""
    folder = tmp_path_factory.mktemp("image")
    source, made = folder / "src", folder / "aicost"
    source.mkdir()
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UV_", "VIRTUAL_"))}
    environment = clean | {"PATH": f"{folder / 'python' / 'bin'}:{os.environ['PATH']}"}
    for word, rest in _build_stage():
        here = rest.replace("/tmp/", f"{folder}/").replace(ENVIRONMENT, str(made))  # noqa: S108 # the Dockerfile's own
        if word == "ENV":
            environment |= dict(pair.split("=", 1) for pair in here.split())
        elif word == "COPY":
            _copied(rest, source)
        elif word == "RUN":
            _run(here, source, environment)
    return made


def _packages(environment: Path) -> set[str]:
    """Names of the installed distributions, as the lock writes them."""
    found = (path.name.split("-")[0] for path in environment.glob("lib/python*/site-packages/*.dist-info"))
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


@pytest.mark.parametrize("command", ["aicost", "kubectl-aicost"])
def test_the_command_runs(built: Path, command: str) -> None:
    """It starts from the environment alone, with nothing of the source on its path."""
    printed = subprocess.run([built / "bin" / command, "--version"], check=True, capture_output=True, text=True).stdout
    assert __version__ in printed


def _needed(packages: dict[str, dict[str, Any]]) -> set[str]:
    """What the product needs by the lock, through extras too."""
    needed, waiting = set[tuple[str, str]](), [("aicost-operator", "")]
    while waiting:
        name, extra = step = waiting.pop()
        if step not in needed:
            needed.add(step)
            package = packages[name]
            of = package["optional-dependencies"][extra] if extra else package.get("dependencies", [])
            waiting += [(to["name"], wanted) for to in of for wanted in ("", *to.get("extra", ()))]
    return {name for name, _ in needed}


def test_the_environment_is_what_the_lock_says(built: Path) -> None:
    """The locked packages that the product needs, and no others: nothing of the tests, the checks or the build."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    packages = {package["name"]: package for package in lock["package"]}
    direct = {dependency["name"] for dependency in packages["aicost-operator"]["dependencies"]}
    assert direct | {"aicost-operator"} <= _packages(built) <= _needed(packages)
    assert not _packages(built) & {"pytest", "hypothesis", "mypy", "ruff", "hatchling", "uv", "pip"}


def test_only_the_package_is_installed(built: Path) -> None:
    """Neither tests nor end-to-end programs nor a link back into a source tree are in the image."""
    [site] = built.glob("lib/python*/site-packages")
    assert (site / "aicost" / "__init__.py").exists()
    assert not [name for name in ("tests", "e2e") if (site / name).exists()]
    assert not [path for path in site.glob("*.pth") if str(ROOT) in path.read_text()]
