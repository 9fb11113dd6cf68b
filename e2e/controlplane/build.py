"""Making one program out of a Go module, and saying plainly why that is not possible."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from e2e.controlplane.cache import COMPILER_FLAGS, cache_folder
from e2e.controlplane.errors import ToolMissingError
from e2e.controlplane.versions import GO_MODULE, GoCommand, ModuleFiles, Tool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from e2e.controlplane.processes import Process, Run
    from e2e.controlplane.progress import Progress

GO_NEEDED = (1, 26, 7)
"""The `go` line of the module."""
ROOMY_MEMORY = 6 * 2**30
"""Free bytes from which the compiler may do without garbage collection: two processes of at most 2 GB, and the rest."""
_NO_NETWORK = re.compile(
    r"dial tcp|no such host|i/o timeout|TLS handshake|connection refused|proxyconnect|network is unreachable"
)
_ELSE = "or point KUBEBUILDER_ASSETS (or PATH) at copies that are there already"


def go_program() -> str:
    """The path of a Go that is new enough."""
    wanted = ".".join(map(str, GO_NEEDED))
    program = shutil.which("go")
    if program is None:
        raise ToolMissingError(
            f"Go is not on PATH, and it builds the control plane: install Go {wanted} or newer (https://go.dev/dl/), {_ELSE}"
        )
    version = _go_env(program, "GOVERSION").removeprefix("go")
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if numbers < GO_NEEDED:
        raise ToolMissingError(
            f"{program} is Go {version}, too old to build the control plane: install Go {wanted} or newer (https://go.dev/dl/), {_ELSE}"
        )
    return program


def check_disk(tools: Iterable[Tool]) -> None:
    """Refuse to begin a build that would fill the disk."""
    needed_gb = sum(tool.source.disk_gb for tool in tools if isinstance(tool.source, GoCommand))
    places = [cache_folder(), *(Path(_go_env(go_program(), name)) for name in ("GOCACHE", "GOMODCACHE"))]
    for folder in places:
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free_gb = shutil.disk_usage(there).free / 1e9
        if free_gb < needed_gb:
            raise ToolMissingError(
                f"the disk of {folder} has {free_gb:.1f} GB free, the build needs {needed_gb:.1f} GB: free some, "
                "or point AICOST_CACHE, GOCACHE and GOMODCACHE at a larger disk"
            )


def build(tool: Tool, source: GoCommand, run: Run, progress: Progress) -> Path:
    """Compile into the run's folder; the caller moves the whole file to its place."""
    output = run.folder / tool.name
    flags = ["-trimpath", "-buildvcs=false", COMPILER_FLAGS, f"-ldflags={_linker_flags(source)}"]
    tags = [f"-tags={source.tags}"] if source.tags else []
    process = run.spawn(
        f"build-{tool.name}",
        [go_program(), "build", *flags, *tags, "-o", output, source.package],
        cwd=GO_MODULE,
        env=_environment(run),
    )
    while (code := process.wait(progress.every_s)) is None:
        progress.still(f"{tool.name}: building")
    if code != 0:
        raise ToolMissingError(_explained(tool, process))
    return output


def join_files(tool: Tool, source: ModuleFiles, run: Run) -> Path:
    """Join files of a Go module into one YAML stream in the run's folder."""
    command = [go_program(), "mod", "download", "-json", source.module]
    answer = subprocess.run(command, cwd=GO_MODULE, env=_environment(run), capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise ToolMissingError(f"{tool.name}: `go mod download {source.module}` failed: {answer.stderr}{answer.stdout}")
    module = Path(json.loads(answer.stdout)["Dir"])
    files = [file for pattern in source.patterns for file in sorted(module.glob(pattern))]
    output = run.folder / tool.name
    output.write_text("\n---\n".join(file.read_text() for file in files))
    return output


def _linker_flags(source: GoCommand) -> str:
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in source.version_variables)])


def _environment(run: Run) -> dict[str, str]:
    settings = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTMPDIR": str(run.folder),  # removed with the run, also after a kill
    }
    if psutil.virtual_memory().available >= ROOMY_MEMORY:
        settings["GOGC"] = "off"
    return {**os.environ, **settings}


def _explained(tool: Tool, process: Process) -> str:
    log = process.tail()
    if "no space left on device" in log:
        return f"{tool.name}: the disk became full during the build: free some, and start again\n{log}"
    if _NO_NETWORK.search(log):
        proxy = _go_env(go_program(), "GOPROXY")
        return f"{tool.name}: the Go modules could not be downloaded: is GOPROXY ({proxy}) reachable?\n{log}"
    return f"{tool.name}: the build failed\n{log}"


def _go_env(program: str, name: str) -> str:
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run([program, "env", name], capture_output=True, text=True, check=False, env=environment)
    if answer.returncode != 0:
        raise ToolMissingError(f"`{program} env {name}` failed: {answer.stderr}")
    return answer.stdout.strip()
