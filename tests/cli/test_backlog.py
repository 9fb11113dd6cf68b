"""`aicost backlog` against the real read API over a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

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


async def test_it_comes_as_yaml_for_a_unit(server: str) -> None:
    """Ready to be committed, with the unit's name in it."""
    told = await backlog("--server", server, "-o", "yaml", "--unit", "care")
    (unit,) = yaml.safe_load_all(told.output)
    assert (unit["metadata"]["name"], unit["spec"]["namespaces"][0]["name"]) == ("care", "lab")


async def test_of_a_month_without_an_entry_nothing_is_known(server: str) -> None:
    """That nothing is unclaimed would be a guess; as YAML it is a comment, so that nothing is applied."""
    said = "nothing is known of 2026-10: the ledger has no entry of that month\n"
    assert (await backlog("--server", server, "--period", "2026-10")).output == said
    assert (await backlog("--server", server, "--period", "2026-10", "-o", "yaml")).output == f"# {said}"


async def test_an_operator_that_does_not_answer_is_said() -> None:
    """With its address."""
    assert "127.0.0.1:1" in str((await backlog("--server", "http://127.0.0.1:1")).exception)
