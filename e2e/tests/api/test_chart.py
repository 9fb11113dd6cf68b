"""The chart's copies of the CRDs, rendered by Helm: the same CRDs, if wanted, and kept at an uninstall, if wanted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from e2e.tests.api.conftest import CRDS

if TYPE_CHECKING:
    from e2e.controlplane import Tools

COPIES = CRDS.parent / "charts/aicost/templates/crds"


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart of nothing but the copies."""
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: crds, version: 0.0.0}")
    shutil.copytree(COPIES, tmp_path / "templates")
    return tmp_path


def rendered(tools: Tools, chart: Path, *, enabled: bool, keep: bool) -> list[dict[str, Any]]:
    """What Helm makes of the chart."""
    flags = f"crds.enabled={enabled},crds.keep={keep}".lower()
    command = [str(tools.require("helm")), "template", "release", str(chart), "--set", flags]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(filter(None, yaml.safe_load_all(output)), key=lambda crd: str(crd["metadata"]["name"]))


def test_chart_has_the_same_crds(tools: Tools, chart: Path) -> None:
    """Without the keep policy Helm gives exactly crds/; rendering changes nothing in descriptions or rules."""
    plain = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CRDS.glob("*.yaml"))]
    assert rendered(tools, chart, enabled=True, keep=False) == plain


def test_crds_survive_an_uninstall(tools: Tools, chart: Path) -> None:
    """With the keep policy Helm leaves the CRDs, and all objects with them, where they are."""
    crds = rendered(tools, chart, enabled=True, keep=True)
    assert [crd["metadata"]["annotations"] for crd in crds] == [{"helm.sh/resource-policy": "keep"}] * 4


def test_crds_can_be_left_out(tools: Tools, chart: Path) -> None:
    """Who applies crds/ by hand gets none from the chart."""
    assert rendered(tools, chart, enabled=False, keep=True) == []
