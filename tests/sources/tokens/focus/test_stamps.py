"""A copy of a file is not written: its stamp is that of the first time that its content was seen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from aicost.core.billed_files import Charge, Told, ToldDay
from aicost.core.window import DAY, Instant
from aicost.sources.tokens.focus.stamps import as_it_was, called, named_now, since, stamp, written


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


def test_a_file_under_another_name_is_not_gone() -> None:
    """It has its content, and the time of that; another content under a name that was there before is no such file."""
    told = (Told(Charge("x", "1", "", "USD"), {"a.csv": Decimal(1)}),)
    day = ToldDay(Instant(0), {"a.csv": stamp("a", 5), "b.csv": stamp("b", 6)}, told)
    now = {"c.csv": stamp("a", 9), "b.csv": stamp("b", 9)}
    named = renamed(day, now)
    assert named.files == {"c.csv": stamp("a", 5), "b.csv": stamp("b", 6)}
    assert named.charges[0].files == {"c.csv"}
    assert since([named], now) == named.files
    for other in ({"b.csv": stamp("b", 9)}, {"a.csv": stamp("a", 9), "b.csv": stamp("c", 9)}, {"c.csv": stamp("c", 9)}):
        assert renamed(day, other) == day


def test_names_that_move_on_take_what_they_were_with_them() -> None:
    """Also those of files that are there: what was exchanged is as it was, and what another one took the name of is gone."""
    told = Told(Charge("x", "1", "", "USD"), {"a.csv": Decimal(1), "b.csv": Decimal(2)})
    day = ToldDay(Instant(0), {"a.csv": stamp("a", 5), "b.csv": stamp("b", 6)}, (told,))
    exchanged = renamed(day, {"a.csv": stamp("b", 9), "b.csv": stamp("a", 9)})
    assert exchanged.shares == {told.charge: {"b.csv": 1, "a.csv": 2}}
    moved = renamed(day, {"a.csv": stamp("b", 9)})
    assert moved.shares == {told.charge: {as_it_was("a.csv"): 1, "a.csv": 2}}
    assert moved.files == {as_it_was("a.csv"): stamp("a", 5), "a.csv": stamp("b", 6)}
    assert [*map(called, sorted(moved.files))] == ["a.csv", "a.csv"]


def renamed(day: ToldDay, now: Mapping[str, str]) -> ToldDay:
    return named_now({day.day: day}, now)[day.day]
