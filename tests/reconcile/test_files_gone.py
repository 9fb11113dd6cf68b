"""Files of a bill that are gone lower no total, also where the operator starts without them; a service that ended settles."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicost.core.money import decimal
from aicost.core.window import DAY, Instant, rfc3339
from aicost.ports import BillReader, ResourceRef
from aicost.reconcile.bills import BillDesk
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill
from tests.reconcile.world import BILL_POLL, World
from tests.sources.tokens.focus.files import a_charge, write_csv
from tests.sources.tokens.focus.test_files import NoSecrets
from tests.support.builders import at

CLOUD = ResourceRef("UsageSource", "", "cloud")


def on(day: int, cost: str, service: str) -> dict[str, str]:
    starts, ends = (rfc3339(at(each * DAY)) for each in (day, day + 1))
    return a_charge(cost, ServiceName=service, ChargePeriodStart=starts, ChargePeriodEnd=ends)


class FilesWorld(World):
    """The usual world, where a cloud's bill is files in a folder: they are read by the real reader."""

    def __init__(self, folder: Path, now: int) -> None:
        self.folder = folder
        super().__init__(now=now)
        self.store.apply("UsageSource", "cloud", {"type": "FocusFile", "focusFile": {"path": f"{folder}/*.csv"}})

    def restart(self) -> None:
        super().restart()
        access = Access(NoSecrets(), bill_files=self.folder, files_told=self.ledger)
        readers: dict[tuple[str, str], BillReader] = {("FocusFile", "Bill"): FocusBill(access)}
        self.desk = BillDesk(readers, self.clock, poll=BILL_POLL, days=35, learnt=lambda: None)
        self.evaluation.desk = self.desk

    def reasons(self) -> set[str]:
        """Why something of the bill is missing."""
        return {gap["reason"] for gap in self.store.status(CLOUD).get("gaps", [])}

    def through(self) -> Instant | None:
        """Until when the bill is complete."""
        return self.desk.through().get("cloud")


@pytest.mark.parametrize("restarted", [False, True])
async def test_no_total_is_lower_for_a_file_that_is_gone(tmp_path: Path, restarted: bool) -> None:
    """It is a gap until the file is back, whoever read it; then nothing was ever lost."""
    bedrock, azure = tmp_path / "bedrock.csv", tmp_path / "azure.csv"
    write_csv(bedrock, [on(day, "10", "Bedrock") for day in range(4)])
    content = write_csv(azure, [on(day, "20", "Azure OpenAI") for day in range(4)]).read_bytes()
    world = FilesWorld(tmp_path, now=4 * DAY)
    await world.cycle()
    assert (decimal(world.billed()), world.reasons()) == ("120.00", set())
    azure.unlink()
    for _ in range(2):
        if restarted:
            world.restart()
        await world.cycle(BILL_POLL)
        assert (decimal(world.billed()), world.reasons()) == ("120.00", {"BillUnavailable"})
    azure.write_bytes(content)
    await world.cycle(BILL_POLL)
    assert (decimal(world.billed()), world.reasons()) == ("120.00", set())


async def test_a_service_that_comes_later_is_late_and_one_that_ended_settles(tmp_path: Path) -> None:
    """Six days behind others it is no zero; ten days of its export's charges without it and it is used no more."""
    world = FilesWorld(tmp_path, now=9 * DAY)
    azure = [on(day, "20", "Azure OpenAI") for day in range(2)]
    write_csv(tmp_path / "cloud.csv", [*azure, *(on(day, "1", "Bedrock") for day in range(8))])
    await world.cycle()
    assert (decimal(world.billed()), world.through()) == ("48.00", at(2 * DAY))
    assert "BillLate" in world.reasons()
    write_csv(tmp_path / "cloud.csv", [*azure, *(on(day, "1", "Bedrock") for day in range(13))])
    await world.cycle(4 * DAY)
    assert (decimal(world.billed()), world.through()) == ("53.00", at(13 * DAY))
    assert world.reasons() == set()


async def test_the_next_month_in_the_place_of_this_one_takes_nothing_away(tmp_path: Path) -> None:
    """Also where it corrects a day of this one: of 10 days one was -5 and six were nothing, and the bill was complete."""
    world = FilesWorld(tmp_path, now=10 * DAY)
    write_csv(tmp_path / "focus.csv", [on(day, "10", "Bedrock") for day in range(10)])
    await world.cycle()
    later = [on(day, "10", "Bedrock") for day in range(10, 12)]
    write_csv(tmp_path / "focus.csv", [*later, on(3, "-5", "Bedrock")])
    await world.cycle(2 * DAY)
    assert (decimal(world.billed()), world.reasons()) == ("120.00", {"BillUnavailable"})
    write_csv(tmp_path / "nov.csv", [on(day, "10", "Bedrock") for day in range(10)])
    write_csv(tmp_path / "focus.csv", later)
    await world.cycle(BILL_POLL)
    assert (decimal(world.billed()), world.reasons(), world.through()) == ("120.00", set(), at(12 * DAY))


async def test_a_part_that_is_left_from_an_earlier_run_is_not_charged_twice(tmp_path: Path) -> None:
    """120 were 200 while it was there, and when it was gone."""
    world = FilesWorld(tmp_path, now=4 * DAY)
    first, left = tmp_path / "part_0_0001.csv", tmp_path / "part_1_0001.csv"
    for path, cost in ((first, "10"), (left, "20")):
        write_csv(path, [on(day, cost, "Bedrock") for day in range(4)])
    await world.cycle()
    assert (decimal(world.billed()), world.reasons()) == ("120.00", set())
    write_csv(first, [on(day, cost, "Bedrock") for day in range(4) for cost in ("10", "20")])
    await world.cycle(BILL_POLL)
    assert (decimal(world.billed()), world.reasons()) == ("120.00", {"BillMalformed"})
    left.unlink()
    await world.cycle(BILL_POLL)
    assert (decimal(world.billed()), world.reasons()) == ("120.00", set())
