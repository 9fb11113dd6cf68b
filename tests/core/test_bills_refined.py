"""A bill row that a gateway saw callers of: each has his part under the claims on what saw him, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import BillRow, as_refined, bill_entries, dimensions_of, dividers
from aicost.core.declarations import Source
from aicost.core.ledger import UNCLAIMED, Certainty, Entry, Owner
from aicost.core.money import Money
from aicost.core.refining import REFINED_BY_NONE, refinement, refiners_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import (
    a_bill,
    a_claim,
    a_grant,
    a_line,
    a_source,
    a_unit,
    a_workload,
    an_entry,
    between,
    dims,
    owned_by,
    ownership,
    usd,
)
from tests.support.tokens import LISTED

GW = Source("gw", "LiteLLM", "Refine", refines=frozenset({("openai", "key_gw")}))
REFINERS = {between(0, DAY).start: refiners_of((GW,))}
GRANTED = Source("gw", "LiteLLM", "Refine", (a_grant("rank", dimension="apiKey"),))
DECLARED = ownership(a_unit(), a_source(), GRANTED, a_workload("rank", usage=(a_claim(source="gw", apiKey="rank"),)))
ROW = BillRow(dims(project="shared", apiKey="key_gw", lineItem="m, output_tokens"), usd(600), 100, "tokens")


def of(*callers: tuple[str, int], row: BillRow = ROW) -> Entry:
    """The entry of a row of which a gateway saw these callers' output tokens."""
    usage = [
        UsageRow("gw", between(0, DAY), dims(apiKey=name, model="m"), Tokens(output=count)) for name, count in callers
    ]
    (entry,), _ = bill_entries([a_bill(row)], DECLARED, refinement=refinement(REFINERS, usage))
    return entry


def lines(entry: Entry) -> list[tuple[Owner, str, int, int]]:
    return [(line.owner, line.subject, line.amount.nanos if line.amount else 0, line.quantity) for line in entry.lines]


def test_callers_have_their_parts_and_the_rest_stays() -> None:
    """Of 100 tokens for 600: 70 of the claimed caller, 20 of one that nobody claims, 10 that the gateway did not see."""
    assert lines(of(("rank", 70), ("stranger", 20))) == [
        (owned_by("rank"), "apiKey rank, seen by gw", usd(420).nanos, 70),
        (UNCLAIMED, "apiKey stranger, seen by gw", usd(120).nanos, 20),
        (UNCLAIMED, "project shared", usd(60).nanos, 10),
    ]


def test_a_row_that_is_divided_is_calibrated() -> None:
    """The amount is the provider's, the division is measured; what is not divided stays billed."""
    assert of(("rank", 1)).origin.certainty is Certainty.CALIBRATED
    assert of().origin.certainty is Certainty.BILLED
    assert of().origin.key == of(("rank", 1)).origin.key


@given(
    st.integers(-(10**15), 10**15),
    st.integers(-(10**9), 10**9),
    st.dictionaries(st.sampled_from(["rank", "a", "b", "c"]), st.integers(1, 10**9), min_size=1),
)
def test_no_nano_unit_and_no_token_is_lost(nanos: int, billed: int, callers: dict[str, int]) -> None:
    """Credits of money or tokens too, however much more or less the gateway saw than was billed; no bystander pays for what was not seen."""
    row = BillRow(ROW.dimensions, Money(nanos, "USD"), billed, "tokens")
    entry = of(*callers.items(), row=row)
    assert sum(line.amount.nanos for line in entry.lines if line.amount) == nanos
    assert sum(line.quantity for line in entry.lines) == billed
    for line in entry.lines if billed > 0 else ():
        seen = callers.get(line.subject.removeprefix("apiKey ").partition(",")[0])
        if seen is not None and line.amount:
            assert abs(line.amount.nanos) <= abs(nanos) * seen // max(billed, sum(callers.values())) + 1


def test_what_was_seen_whole_leaves_no_line() -> None:
    """Two callers of all tokens have two lines, and of three the last is what nobody saw."""
    assert [line.quantity for line in of(("rank", 60), ("stranger", 40)).lines] == [60, 40]
    assert [line.quantity for line in of(("rank", 60), ("stranger", 30)).lines] == [60, 30, 10]


def test_what_a_caller_owned_of_a_closed_row_stays_his() -> None:
    """Whatever is claimed now."""
    usage = [UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="m"), Tokens(output=70))]
    kept = {(of().origin.key, "apiKey rank, seen by gw"): owned_by("before")}
    (entry,), _ = bill_entries([a_bill(ROW)], DECLARED, kept, refinement(REFINERS, usage))
    assert [line.owner for line in entry.lines] == [owned_by("before"), UNCLAIMED]


