"""What is stored beside money: read back as it was, the last account of each thing counts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.holdings import FOREVER, Devices
from aicost.core.usage import Observed, Tokens, UsageRow
from aicost.core.window import DAY, Instant, Period, Window, day_of
from aicost.ports import Commit
from aicost.store import SqlLedger
from tests.store.conftest import Emptied
from tests.store.drawn import devices, observed
from tests.support.builders import T0, a_group, a_holding, a_pod, at, between, dims

ALWAYS = Window(Instant(0), FOREVER)


@given(devices(), observed(), st.dictionaries(st.sampled_from("abc"), st.text("xyz"), max_size=3))
def test_what_was_observed_comes_back_as_it_was(
    emptied: Emptied, held: Devices, seen: Observed, marks: dict[str, str]
) -> None:
    """Everything beside money is read back equal, and committing it again changes nothing."""
    ledger = emptied()
    for _ in range(2):
        ledger.commit(Commit(devices=held, observed=seen, marks=marks), T0)
        stored = ledger.devices(ALWAYS)
        assert set(stored.groups) == set(held.groups)
        assert set(stored.holdings) == set(held.holdings)
        again = ledger.observed(ALWAYS)
        assert set(again.card_use) == set(seen.card_use)
        assert set(again.pod_tokens) == set(seen.pod_tokens)
        assert set(again.usage) == set(seen.usage)
        assert ledger.marks() == marks


def test_later_account_of_a_holding_replaces_the_earlier(ledger: SqlLedger) -> None:
    """A holding that went on ends when its end is known; a card group that went on too."""
    open_still = Devices((a_group(window=Window(T0, FOREVER)),), (a_holding(window=Window(T0, FOREVER)),))
    ended = Devices((a_group(window=between(0, 60)),), (a_holding(window=between(0, 60)),))
    for account in (open_still, ended):
        ledger.commit(Commit(devices=account), T0)
    assert ledger.devices(ALWAYS) == ended


def test_a_pod_may_hold_a_resource_by_several_claims(ledger: SqlLedger) -> None:
    """Each is a holding of its own, beside that of a device plugin."""
    held = tuple(replace(a_holding(), claim=claim) for claim in ("", "claim-1", "claim-2"))
    ledger.commit(Commit(devices=Devices(holdings=held)), T0)
    assert ledger.devices(ALWAYS).holdings == held


def test_card_group_takes_the_place_of_those_that_began_in_its_time(ledger: SqlLedger) -> None:
    """A group that turns out to have begun earlier, or to have lasted, leaves no second account of the same cards."""
    earlier, changed, other_node = a_group(4, between(0, 50)), a_group(8, between(50, 100)), a_group(node="node-b")
    ledger.commit(Commit(devices=Devices((earlier, changed, other_node))), T0)
    lasted = a_group(4, Window(at(-100), FOREVER))
    ledger.commit(Commit(devices=Devices((lasted,))), T0)
    assert ledger.devices(ALWAYS).groups == (lasted, other_node)


def test_devices_overlap_a_half_open_window(ledger: SqlLedger) -> None:
    """What ends where the window begins, or begins where it ends, is not in it; what reaches into it is, unclipped."""
    before, across, after = (
        a_holding(a_pod(name), between(start, end))
        for name, start, end in (("before", -60, 0), ("across", -60, 120), ("after", 60, 90))
    )
    ledger.commit(Commit(devices=Devices((a_group(window=between(-60, 0)),), (before, across, after))), T0)
    assert ledger.devices(between(0, 60)) == Devices((), (across,))


def test_day_of_usage_is_replaced_whole(ledger: SqlLedger) -> None:
    """A row that the provider took back is gone when its day is told again; other days and sources stay."""
    first = UsageRow("openai", between(0, DAY), dims(project="a"), Tokens(1))
    taken_back, other_day = replace(first, dimensions=dims(project="b")), replace(first, day=between(DAY, 2 * DAY))
    other_source = replace(first, source="other")
    ledger.commit(Commit(observed=Observed(usage=(first, taken_back, other_day, other_source))), T0)
    corrected = replace(first, tokens=Tokens(2))
    ledger.commit(Commit(observed=Observed(usage=(corrected,))), T0)
    assert ledger.observed(ALWAYS).usage == (corrected, other_source, other_day)


def test_day_of_usage_that_became_empty_is_empty(ledger: SqlLedger) -> None:
    """A day that was read whole and has nothing any more loses its rows; days that were not read keep theirs."""
    day, row = between(0, DAY), UsageRow("openai", between(0, DAY), dims(project="a"), Tokens(1))
    other_day, other_source = replace(row, day=between(DAY, 2 * DAY)), replace(row, source="other")
    ledger.commit(Commit(observed=Observed(usage=(row, other_day, other_source))), T0)
    ledger.commit(Commit(), T0)
    assert len(ledger.observed(ALWAYS).usage) == 3
    ledger.commit(Commit(usage_days=frozenset({("openai", day)})), T0)
    assert ledger.observed(ALWAYS).usage == (other_source, other_day)


def test_observations_belong_to_the_window_they_begin_in(ledger: SqlLedger) -> None:
    """A month's usage does not hold the next month's first day."""
    row = UsageRow("openai", day_of(Period("2026-12").window.start), dims(project="a"), Tokens(1))
    ledger.commit(Commit(observed=Observed(usage=(row,))), T0)
    assert ledger.observed(Period("2026-11").window).usage == ()
    assert ledger.observed(Period("2026-12").window).usage == (row,)


def test_mark_keeps_its_last_value(ledger: SqlLedger) -> None:
    """Marks are replaced by name, and those that a commit does not name stay."""
    ledger.commit(Commit(marks={"through": "1", "claims": "{}"}), T0)
    ledger.commit(Commit(marks={"through": "2"}), T0)
    assert ledger.marks() == {"through": "2", "claims": "{}"}
