"""Whether all that a unit cost on the last day is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.claims import Claims
from aicost.core.declarations import REFINE, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.ledger import Certainty, Component
from aicost.core.reasons import GapReason
from aicost.core.told_day import is_told
from aicost.core.window import DAY, Instant, instant
from tests.support.builders import (
    a_claim,
    a_grant,
    a_source,
    a_total,
    a_unit,
    a_workload,
    declarations,
    facts,
    owned_by,
)

CARE = frozenset({"care"})
END = instant("2026-11-02T00:00:00Z")
BILL_SOURCE = a_source(a_grant("p", "support"))
GATEWAY = replace(a_source(a_grant("p", "support"), name="gateway"), role=REFINE, refines=frozenset({("openai", "k")}))
ESTIMATE = a_total(owned_by(), component=Component.TOKENS, pool="openai", certainty=Certainty.ESTIMATED)


def told(source: Source, *, through: Instant | None, estimated: bool = False, held: bool = True) -> bool:
    """Of care, whose chat claims of a source, where the bill of openai reaches so far."""
    chat = a_workload("chat", usage=(a_claim(source.name, project="p"),))
    declared = declarations(chat, a_unit("care", "support"), BILL_SOURCE, *({source} - {BILL_SOURCE}))
    of = facts(declared=declared)
    day = replace(of.last_day, held=held, totals=(ESTIMATE,) if estimated else ())
    bills = {} if through is None else {"openai": through}
    return is_told(replace(of, last_day=day, bills_through=bills), Claims(declared), CARE, ())


def test_only_an_estimate_of_the_bill_stands_for_it() -> None:
    """Neither what it billed so far, nor an estimate of another bill or of cards."""
    chat = a_workload("chat", usage=(a_claim(project="p"),))
    of = facts(declared=declarations(chat, a_unit("care", "support"), BILL_SOURCE))
    claims = Claims(of.declared)
    others = (
        replace(ESTIMATE, certainty=Certainty.BILLED),
        replace(ESTIMATE, pool="other"),
        replace(ESTIMATE, component=Component.GPU),
    )
    known = replace(of.last_day, held=True)
    assert not is_told(replace(of, last_day=replace(known, totals=others)), claims, CARE, ())
    assert is_told(replace(of, last_day=replace(known, totals=(*others, ESTIMATE))), claims, CARE, ())
    assert is_told(replace(of, last_day=known), claims, frozenset({"find"}), ())


@pytest.mark.parametrize("source", [BILL_SOURCE, GATEWAY], ids=["the bill", "what divides it"])
def test_it_is_told_when_its_bills_are_in(source: Source) -> None:
    """To the day's end; or usage estimates what they will say."""
    assert told(source, through=END)
    assert not told(source, through=Instant(END - DAY))
    assert not told(source, through=None)
    assert told(source, through=None, estimated=True)


def test_a_hole_in_who_held_what_counts_on_that_day_only() -> None:
    """An elder one is told as a gap until the month ends, and hides nothing of this day."""
    of, claims = facts(), Claims(declarations())
    hole = Gap(GapReason.NO_POD_HISTORY, Feed.GPU, END, "")
    assert is_told(of, claims, CARE, (hole,))
    assert not told(BILL_SOURCE, through=END, held=False)


@pytest.mark.parametrize(("reason", "known"), [(GapReason.NO_PRICE, False), (GapReason.BUILT_IN_PRICE, True)])
def test_what_hides_cost_leaves_it_unknown(reason: GapReason, *, known: bool) -> None:
    """A notice does not."""
    assert is_told(facts(), Claims(declarations()), CARE, (Gap(reason, Feed.GPU, END, ""),)) is known