def test_labels_that_a_gateway_tells_later_change_no_closed_owner() -> None:
    """A caller whom it tells with a customer or feature by now is the one who was kept; beside him it is another one."""
    owner = owned_by("before")
    kept = {(of().origin.key, "apiKey rank, seen by gw"): owner}
    labelled = dims(apiKey="rank", customer="acme", feature="x", model="m")
    late = UsageRow("gw", between(0, DAY), labelled, Tokens(output=30))
    same = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="m"), Tokens(output=30))
    for usage, owners in (([late], [owner]), ([late, same], [owned_by("rank"), owner])):
        (entry,), _ = bill_entries([a_bill(ROW)], DECLARED, kept, refinement(REFINERS, usage))
        assert sorted(line.owner for line in entry.lines if line.owner != UNCLAIMED) == sorted(owners)


def test_of_several_callers_each_is_kept_by_his_own_name() -> None:
    """Wherever they stand among others: who is seen without a label is not the one whose label was told later."""
    kept = {(of().origin.key, "apiKey rank, user u, seen by gw"): owned_by("before")}
    named = [dims(apiKey="a"), dims(apiKey="rank", customer="acme", user="u"), dims(apiKey="rank", user="u")]
    usage = [UsageRow("gw", between(0, DAY), caller | dims(model="m"), Tokens(output=30)) for caller in named]
    (entry,), _ = bill_entries([a_bill(ROW)], DECLARED, kept, refinement(REFINERS, usage))
    owners = [line.owner for line in entry.lines]
    assert owners == [UNCLAIMED, owned_by("rank"), owned_by("before"), UNCLAIMED]


def test_a_row_that_names_no_line_divides_by_what_it_costs() -> None:
    """Its amount says how much of it is of priced tokens: a row of nothing is of nobody whom a gateway saw."""
    own = UsageRow("openai", between(0, DAY), dims(apiKey="key_gw", model="gpt-6-sol"), Tokens(input=1_000_000))
    seen = UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="gpt-6-sol"), Tokens(input=1_000_000))
    row = BillRow(dims(apiKey="key_gw"), usd(8))
    (entry,), _ = bill_entries([a_bill(row)], DECLARED, refinement=refinement(REFINERS, [own, seen], {own: LISTED}))
    assert lines(entry) == [
        (owned_by("rank"), "apiKey rank, seen by gw", usd(2).nanos, 0),
        (UNCLAIMED, "apiKey key_gw", usd(6).nanos, 0),
    ]


def test_a_closed_month_tells_who_divided_its_keys() -> None:
    """Of each day and key the source that saw its callers, whatever a caller is called; of an undivided row nobody."""
    divided, strange = of(("rank", 70)), of((", seen by x", 1))
    assert dimensions_of(divided.origin.key) == ROW.dimensions
    seen = a_line(UNCLAIMED, usd(1), subject="u, seen by l")
    keyless = an_entry("bill", "claude", "2026-11-02", "workspace=a=b", lines=(seen,))
    found = dividers((entry.origin.key, entry) for entry in (of(), divided, strange, keyless))
    assert found == {"2026-11-01": {("openai", "key_gw"): "gw"}, "2026-11-02": {("claude", ""): "l"}}
    assert dimensions_of(keyless.origin.key) == dims(workspace="a=b")
    assert dividers([(of().origin.key, of())]) == {}


def test_a_closed_month_divides_by_what_divided_it() -> None:
    """Day by day; a day that tells nobody takes who divided the key on another one, and what was counted stays."""
    old, new, other = ("openai", "old"), ("openai", "new"), ("openai", "other")
    days = [a_bill(day=day) for day in range(3)]
    told = {"2026-11-01": {old: "gw", new: "gw"}, "2026-11-03": {new: "gw-2", other: "gw"}}
    counted = replace(REFINED_BY_NONE, counted={("gw", days[0].day.start): ()})
    refined = as_refined(counted, days, told)
    assert refined.counted == counted.counted
    assert [refined.refiners[day.day.start] for day in days] == [
        {old: "gw", new: "gw", other: "gw"},
        {old: "gw", new: "gw-2", other: "gw"},
        {old: "gw", new: "gw-2", other: "gw"},
    ]


def test_only_a_quantity_of_tokens_counts_tokens() -> None:
    """Of a row that counts something else, or nothing, nobody says how many tokens it is of: it is not divided."""
    for quantity, unit in ((100, "requests"), (0, "tokens"), (0, "")):
        row = BillRow(ROW.dimensions, usd(600), quantity, unit)
        assert of(("rank", 70), row=row).origin.certainty is Certainty.BILLED


def test_callers_without_a_name_are_told_as_such() -> None:
    """And who contests a caller learns of which."""
    usage = [UsageRow("gw", between(0, DAY), dims(model="m"), Tokens(output=70))]
    (entry,), _ = bill_entries([a_bill(ROW)], DECLARED, refinement=refinement(REFINERS, usage))
    assert entry.lines[0].subject == "callers without a name, seen by gw"
    claim = (a_claim(source="gw", apiKey="rank"),)
    rivals = ownership(a_unit(), a_source(), GRANTED, a_workload("a", usage=claim), a_workload("b", usage=claim))
    usage = [UsageRow("gw", between(0, DAY), dims(apiKey="rank", model="m"), Tokens(output=70))]
    _, contests = bill_entries([a_bill(ROW)], rivals, refinement=refinement(REFINERS, usage))
    assert [contest.subject for contest in contests] == ["gw apiKey rank"]
