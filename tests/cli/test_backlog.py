"""`aicost backlog` against the real read API over a real ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.core.ledger import IDLE, UNCLAIMED
from aicost.ports import Commit
from aicost.store import open_ledger
from aicost.web import api
from aicost.web.server import LOOPBACK, serving
from tests.support.builders import T0, a_line, an_entry, at, usd
from tests.support.fakes import ManualClock

LINES = (a_line(UNCLAIMED, usd(5), 60, "lab/notebook-0"), a_line(IDLE, usd(7), 60, "node-a"))


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The read API of an operator in whose cluster a pod of nobody's ran."""
    ledger = open_ledger(":memory:")
    ledger.commit(Commit((an_entry("gpu", lines=LINES),)), T0)
    async with serving(api.routes(ledger, ManualClock(at(0)), lambda: None), LOOPBACK, 0) as port:
        yield f"http://{LOOPBACK}:{port}"
    ledger.close()


async def backlog(*words: str) -> Result:
    """The command, beside the server's loop."""
    return await asyncio.to_thread(CliRunner().invoke, cli, ["backlog", *words])


async def test_what_nobody_claims_is_shown(server: str) -> None:
    """As a table, with its amount and the sum; idle cards are nobody's to claim."""
    shown = await backlog("--server", server)
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[1].split() == ["5.00", "USD", "pods", "of", "lab:", "lab/notebook-0"]
    assert [line.split() for line in shown.output.splitlines()[2:]] == [["5.00", "USD", "sum"]]


async def test_it_comes_as_yaml_for_a_unit(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready to be committed, with the unit's name in it, and all that it has already: kubectl tells, or a file."""
    care = {"apiVersion": "aicost.dev/v1alpha1", "kind": "BusinessUnit", "metadata": {"name": "care"}}
    there = tmp_path / "there.json"
    there.write_text(json.dumps({"items": [{**care, "spec": {"budget": {"amount": "9"}}}]}))
    kubectl(tmp_path, monkeypatch, f"echo $* >{tmp_path}/asked; cat {there}")
    for onto in ([], ["--onto", str(there)]):
        told = await backlog("--server", server, "-o", "yaml", "--unit", "care", "--for", "support", *onto)
        (unit,) = yaml.safe_load_all(told.output)
        assert unit["spec"] == {"budget": {"amount": "9"}, "namespaces": [{"name": "lab", "default": True}]}
    asked = "get businessunits.aicost.dev,usagesources.aicost.dev,aiworkloads.aicost.dev -o json -n support\n"
    assert (tmp_path / "asked").read_text() == asked


async def test_without_what_is_declared_there_is_no_yaml(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of an object would delete the rest where it is applied; kubectl's own words say why it is not known."""
    kubectl(tmp_path, monkeypatch, "echo refused >&2; exit 1")
    failed = await backlog("--server", server, "-o", "yaml")
    assert (failed.stdout, str(failed.exception)) == ("", "what is declared was not read: refused; or give --onto FILE")
    monkeypatch.setenv("PATH", "")
    assert "give --onto FILE" in str((await backlog("--server", server, "-o", "yaml")).exception)
    (tmp_path / "odd.json").write_text('{"items": [{}]}')
    odd = await backlog("--server", server, "-o", "yaml", "--onto", str(tmp_path / "odd.json"))
    assert "no list of objects as `kubectl get -o json` prints it" in str(odd.exception)


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program in kubectl's place."""
    (folder / "kubectl").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "kubectl").chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


async def test_of_a_month_without_an_entry_nothing_is_known(server: str) -> None:
    """That nothing is unclaimed would be a guess; as YAML it is a comment, so that nothing is applied."""
    said = "nothing is known of 2026-10: the ledger has no entry of that month\n"
    assert (await backlog("--server", server, "--period", "2026-10")).output == said
    assert (await backlog("--server", server, "--period", "2026-10", "-o", "yaml")).output == f"# {said}"


async def test_an_operator_that_does_not_answer_is_said() -> None:
    """With its address."""
    assert "127.0.0.1:1" in str((await backlog("--server", "http://127.0.0.1:1")).exception)
