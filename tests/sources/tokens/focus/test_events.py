"""Whatever happens to a bill's files, in any order: a day is told as all that was ever read of it says, or it is a gap."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.declarations import BILL, MONTH_TO_DATE, PARTS, FocusFiles, Source
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill
from aicost.store import SqlLedger
from tests.sources.tokens.focus.files import write_csv
from tests.sources.tokens.focus.test_files import NoSecrets
from tests.sources.tokens.focus.test_gone import OVER, on, told
from tests.store.stored import emptied

Rows = Sequence[tuple[int, int]]
"""Days, and nano-units that are charged on them."""
WHICH = st.integers(0, 9)


@dataclass
class Folder:
    """Files that come and go, and an operator that is started anew now and then."""

    path: Path
    exports: str
    ledger: SqlLedger = field(default_factory=emptied)
    there: dict[str, Rows] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    gone: dict[str, Rows] = field(default_factory=dict)
    bill: FocusBill | None = None
    time: int = 1_700_000_000

    def put(self, name: str, rows: Rows, modified: int | None = None) -> None:
        """Write a file, or another content in its place."""
        self.time += 1
        self.times[name] = modified or self.time
        charges = [on(day, f"{Decimal(cost).scaleb(-9):f}", ResourceId=f"on {day}") for day, cost in rows]
        os.utime(write_csv(self.path / name, charges), (self.times[name],) * 2)
        self.there[name] = rows
        self.gone.pop(name, None)

    def take(self, which: int) -> None:
        """Delete a file, as a rule of the bucket does; never the last."""
        if len(self.there) > 1:
            name = sorted(self.there)[which % len(self.there)]
            (self.path / name).unlink()
            self.gone[name] = self.there.pop(name)

    def bring(self, which: int) -> None:
        """Put a file back as it was."""
        if self.gone:
            name = sorted(self.gone)[which % len(self.gone)]
            self.put(name, self.gone[name], self.times[name])

    def copy(self, which: int) -> None:
        """Fill the volume anew: a file has the time of that."""
        name = sorted(self.there)[which % len(self.there)]
        os.utime(self.path / name, (1_800_000_000 + which,) * 2)

    async def costs(self, *, anew: bool) -> Mapping[int, int]:
        """What each day that is told costs, in nano-units."""
        if self.bill is None or anew:
            self.bill = FocusBill(Access(NoSecrets(), bill_files=self.path, files_told=self.ledger))
        files = FocusFiles(f"{self.path}/*.csv", exports=self.exports)
        reading = await self.bill.read(Source("focus", "FocusFile", BILL, focus=files), OVER)
        return {day: sum(rows.values()) for day, rows in told(reading).items()}


def on_day(rows: Rows, day: int) -> int:
    return sum(cost for at, cost in rows if at == day)


happens = st.sampled_from(("day", "day", "again", "take", "take", "bring", "copy", "rename"))
parts = st.lists(st.tuples(happens, WHICH, st.booleans(), st.booleans()), min_size=4, max_size=8)


@settings(max_examples=15)
@given(parts)
async def test_of_parts_every_charge_counts_once_or_its_day_is_a_gap(
    events: Sequence[tuple[str, int, bool, bool]],
) -> None:
    """Daily files with late charges and credits, restated, taken away, brought back, renamed; no two sums of charges are alike."""
    with tempfile.TemporaryDirectory() as name:
        folder, known = Folder(Path(name), PARTS), dict[int, dict[str, int]]()
        folder.put("nov-0.csv", [(0, 1)])
        known[0] = {"nov-0.csv": (await folder.costs(anew=True))[0]}
        for number, (what, which, credit, anew) in enumerate(events, 1):
            late = (which % number, (-1) ** credit * 4**number)
            if what == "day":
                folder.put(f"nov-{number}.csv", [(number, 2 * 4**number), late])
            elif what == "again":
                other = sorted(folder.there)[which % len(folder.there)]
                folder.put(other, [(folder.there[other][0][0], 2 * 4**number), late])
            elif what == "rename":
                other = sorted(folder.there)[which % len(folder.there)]
                (folder.path / other).rename(folder.path / f"moved-{number}.csv")
                folder.there[f"moved-{number}.csv"] = folder.there.pop(other)
                folder.times[f"moved-{number}.csv"] = folder.times.pop(other)
                names = {other: f"moved-{number}.csv"}
                known = {day: {names.get(file, file): of for file, of in by.items()} for day, by in known.items()}
            else:
                {"take": folder.take, "bring": folder.bring, "copy": folder.copy}[what](which)
            costs = await folder.costs(anew=anew)
            for day, cost in costs.items():
                now = {file: on_day(rows, day) for file, rows in folder.there.items()}
                assert cost == sum({**known.get(day, {}), **now}.values())
                known[day] = now
            if not folder.gone:
                assert {day for rows in folder.there.values() for day, _ in rows} <= costs.keys()


runs = st.tuples(st.just("run"), WHICH, st.booleans(), st.booleans())
others = st.tuples(st.sampled_from(("take", "take", "bring", "copy")), WHICH, st.booleans(), st.booleans())


@settings(max_examples=15)
@given(st.lists(runs | others, min_size=4, max_size=8), st.sampled_from(("", MONTH_TO_DATE)))
async def test_of_months_so_far_the_last_run_counts_or_the_day_is_a_gap(
    events: Sequence[tuple[str, int, bool, bool]], exports: str
) -> None:
    """Under the same name or a new one, with days restated up or down; earlier runs that are left or come again count no more."""
    with tempfile.TemporaryDirectory() as name:
        folder, last = Folder(Path(name), exports), [(day, 1000 + day) for day in range(4)]
        folder.put("run-0.csv", last)
        assert len(await folder.costs(anew=True)) == len(last)
        for number, (what, which, same, anew) in enumerate(events, 1):
            if what == "run":
                days = len(last) + which % 3
                last = [*last, *((day, 1000 * number + day) for day in range(len(last), days))]
                last[which % days] = which % days, 100 * which + number
                folder.put("run-0.csv" if same else f"run-{number}.csv", last)
            else:
                {"take": folder.take, "bring": folder.bring, "copy": folder.copy}[what](which)
            for day, cost in (await folder.costs(anew=anew)).items():
                assert cost == on_day(last, day)
