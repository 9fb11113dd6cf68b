"""`aicost recommend` against the real read API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.ports import Malformed
from aicost.reports.advice_files import MARK
from aicost.reports.components import STILL
from aicost.web import advice
from aicost.web.server import LOOPBACK, serving
from tests.reports.test_advice import MODEL, NOTEBOOK, SLICE, the_facts
from tests.store.stored import emptied


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async with serving(advice.routes(emptied(), the_facts), LOOPBACK, 0) as port:
        yield f"http://{LOOPBACK}:{port}"


async def run(server: str, *args: str) -> Result:
    """The command in a thread, for the server answers in this one."""
    return await asyncio.to_thread(CliRunner().invoke, cli, ["recommend", "--server", server, *args])


def written_at(folder: Path) -> dict[Path, int]:
    """When each file below a folder was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.yaml")}


async def test_a_table_is_shown(server: str) -> None:
    """Of all workloads."""
    result = await run(server)
    assert result.exit_code == 0
    assert [each in result.stdout for each in (SLICE.id, NOTEBOOK.id, "Not advised")] == [True, True, False]


async def test_a_namespace_or_a_unit_is_asked_for(server: str) -> None:
    """With why not, where that is asked for."""
    assert NOTEBOOK.id not in (await run(server, "--for", "support")).stdout
    told = (await run(server, "--unit", "care", "--why")).stdout
    assert [each in told for each in (SLICE.id, NOTEBOOK.id, "TooLittleData")] == [True, False, True]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--unit", "there is no unit nowhere in this cluster: there are care, find"),
        ("--for", "there is no AIWorkload in namespace nowhere in this cluster: there are search, support"),
    ],
)
async def test_what_is_not_there_is_said(server: str, option: str, words: str) -> None:
    """With what is."""
    result = await run(server, option, "nowhere")
    assert isinstance(result.exception, Malformed)
    assert str(result.exception) == words


async def test_files_are_written_for_a_bot_to_commit(server: str, tmp_path: Path) -> None:
    """Equal the second time; without a folder they are printed."""
    first = await run(server, "-o", "kustomize", str(tmp_path))
    assert (first.exit_code, first.stdout, first.stderr) == (
        0,
        "",
        f"4 files in {tmp_path}: 4 written, 0 of an earlier run taken away\n",
    )
    before = written_at(tmp_path)
    again = await run(server, "-o", "kustomize", str(tmp_path))
    assert "0 written, 0 of" in again.stderr
    assert before == written_at(tmp_path)
    printed = await run(server, "-o", "kustomize")
    assert printed.stdout == "---\n".join(path.read_text() for path in sorted(before))


async def test_files_of_others_stay_where_a_namespace_or_a_unit_is_asked_for(server: str, tmp_path: Path) -> None:
    """Of what was asked for they are taken away; a whole document takes nothing away."""
    folder = str(tmp_path)
    await run(server, "-o", "strategic", folder)
    others, mine = tmp_path / "support/chat" / f"{SLICE.id}.yaml", tmp_path / "search/lab/old.yaml"
    for args in (("--for", "search"), ("--unit", "find")):
        mine.write_text(MARK)
        assert "0 written, 1 of" in (await run(server, "-o", "strategic", *args, folder)).stderr
        assert (others.is_file(), mine.is_file()) == (True, False)
    assert "1 written, 0 of" in (await run(server, "-o", "markdown", folder)).stderr


async def test_a_merged_patch_stays_until_people_take_it_away(server: str, tmp_path: Path) -> None:
    """Following advice ends it: were its file taken away, the change would be undone."""
    await run(server, "-o", "kustomize", str(tmp_path))
    component, merged = tmp_path / "search/lab/kustomization.yaml", tmp_path / "search/lab/merged.yaml"
    merged.write_text(MARK)
    now = yaml.safe_load(component.read_text())
    component.write_text(yaml.safe_dump(now | {"patches": [{"path": "merged.yaml"}, *now["patches"]]}))
    result = await run(server, "-o", "kustomize", str(tmp_path))
    assert f"{merged} is advised no longer and kept" in result.stderr
    assert [each["path"] for each in yaml.safe_load(component.read_text())["patches"]] == [
        "merged.yaml",
        f"{NOTEBOOK.id}.yaml",
    ]
    merged.unlink()
    assert "kept" not in (await run(server, "-o", "kustomize", str(tmp_path))).stderr
    assert yaml.safe_load(component.read_text()) == now


async def test_the_patch_of_a_trial_is_still_a_hypothesis(server: str, tmp_path: Path) -> None:
    """A later run without --hypotheses keeps it and says what it is, in the component and on the screen."""
    await run(server, "-o", "kustomize", "--hypotheses", str(tmp_path))
    component, trial = tmp_path / "support/chat/kustomization.yaml", tmp_path / "support/chat" / f"{MODEL.id}.yaml"
    assert trial.is_file()
    result = await run(server, "-o", "kustomize", str(tmp_path))
    assert f"{trial} is kept in its component, for it may be on trial" in result.stderr
    assert "advised no longer" not in result.stderr + component.read_text()
    assert f"# {STILL}, and kept until you take it away: {MODEL.id}.yaml" in component.read_text()


async def test_components_of_workloads_that_are_gone_are_said(server: str, tmp_path: Path) -> None:
    """They stay, for an overlay that names them would not build; of other namespaces nothing is said, nor of people's own."""
    gone = tmp_path / "search/gone/kustomization.yaml"
    gone.parent.mkdir(parents=True)
    gone.write_text(MARK)
    (gone.parent / "own.yaml").write_text("a: b\n")
    said = f"aicost: {gone} is of a workload that is told of no longer, and kept"
    for args, count in (((), 1), (("--for", "search"), 1), (("--for", "support"), 0), (("--unit", "find"), 0)):
        result = await run(server, "-o", "kustomize", *args, str(tmp_path))
        assert (result.stderr.count(said), result.stderr.count("told of no longer")) == (count, count)
    assert gone.is_file()


async def test_what_a_form_cannot_say_is_said(server: str) -> None:
    """A VerticalPodAutoscaler has no replicas."""
    result = await run(server, "-o", "vpa")
    assert f"aicost: search/lab: {NOTEBOOK.id} cannot be said as vpa: use -o strategic or kustomize" in result.stderr


async def test_refusals_are_for_the_screen(server: str, tmp_path: Path) -> None:
    """They are no file."""
    for wrong in ((str(tmp_path),), ("-o", "json")):
        result = await run(server, "--why", *wrong)
        assert (result.exit_code, "--why is shown on the screen" in result.stderr) == (2, True)
