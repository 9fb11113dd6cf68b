"""`aicost report` against the real read API on a real ledger. AICOST_REWRITE_EXPECTED=1 writes the expected files anew."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from aicost.cli.commands import cli
from aicost.core.declarations import Declarations
from aicost.core.distribution import WHOLE, Distribution, Method, Pool
from aicost.core.drill import origin_id
from aicost.core.gaps import Feed, Gap
from aicost.core.identity import WorkloadRef
from aicost.core.issued import Issued, UnitCharge
from aicost.core.ledger import IDLE, UNCLAIMED, Certainty, Component, Entry, Line, Origin, Owner, OwnerKind, Use
from aicost.core.money import Money
from aicost.core.reasons import GapReason
from aicost.core.window import DAY, HOUR, Period
from aicost.ports import Commit, Malformed
from aicost.store import open_ledger
from aicost.web import api, basis, drill
from aicost.web.server import LOOPBACK, serving
from aicost.wiring import PinnedClock
from tests.support.builders import CARD_HOUR, T0, a_line, a_total, a_unit, a_workload, at, between, facts, owned_by, usd
from tests.support.expected import expected
from tests.support.looks import a_look

EXPECTED = Path(__file__).parent / "expected"
CARE = Owner(OwnerKind.UNIT, "care")
CARD_DAY = 24 * CARD_HOUR
TRAIN = owned_by("train", "fraud", "risk")


def gpu(*lines: Line, node: str, pool: str = "H100-80GB", gap: GapReason | None = None) -> Entry:
    """A node's day of cards."""
    nanos = sum(line.amount.nanos for line in lines if line.amount)
    amount = None if gap else Money(nanos, "USD")
    quantity = sum(line.quantity for line in lines)
    key = "gpu", node
    day = between(0, DAY)
    return Entry(
        Origin(key, Component.GPU, pool, day, amount, Certainty.RATED, quantity, "card-microseconds", node, gap), lines
    )


def bill(amount: Money, line: Line) -> Entry:
    """A provider's line of a day."""
    key = "bill", "openai", line.subject
    day = between(0, DAY)
    origin = Origin(key, Component.TOKENS, "openai", day, amount, Certainty.BILLED, 0, "", line.subject)
    return Entry(origin, (line,))


ENTRIES = (
    gpu(
        a_line(owned_by(), usd(384), 4 * CARD_DAY, "support/chat-0"),
        a_line(CARE, usd(96), CARD_DAY, "support/notebook-0"),
        a_line(UNCLAIMED, usd(0, 1), 1, "kube-system/job-1"),
        a_line(IDLE, usd(287, 999_999_999), 3 * CARD_DAY - 1, ""),
        node="h100-a",
    ),
    gpu(a_line(TRAIN, usd(384), 4 * CARD_DAY, "fraud/train-0"), node="h100-b"),
    gpu(a_line(TRAIN, None, CARD_DAY, "fraud/train-1"), node="b200", pool="B200-180GB", gap=GapReason.NO_PRICE),
    bill(usd(1400), a_line(owned_by(), usd(1400), 0, "project proj_support")),
    bill(usd(300, 5), a_line(UNCLAIMED, usd(300, 5), 0, "no project")),
    bill(Money(250_000_000_000, "EUR"), a_line(CARE, Money(250_000_000_000, "EUR"), 0, "project proj_eu")),
)

MANY = gpu(*(a_line(CARE, usd(1), CARD_HOUR, f"support/pod-{number:02}") for number in range(30)), node="many")
SEPTEMBER = replace(MANY, origin=replace(MANY.origin, window=between(-60 * DAY, -59 * DAY)))
OF_MANY = ("--period", "2026-09", "--origin", origin_id(("gpu", "many")))

