"""What lies beneath, as tables: whole ones as files, and that what is not shown is counted and summed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.drill import Drilled, Part, UnitSum
from aicost.core.ledger import IDLE, Certainty, Component, Entry, Owner, OwnerKind, Total
from aicost.core.money import parse_nanos
from aicost.core.reasons import GapReason
from aicost.core.window import Period
from aicost.reports.drill import Asked, Drill, drill, drill_origin
from aicost.reports.drill_tables import render_drill
from aicost.reports.layout import Style
from tests.support.builders import CARD_HOUR, a_line, a_total, an_entry, an_origin, owned_by, usd
from tests.support.expected import expected
from tests.support.strategies import totals

EXPECTED = Path(__file__).parent / "expected"
UNIT = Asked("unit care", Period("2026-11"), "eu-1")
STYLES: tuple[Style, ...] = ("table", "markdown")
RESERVED = Owner(OwnerKind.RESERVED, "care")
HOUR = an_entry(
    "gpu",
    "node-a",
    "2026-11-01T00:00:00Z",
    lines=(
        a_line(owned_by(), usd(4), CARD_HOUR, "support/chat-0"),
        a_line(Owner(OwnerKind.UNIT, "care"), usd(4), CARD_HOUR, "support/job-1"),
        a_line(RESERVED, usd(8), 2 * CARD_HOUR, "node-a"),
    ),
)
HOUR = replace(HOUR, origin=replace(HOUR.origin, description="4 x H100-80GB on node-a"))
SERVER = replace(
    an_origin("recharge", "llm-meter", "2026-11-01"),
    component=Component.RECHARGE,
    pool="llm-meter",
    unit="tokens",
    description="cost of platform/llm by tokens",
)
MONTH = drill(
    UNIT,
    Drilled(
        (
            replace(a_total(owned_by(), usd(4, 1), quantity=CARD_HOUR), subject="support/chat-0"),
            replace(
                a_total(owned_by(), usd(9), component=Component.TOKENS, certainty=Certainty.BILLED, pool="openai"),
                subject="project p",
            ),
            replace(a_total(RESERVED, usd(8), quantity=2 * CARD_HOUR), subject="node-a"),
            replace(a_total(owned_by(), quantity=CARD_HOUR, gap=GapReason.NO_PRICE, pool="B200"), subject="support/b"),
        ),
        (
            *(Part(HOUR.origin, line) for line in HOUR.lines),
            Part(SERVER, a_line(owned_by(), usd(1), 250, "customer chat")),
            Part(
                an_origin("gpu", "b", quantity=4 * CARD_HOUR, gap=GapReason.NO_PRICE),
                a_line(owned_by(), None, CARD_HOUR),
            ),
        ),
        12,
    ),
    3,
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("name", "of"),
    {"drill-unit": MONTH, "drill-origin": drill_origin(replace(UNIT, what="origin 0123456789abcdef"), HOUR, 9)}.items(),
)
def test_a_drill_is_as_expected(name: str, of: Drill, style: Style) -> None:
    """To the last character, for a terminal and as Markdown."""
    printed = f"{render_drill(of, style)}\n"
    assert printed == expected(EXPECTED / f"{name}-{style}.txt", printed)


@given(st.lists(totals(), min_size=1, max_size=6), st.integers(1, 3))
def test_shown_and_not_shown_sum_to_the_whole(rows: list[Total], most: int) -> None:
    """Of each currency the rows that stand there and the rest that is named come to the sum, exactly."""
    of = drill(UNIT, Drilled(tuple(rows), (), 0), most)
    printed = render_drill(of, "table")
    more = re.search(r"^and (\d+) more(?:, together )?(.*): --all shows up to 5000$", printed, re.MULTILINE)
    rest = {c: parse_nanos(a) for a, c in re.findall(r"(\S+) ([A-Z]{3})", more.group(2))} if more else {}
    shown = {c: sum(row.nanos or 0 for row in of.rows if row.currency == c) for c, _ in of.sums}
    assert {c: shown[c] + rest.get(c, 0) for c in shown} == dict(of.sums)
    assert len(of.rows) + (int(more.group(1)) if more else 0) == of.row_count


def test_nothing_is_said_to_be_nothing() -> None:
    """A workload that is declared and cost nothing has no table."""
    told = render_drill(drill(replace(UNIT, what="workload a/b"), Drilled((), (), 0), 9), "table")
    assert told == "workload a/b in 2026-11 in cluster eu-1: nothing"


def test_an_origin_without_a_price_is_told_without_an_amount() -> None:
    """And its shares are shares of the quantity."""
    entry = an_entry(
        "gpu", "b", lines=(a_line(owned_by(), None, 3600), a_line(IDLE, None, 1200)), gap=GapReason.NO_PRICE
    )
    told = render_drill(drill_origin(replace(UNIT, what="origin x"), entry, 9), "table")
    assert "no amount: NoPrice" in told
    assert "75.00 %" in told


def test_what_has_a_name_is_told_by_it_once() -> None:
    """Beneath the tables, for whoever knows his keys by their names; a source's names are of its own ids only."""
    bill = replace(an_origin("bill", "openai", "2026-11-01", "apiKey=key_a", "project=p"), pool="openai")
    entry = Entry(replace(bill, amount=usd(9)), (a_line(owned_by(), usd(9), 0, "project p"),))
    names = {("openai", "apiKey", "key_a"): "chat", ("openai", "project", "p"): "Care", ("x", "project", "p"): "Other"}
    for of in (drill(UNIT, Drilled((), (Part(entry.origin, entry.lines[0]),), 1), 9), drill_origin(UNIT, entry, 9)):
        assert of.named(names).names == (("openai", "apiKey", "key_a", "chat"), ("openai", "project", "p", "Care"))
    of = drill_origin(replace(UNIT, what="origin x"), entry, 9)
    assert "names:\n- openai, apiKey key_a: chat\n- openai, project p: Care" in render_drill(of.named(names), "table")
    assert "names:" not in render_drill(of, "table")


def test_a_row_has_the_name_of_its_subject() -> None:
    """Also where no part of it is shown."""
    names = {("openai", "project", "p"): "Care"}
    assert MONTH.named(names).names == (("openai", "project", "p", "Care"),)
    assert "\n- openai, project p: Care\n" in render_drill(MONTH.named(names), "table")


def test_units_beneath_one_come_first() -> None:
    """With all that lies beneath each; no amount is not zero, and the unit's own cost follows."""
    units = (
        UnitSum("find", "USD", 1, 3, ("NoPrice",)),
        UnitSum("blind", "", unpriced=("NoPrice",)),
        UnitSum("quiet", ""),
    )
    lines = render_drill(drill(UNIT, Drilled((), (), 0, units), 9), "table").splitlines()
    assert lines[0] == "Beneath unit care, as units are declared now"
    assert [line.split() for line in lines[3:6]] == [
        ["find", "0.000000001", "0.000000003", "USD", "NoPrice"],
        ["blind", "NoPrice"],
        ["quiet", "0.00", "0.00"],
    ]
    assert lines[-1].endswith("before distribution: nothing")
