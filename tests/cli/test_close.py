"""`aicost close` against the real API over a real evaluation and ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.core.window import HOUR
from aicost.reconcile.engine import Engine
from aicost.web import api, months
from aicost.web.server import LOOPBACK, serving
from tests.reconcile.october import THE_29TH, a_world, restate
from tests.reconcile.world import World, a_book_of, bill_of
from tests.support.builders import a_row, usd


@pytest.fixture
async def world() -> World:
    return await a_world()


@pytest.fixture
async def server(world: World) -> AsyncIterator[str]:
    """The API of an operator that knows three days of October."""
    engine = Engine(world.evaluation, 60.0, asyncio.Event())
    engine.health.evaluations = 1
    reads = api.routes(world.ledger, world.clock, lambda: world.evaluation.facts)
    async with serving([*reads, *months.routes(engine.close)], LOOPBACK, 0) as port:
        yield f"http://{LOOPBACK}:{port}"


async def aicost(*words: str) -> Result:
    """The command, beside the server's loop."""
    return await asyncio.to_thread(CliRunner().invoke, cli, list(words))


async def close(server: str, *words: str, month: str = "2026-10", by: str = "jane") -> Result:
    return await aicost("close", month, "--server", server, "--by", by, *words)


async def test_a_dry_run_a_close_and_a_second_close(server: str, world: World) -> None:
    """What it would say, what it says, and the same digest when somebody asks again; all of it is success."""
    dry = await close(server, "--dry-run")
    assert (dry.exit_code, world.ledger.closings()) == (0, ())
    assert dry.output == (
        "ok    every bill is in\n"
        "ok    everything has a price\n"
        "ok    every currency has a rate\n"
        "ok    nothing is parked\n"
        "ok    no invoice is missing of a source that declares invoices\n"
        "note  NoPodHistory: nobody told who held which GPU in [2026-10-01T00:00:00Z, 2026-10-29T00:00:00Z)\n"
        "note  Unclaimed: 6.00 of 48.00 USD of openai are claimed by nobody\n"
        "2026-10 can be closed\n"
    )
    closed = await close(server)
    said = f"at 2026-11-02T00:00:00Z by jane, digest {world.digest('2026-10')}"
    assert (closed.exit_code, closed.output.splitlines()[-1]) == (0, f"2026-10 is closed now: {said}")
    again = await close(server, by="joe")
    assert (again.exit_code, again.output) == (0, f"2026-10 is closed already, and nothing was changed: {said}\n")


async def test_a_month_that_is_not_clean(server: str, world: World) -> None:
    """Exit code 2 with what is open and what to do, dry or not; --force closes it with that."""
    world.store.apply("PriceBook", "default", {**a_book_of("8"), "gpus": [], "builtInPrices": False})
    for words in (("--dry-run",), ()):
        refused = await close(server, *words)
        assert refused.exit_code == 2
        assert "open  NoPrice: " in refused.output
        assert (
            "      Add the model to the PriceBook's `gpus`, with a rate that begins early enough.\n" in refused.output
        )
        assert refused.output.endswith(
            "2026-10 is not closed: see what is open above, or close it as it is with --force\n"
        )
    assert world.ledger.closings() == ()
    assert (await close(server, "--force")).exit_code == 0
    report = await aicost("report", "--server", server, "--period", "2026-10")
    assert "closed at 2026-11-02T00:00:00Z by jane" in report.output
    assert "open when it was closed:\n- NoPrice: " in report.output


async def test_what_cannot_be_closed_at_all(server: str) -> None:
    """An error in the operator's own words."""
    refused = await close(server, month="2026-11")
    assert refused.exit_code == 1
    assert "2026-11 is not over: it can be closed after 2026-12-01T00:00:00Z" in str(refused.exception)


async def test_json_is_the_operators_own_answer(server: str) -> None:
    """With the same exit codes."""
    told = await close(server, "-o", "json")
    assert (told.exit_code, json.loads(told.output)["closing"]["by"]) == (0, "jane")


async def test_the_kubeconfig_s_user_closes(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that stands there; where there is none, it has to be given."""
    program = tmp_path / "kubectl"
    program.write_text('#!/bin/sh\n[ "$6 $7" = "--context prod" ] && printf finance-jane\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    closed = await aicost("close", "2026-10", "--server", server, "--context", "prod")
    assert "by finance-jane, digest" in closed.output
    for path in (f"{tmp_path}:/bin:/usr/bin", ""):
        monkeypatch.setenv("PATH", path)
        nobody = await aicost("close", "2026-10", "--server", server)
        assert (nobody.exit_code, "give --by NAME" in str(nobody.exception)) == (1, True)


async def test_a_server_that_is_something_else() -> None:
    """Is asked whether it is the operator's API."""
    other = web.RouteTableDef()

    @other.post("/v1/close")
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(["hello"])

    async with serving(other, LOOPBACK, 0) as port:
        printed = await close(f"http://{LOOPBACK}:{port}")
    assert "is that the operator's API?" in str(printed.exception)


async def test_a_report_is_read_as_it_was_issued(server: str, world: World) -> None:
    """As of then, also after a restatement; now it says something else."""
    asked = "report", "--server", server, "--period", "2026-10"
    issued = json.loads((await aicost(*asked, "-o", "json")).output)["digest"]
    restate(world, bill_of(THE_29TH, a_row(usd(99), project="p")))
    await world.cycle(HOUR)
    then = await aicost(*asked, "--as-of", "2026-11-02T00:00:00Z")
    assert then.exit_code == 0
    assert "Where the money of 2026-10 went, as it was known at 2026-11-02T00:00:00Z" in then.output
    assert f"digest {issued}\n" in then.output
    assert issued not in (await aicost(*asked)).output


async def test_a_ledger_is_verified(server: str, world: World) -> None:
    """OK with exit code 0; what somebody changed with exit code 2 and its key."""
    fine = await aicost("report", "--server", server, "--verify")
    assert (fine.exit_code, fine.output.startswith("OK: ")) == (0, True)
    with world.ledger._engine.begin() as connection:  # noqa: SLF001 # somebody else's hand
        connection.exec_driver_sql("UPDATE line SET nanos = nanos + 1 WHERE entry_id = 1 AND position = 0")
    broken = await aicost("report", "--server", server, "--verify")
    assert broken.exit_code == 2
    assert "BROKEN: the ledger was changed by something else than aicost; keep a copy" in broken.output
    assert broken.output.splitlines()[1].startswith("- [")
    assert "its lines do not sum to it" in broken.output
    assert (await aicost("report", "--server", server, "--verify", "-o", "json")).exit_code == 2
    assert (await aicost("report", "--server", server, "--verify", "--period", "2026-01")).exit_code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--as-of", "yesterday"), "'yesterday' is no instant: write it as 2026-11-03T00:00:00Z"),
        (("--as-of", "2026-11-03"), "is no instant"),
        (("--verify", "--as-of", "2026-11-03T00:00:00Z"), "leave --as-of out"),
    ],
)
async def test_wrong_usage_is_told_before_anything_is_asked(words: tuple[str, ...], says: str) -> None:
    """With exit code 2."""
    printed = await aicost("report", "--server", "http://127.0.0.1:9", *words)
    assert printed.exit_code == 2
    assert says in printed.output