PASSES_ON = replace(a_unit("risk"), distribute=(Distribution(Pool.OWN, Method.FIXED, (("care", WHOLE // 4),)),))
EVALUATED = replace(
    facts(
        a_total(owned_by(), usd(384), quantity=96 * CARD_HOUR),
        a_total(owned_by(), usd(1400), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"),
        a_total(CARE, usd(96), quantity=CARD_DAY),
        a_total(TRAIN, usd(384), quantity=96 * CARD_HOUR),
        a_total(IDLE, usd(287, 999_999_999), quantity=72 * CARD_HOUR),
        declared=Declarations((a_workload("chat"),), (a_unit("care"), PASSES_ON)),
        gaps=(Gap(GapReason.NO_PRICE, Feed.GPU, T0, "no price covers B200-180GB", "24.00 card hours"),),
    ),
    through={Feed.GPU: at(DAY), Feed.USAGE: at(DAY - HOUR)},
    bills_through={"openai": at(DAY)},
    use=(Use(WorkloadRef("support", "chat"), "tensor", 1, 1, usd(384).nanos, usd(96).nanos),),
)


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The read API of an operator whose ledger has these entries, and closed September."""
    ledger = open_ledger(":memory:")
    ledger.commit(Commit((*ENTRIES, SEPTEMBER)), at(DAY))
    issued = Issued("USD", (), (UnitCharge("care", "USD", usd(10).nanos, usd(10).nanos),))
    ledger.close_month(Period("2026-09"), at(0), "jane", (), (), issued)
    pages = [page for of in (api, drill) for page in of.routes(ledger, PinnedClock(T0), lambda: EVALUATED)]
    pages += basis.routes(ledger, PinnedClock(T0), lambda: EVALUATED, lambda: a_look(ledger))
    async with serving(pages, LOOPBACK, 0) as port:
        yield f"http://{LOOPBACK}:{port}"
    ledger.close()


async def report(*options: str) -> Result:
    """The command, beside the server's loop."""
    return await asyncio.to_thread(CliRunner().invoke, cli, ["report", *options])


@pytest.mark.parametrize("style", ["table", "markdown"])
async def test_the_whole_report_is_as_expected(server: str, style: str) -> None:
    """To the last character: origins, units, workloads, what has no price, how far data reaches, and the proof."""
    printed = await report("--server", server, "-o", style)
    assert printed.exit_code == 0, printed.output
    lines = "\n".join(line.rstrip() for line in printed.output.splitlines()) + "\n"
    assert lines == expected(EXPECTED / f"report-{style}.txt", lines)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unit", ["--unit", "care"]),
        ("workload", ["--workload", "support/chat"]),
        ("origin", ["--origin", origin_id(("gpu", "h100-a"))]),
    ],
)
async def test_what_lies_beneath_is_as_expected(server: str, name: str, options: list[str]) -> None:
    """From the unit to its workloads and origins, from a workload to its pods, and to the lines of one origin."""
    printed = await report("--server", server, *options)
    assert printed.exit_code == 0, printed.output
    assert printed.output == expected(EXPECTED / f"report-{name}.txt", printed.output)


async def test_all_shows_what_else_was_only_counted(server: str) -> None:
    """The largest 20 by default; with --all every one, so that nothing is left to be named."""
    answers = [await report("--server", server, *OF_MANY, *more) for more in ([], ["--all"])]
    assert [answer.output.count("support/pod-") for answer in answers] == [20, len(MANY.lines)]
    assert ["and 10 more, together 10.00 USD: --all shows up to 5000" in answer.output for answer in answers] == [
        True,
        False,
    ]


@pytest.mark.parametrize("on", ["charged", "incurred", "used"])
async def test_a_basis_is_as_expected(server: str, on: str) -> None:
    """Units and workloads of the evaluated month, as statuses tell them, and what is missing."""
    printed = await report("--server", server, "--basis", on)
    assert printed.exit_code == 0, printed.output
    assert printed.output == expected(EXPECTED / f"report-{on}.txt", printed.output)


async def test_a_basis_of_another_month_is_refused(server: str) -> None:
    """Where the ledger has nothing of it."""
    printed = await report("--server", server, "--basis", "charged", "--period", "2026-10")
    assert "nothing is known of 2026-10" in str(printed.exception)


@pytest.mark.parametrize("on", ["charged", "incurred"])
async def test_a_closed_month_is_told_on_a_basis(server: str, on: str) -> None:
    """What it was charged, which is 20 less than it incurred, and by whom it was closed."""
    printed = await report("--server", server, "--basis", on, "--period", "2026-09")
    (row,) = [line.split() for line in printed.output.splitlines() if line.startswith("care ")]
    assert row[1:] == (
        ["30.00", "20.00", "0.00", "10.00", "USD"]
        if on == "charged"
        else ["30.00", "0.00", "0.00", "0.00", "30.00", "USD"]
    )
    assert "closed at 2026-11-01T00:00:00Z by jane" in printed.output


@pytest.mark.parametrize("on", ["cash", "amortised"])
async def test_when_a_closed_month_used_trainings_up_is_not_told(server: str, on: str) -> None:
    """Nobody kept it: it is null, never zero."""
    printed = await report("--server", server, "--basis", on, "--period", "2026-09")
    assert f"2026-09 cannot be told as {on}" in str(printed.exception)
    told = json.loads((await report("--server", server, "--basis", on, "--period", "2026-09", "-o", "json")).output)
    assert [(of["gpu"], of["invested"]) for of in told["units"]] == [("30.00", None)]


async def test_an_unknown_name_is_answered_with_what_is_there(server: str) -> None:
    """And no table."""
    printed = await report("--server", server, "--unit", "cared")
    assert isinstance(printed.exception, Malformed)
    assert str(printed.exception) == "there is no unit cared in 2026-11: there are care, unallocated, risk"


async def test_a_month_that_has_not_begun_is_refused(server: str) -> None:
    """By the operator's clock."""
    printed = await report("--server", server, "--period", "2027-02")
    assert str(printed.exception) == (
        "2027-02 has not begun: the operator's clock says 2026-11; ask for a month up to that"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--unit", "a", "--workload", "a/b"], "--unit and --workload are different questions"),
        (["--verify", "--origin", "a"], "--origin and --verify are different questions"),
        (["--basis", "used", "--unit", "a"], "--unit and --basis are different questions"),
        (["--basis", "charged", "--as-of", "2026-11-03T00:00:00Z"], "--as-of and --basis are different questions"),
        (["--basis", "gross"], "'gross' is not one of 'charged', 'incurred', 'used', 'cash', 'amortised'"),
        (["--all"], "--all says how much of --unit, --workload or --origin to show"),
    ],
)
async def test_questions_that_do_not_fit_together_are_wrong_usage(options: list[str], said: str) -> None:
    """Before anything is asked."""
    printed = await report("--server", "http://127.0.0.1:9", *options)
    assert printed.exit_code == 2
    assert said in printed.output


async def test_a_reader_that_goes_away_ends_the_command_in_silence(server: str) -> None:
    """`| head -1`: no traceback, and nothing else on standard error."""
    command = f"{sys.executable} -m aicost report --server {server} {' '.join(OF_MANY)} --all | head -1"
    shell = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await shell.communicate()
    assert printed.decode().startswith("origin ")
    assert complaints == b""


async def test_json_is_the_api_s_own_answer(server: str) -> None:
    """Its rows sum to what its proofs say."""
    answer = json.loads((await report("--server", server, "-o", "json")).output)
    assert answer["period"] == "2026-11"
    assert {proof["component"]: proof["broken"] for proof in answer["proofs"]} == {"gpu": 0, "tokens": 0}
    assert sum(row["amount"] is None for row in answer["rows"]) == 1


async def test_a_month_without_entries(server: str) -> None:
    """Is said to be unknown: there is nothing to prove."""
    printed = await report("--server", server, "--period", "2026-10")
    assert printed.exit_code == 0
    assert printed.output == "nothing is known of 2026-10: the ledger has no entry of that month\n"


async def test_a_server_that_does_not_answer() -> None:
    """Is named."""
    printed = await report("--server", "http://127.0.0.1:9")
    assert printed.exit_code == 1
    assert "the operator's read API at http://127.0.0.1:9 does not answer" in str(printed.exception)


async def test_a_month_is_checked_before_anything_is_asked() -> None:
    """Wrong usage, in words."""
    printed = await report("--server", "http://127.0.0.1:9", "--period", "November")
    assert printed.exit_code == 2
    assert "'November' is not a month: write it as 2026-11" in printed.output


async def test_a_server_that_is_something_else() -> None:
    """Is asked whether it is the read API."""
    other = web.RouteTableDef()

    @other.get("/v1/report")
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"hello": "world"})

    async with serving(other, LOOPBACK, 0) as port:
        printed = await report("--server", f"http://{LOOPBACK}:{port}")
    assert "is that the operator's read API?" in str(printed.exception)
