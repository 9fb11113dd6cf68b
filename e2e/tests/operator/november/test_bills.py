"""The provider's faults and changes of mind, as the running operator's resources and ledger show them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.emulators import faults
from e2e.emulators.faults import Fault
from e2e.emulators.openai_organisation import Cost
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.conftest import Operators
from e2e.tests.operator.november.conftest import KEY, Scene
from e2e.tests.operator.resources import Body, Resources, condition, until

DAY = "2026-11-01"
RESTATED_ROW = "gpt-6-sol, input_tokens"
WITHDRAWN_ROW = "gpt-6-luna, output_tokens"
TODAY = Cost(day="2026-11-02", project="proj_support", api_key="key_support", line_item=RESTATED_ROW, amount="5")


@pytest.fixture
def polling(scene: Scene, operators: Operators) -> OperatorProcess:
    """An operator that polls the bill each second and says everything that it has to say."""
    operator = operators(**scene.settings(BILL_POLL="1", BILL_DAYS="2", LOG_LEVEL="DEBUG"))
    operator.start()
    operator.ready()
    return operator


def edit(scene: Scene, change: Callable[[Cost], Cost | None], *more: Cost) -> None:
    """Change the provider's rows, take those of None away, add more."""
    was = scene.openai.organisation
    costs = tuple(now for cost in was.costs if (now := change(cost)) is not None)
    scene.openai.organisation = replace(was, costs=(*costs, *more))


def restated(cost: Cost) -> Cost:
    """Support's input of the day costs 12.34 more."""
    hit = (cost.day, cost.project, cost.line_item) == (DAY, "proj_support", RESTATED_ROW)
    return replace(cost, amount="622.74") if hit else cost


def withdrawn(cost: Cost) -> Cost | None:
    return None if (cost.day, cost.line_item) == (DAY, WITHDRAWN_ROW) else cost


def told(resources: Resources) -> tuple[str, str, str]:
    """What is billed, what chat pays, and the reason of the source's DataAvailable."""
    source, chat = resources.status("usrc", "openai-prod"), resources.status("aicost", "support/chat")
    return source["billed"], chat["cost"]["charged"], condition(source, "DataAvailable")["reason"]


def versions(operator: OperatorProcess, row: str) -> list[tuple[int, int | None]]:
    """Amounts in nano-units of a bill row of the day, oldest first, each with whether it is the latest."""
    path = Path(operator.settings["LEDGER_URL"].removeprefix("sqlite:///"))
    ask = """SELECT amount, id IN (SELECT entry_id FROM head) FROM entry
             WHERE component = 'tokens' AND key LIKE ? AND window_start = unixepoch(?) ORDER BY id"""
    with closing(sqlite3.connect(path)) as database:
        return database.execute(ask, (f"%{row}%", DAY)).fetchall()


def test_a_torn_day_spoils_itself_only_and_heals(scene: Scene, polling: OperatorProcess) -> None:
    """Its old number stays and a gap says so, other days go on; a restated row is a new version, the old one is kept."""
    resources = scene.resources
    assert told(resources) == ("3200.00", "2696.80", "Complete")
    scene.openai.faults.append(Fault(faults.torn(), path="/costs", day=DAY))
    edit(scene, restated, TODAY)
    until(lambda: told(resources) == ("3205.00", "2701.80", "BillMalformed"), "today is in, yesterday is as it was")
    source = resources.status("usrc", "openai-prod")
    assert source["summary"]["state"] == "Partial"
    assert [(gap["component"], gap["since"]) for gap in source["gaps"]] == [("bills", f"{DAY}T00:00:00Z")]
    assert resources.status("aicost", "support/chat")["summary"]["state"] == "Partial"
    scene.openai.faults.clear()
    until(lambda: told(resources) == ("3217.34", "2714.14", "Complete"), "yesterday is 12.34 more")
    edit(scene, withdrawn)
    until(lambda: told(resources) == ("3037.345", "2714.14", "Complete"), "the row that vanished counts no more")
    assert polling.stop() == 0
    paid = [amount for amount, _ in versions(polling, RESTATED_ROW) if amount in (610_400_000_000, 622_740_000_000)]
    assert paid == [610_400_000_000, 622_740_000_000]
    assert versions(polling, WITHDRAWN_ROW) == [(179_995_000_000, 0), (0, 1)]


def test_no_credential_is_ever_shown(scene: Scene, polling: OperatorProcess, account: Path) -> None:
    """A provider that repeats the key in its errors: it is in no log, status, Event, metric, report or ledger file."""
    resources = scene.resources
    scene.openai.faults.append(Fault(faults.status(500), path="/costs", day=DAY))
    until(lambda: told(resources)[2] == "BillUnavailable", "the provider fails")
    scene.openai.faults.clear()
    scene.openai.organisation = replace(scene.openai.organisation, admin_keys=frozenset())
    until(lambda: told(resources) == ("3200.00", "2696.80", "CredentialInvalid"), "the provider refuses the key")
    assert resources.status("usrc", "openai-prod")["summary"]["state"] == "Refused"
    shown = [
        json.dumps(resources.all()),
        resources.kubectl("get", "events", "-A", "-o", "json"),
        polling.get("metrics").text,
        polling.report().text,
    ]
    assert polling.stop() == 0
    path = Path(polling.settings["LEDGER_URL"].removeprefix("sqlite:///"))
    files = [*path.parent.glob(f"{path.name}*"), polling.process.log]
    shown += [file.read_bytes().decode(errors="replace") for file in files]
    for secret in (KEY, _token(account)):
        assert [text for text in shown if secret in text] == []


def _token(kubeconfig: Path) -> str:
    user: Body = json.loads(kubeconfig.read_text())["users"][0]["user"]
    return str(user["token"])
