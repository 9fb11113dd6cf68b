"""What people read of a close and of a verification."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.closing import Check, Closing, Outcome
from aicost.core.issued import Issued, UnitCharge
from aicost.core.ledger import Broken, Verification
from aicost.core.reasons import CheckReason, GapReason
from aicost.core.window import Period
from aicost.reports.closing import (
    MOST_BROKEN,
    closing_to_json,
    outcome_to_json,
    render_outcome,
    render_verification,
    verification_to_json,
)
from tests.support.builders import T0

OCTOBER = Period("2026-10")
OPEN = Check(CheckReason.BILL_INCOMPLETE, "the bill of UsageSource openai was not read")
NOTE = Check(GapReason.NO_POD_HISTORY, "nobody told", blocks=False)
CLOSING = Closing(OCTOBER, T0, "jane", "d1")
ISSUED = Issued("USD", units=(UnitCharge("care", "USD", 7_000_000_000, 9_000_000_001), UnitCharge("eu", "EUR", 0, 0)))
ALL_IN_ORDER = [
    "ok    every hour is settled, and it is known who held which GPU",
    "ok    every bill is in",
    "ok    everything has a price",
    "ok    every currency has a rate",
    "ok    nothing is parked",
    "ok    no invoice is missing of a source that declares invoices",
    "ok    every bill is claimed whole",
]


def said(outcome: Outcome) -> list[str]:
    return render_outcome(outcome_to_json(outcome)).splitlines()


def test_the_check_list_is_told_before_what_became_of_the_month() -> None:
    """What is in order, what is open with its remedy, what is noted without one, and one sentence at the end."""
    assert said(Outcome(OCTOBER, (OPEN, NOTE))) == [
        *(point for point in ALL_IN_ORDER if not point.endswith(("which GPU", "is in", "claimed whole"))),
        "open  BillIncomplete: the bill of UsageSource openai was not read",
        f"      {OPEN.remedy}",
        "note  NoPodHistory: nobody told",
        "2026-10 is not closed: see what is open above, or close it as it is with --force",
    ]
    assert said(Outcome(OCTOBER)) == [*ALL_IN_ORDER, "2026-10 can be closed"]
    closed = "at 2026-11-01T00:00:00Z by jane, digest d1"
    assert said(Outcome(OCTOBER, (OPEN,), CLOSING))[-1] == f"2026-10 is closed now: {closed}"
    again = Outcome(OCTOBER, closing=CLOSING, before=True)
    assert said(again) == [f"2026-10 is closed already, and nothing was changed: {closed}"]


@pytest.mark.parametrize(
    ("reason", "unsaid"),
    [
        (GapReason.LAYOUT_UNKNOWN, ["everything has a price"]),
        (GapReason.LABELS_CONTRADICT, ["everything has a price"]),
        (GapReason.NO_TOKEN_PRICE, ["everything has a price", "every bill is claimed whole"]),
        (GapReason.NO_AUDIO_PRICE, ["everything has a price", "every bill is claimed whole"]),
        (GapReason.NO_USAGE_PRICE, ["everything has a price", "every bill is claimed whole"]),
        (GapReason.CREDENTIAL_INVALID, ["every bill is in", "every bill is claimed whole"]),
    ],
)
def test_nothing_is_in_order_of_which_nobody_knows(reason: GapReason, unsaid: list[str]) -> None:
    """What has no amount has no price, and of a bill that is not in nobody knows who claims it."""
    told = said(Outcome(OCTOBER, (Check(reason, "x"),)))
    assert [point.removeprefix("ok    ") for point in ALL_IN_ORDER if point not in told] == unsaid


def test_a_verification_says_ok_or_names_what_is_broken() -> None:
    """Of very much the first hundred, and how many more."""
    assert render_verification(verification_to_json(Verification(7))).startswith("OK: 7 entries say")
    many = tuple(Broken(f"key {n:03}", "is gone") for n in range(MOST_BROKEN + 2))
    lines = render_verification(verification_to_json(Verification(7, (Broken("", "lost"), *many)))).splitlines()
    assert lines[0].startswith("BROKEN: ")
    assert lines[1:3] == ["- ledger: lost", "- key 000: is gone"]
    assert (len(lines), lines[-1]) == (MOST_BROKEN + 2, "- and 3 more")


def test_a_closing_tells_what_it_charged() -> None:
    """Exactly; a closing that kept nothing of it tells nothing."""
    assert closing_to_json(replace(CLOSING, issued=ISSUED))["charged"] == [
        {"unit": "care", "currency": "USD", "own": "7.00", "total": "9.000000001"},
        {"unit": "eu", "currency": "EUR", "own": "0.00", "total": "0.00"},
    ]
    assert closing_to_json(CLOSING)["charged"] == []
