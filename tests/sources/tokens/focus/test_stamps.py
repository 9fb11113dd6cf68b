"""A copy of a file is not written: its stamp is that of the first time that its content was seen."""

from __future__ import annotations

from aicost.core.billed_files import ToldDay
from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.stamps import since, stamp, written


def test_only_another_content_is_written() -> None:
    """What is as it was last remembered keeps its time; what is new, or as it was before that, has its own."""
    before = [
        ToldDay(Instant(0), {"same.csv": stamp("a", 5), "back.csv": stamp("a", 5)}),
        ToldDay(Instant(DAY), {"same.csv": stamp("a", 5), "back.csv": stamp("b", 7), "gone.csv": stamp("a", 8)}),
    ]
    now = {file: stamp("a", 9) for file in ("same.csv", "back.csv", "new.csv")}
    for days in (before, before[::-1]):
        stamps = since(days, now)
        assert {file: written(each) for file, each in stamps.items()} == {"same.csv": 5, "back.csv": 9, "new.csv": 9}
