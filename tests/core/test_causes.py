"""What token cost was for: each customer and model once, and rankings that sum to the whole."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aicost.core.bills import BillDay, bill_entries
from aicost.core.causes import MOST, Sides, Top, causes, ranked, together, top, tops
from aicost.core.declarations import Dimensions, Source
from aicost.core.identity import WorkloadRef
from aicost.core.refining import refinement, refiners_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY
from tests.support.builders import (
    a_bill,
    a_claim,
    a_grant,
    a_row,
    a_source,
    a_unit,
    a_workload,
    between,
    dims,
    ownership,
    usd,
)

CHAT = WorkloadRef("support", "chat")
CARE = ownership(
    a_unit(),
    a_source(a_grant("w", dimension="workspace")),
    a_workload(usage=(a_claim(workspace="w"),)),
)
ROWS = (
    a_row(usd(700), workspace="w", customer="acme", model="claude-opus-5-5", lineItem="output_tokens"),
    a_row(usd(400), workspace="w", customer="globex", model="claude-opus-5-5", lineItem="output_tokens"),
    a_row(usd(1400), workspace="w", lineItem="gpt-6-sol, input_tokens"),
    a_row(usd(9), workspace="another", customer="acme", model="m"),
)


def test_customers_and_models_of_a_workload() -> None:
    """By the rows that it owns; a row that names nobody is left to what is undeclared."""
    found = causes(bill_entries([a_bill(*ROWS)], CARE)[0], "USD")
    assert found.named[CHAT] == {
        "customer": {"acme": usd(700).nanos, "globex": usd(400).nanos},
        "model": {"claude-opus-5-5": usd(1100).nanos, "gpt-6-sol": usd(1400).nanos},
    }
    assert causes(bill_entries([a_bill(*ROWS)], CARE)[0], "EUR").named == {}


SHARED = a_row(usd(100), 100, workspace="w", apiKey="key_gw", lineItem="m, output_tokens", customer="of the bill")
GW = Source("gw", "LiteLLM", "Refine", (a_grant("p", dimension="project"),), refines=frozenset({("openai", "key_gw")}))
OF_GW = ownership(a_unit(), a_source(), GW, a_workload(usage=(a_claim("gw", project="p"),)))


def through_gateway(*callers: Dimensions) -> Sides:
    """The customers and features of the chat, of each of whose callers a gateway saw ten of a hundred tokens."""
    usage = [UsageRow("gw", between(0, DAY), of | dims(project="p", model="m"), Tokens(output=10)) for of in callers]
    seen = refinement({between(0, DAY).start: refiners_of((GW,))}, usage)
    bill = BillDay("openai", "openai", between(0, DAY), (replace(SHARED, unit="tokens"),))
    return causes(bill_entries([bill], OF_GW, refinement=seen)[0], "USD").named[CHAT]


def test_customers_whom_a_gateway_names() -> None:
    """They are the callers' own, which the bill's row does not know; of a caller without one it is the row's."""
    named = dims(customer="acme"), dims(customer="globex, inc.", apiKey="rank", user="ann"), dims(apiKey="rank")
    assert through_gateway(*named)["customer"] == {
        "acme": usd(10).nanos,
        "globex, inc.": usd(10).nanos,
        "of the bill": usd(10).nanos,
    }


@given(
    st.text(st.sampled_from("ab ,:=/|\"'\\\n é😀"), min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(("apiKey", "user", "workspace")), st.just("x")),
)
def test_a_customer_is_told_by_any_name(name: str, more: dict[str, str]) -> None:
    """Whatever is in it, and whatever else the gateway tells of the caller."""
    told = through_gateway(dims(customer=name, **more))
    assert told == {"customer": {name: usd(10).nanos}, "model": {"m": usd(10).nanos}}


@given(
    st.text(st.sampled_from("ab ,:=/|\"'\\\n é😀"), min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(("apiKey", "customer", "user")), st.just("x")),
)
def test_a_feature_is_told_by_any_name(name: str, more: dict[str, str]) -> None:
    """What the calls were for, beside whom, and whatever else the gateway tells of the caller."""
    told = through_gateway(dims(feature=name, **more))
    assert told["feature"] == {name: usd(10).nanos}
    assert set(told["customer"]) == {more.get("customer", "of the bill")}


def test_a_project_is_no_caller() -> None:
    """A line that no gateway saw has the customer of its row."""
    bill = a_bill(a_row(usd(1), workspace="w", project="p, customer acme", customer="globex"))
    assert causes(bill_entries([bill], CARE)[0], "USD").named[CHAT]["customer"] == {"globex": usd(1).nanos}


def test_what_names_nobody_is_a_row() -> None:
    """The design's chat: acme 700, globex 400, undeclared 1,400."""
    assert ranked({"globex": 400, "acme": 700}, 2500) == (("acme", 700), ("globex", 400), ("undeclared", 1400))


def test_a_declared_default_takes_what_names_nobody() -> None:
    """The workload's own customer, also where usage names him, too."""
    assert ranked({"acme": 700}, 1000, "initech") == (("acme", 700), ("initech", 300))
    assert ranked({"acme": 700, "globex": 1}, 1000, "acme") == (("acme", 999), ("globex", 1))


def test_a_workload_is_told_all_three() -> None:
    """Each sums to its token cost; what names no feature is the declared one's, as what names no customer is."""
    found = causes(bill_entries([a_bill(*ROWS)], CARE)[0], "USD")
    chat = replace(a_workload(), feature="replies")
    told = top(found, chat, usd(2500).nanos)
    assert told is not None
    assert told.customers[-1] == ("undeclared", usd(1400).nanos)
    assert told.features == (("replies", usd(2500).nanos),)
    named = causes(bill_entries([a_bill(a_row(usd(7), workspace="w", feature="search"))], CARE)[0], "USD")
    assert top(named, chat, usd(9).nanos) == Top(
        customers=(("undeclared", usd(9).nanos),),
        features=(("search", usd(7).nanos), ("replies", usd(2).nanos)),
        models=(("undeclared", usd(9).nanos),),
    )
    assert sum(nanos for _, nanos in told.models) == usd(2500).nanos
    assert top(found, a_workload("other"), 0) is None


def test_causes_of_days_are_those_of_the_month() -> None:
    """However the month is cut; what has no name, too."""
    entries = bill_entries([a_bill(*ROWS)], CARE)[0]
    for cut in range(len(entries) + 1):
        parts = [causes(of, "USD") for of in (entries[:cut], entries[cut:])]
        assert together(parts, "USD") == causes(entries, "USD")


def test_a_unit_is_told_of_its_workloads() -> None:
    """Each of the three sums to the unit's token cost; what names nobody is what the workload declares."""
    found = causes(bill_entries([a_bill(*ROWS)], CARE)[0], "USD")
    chat = replace(a_workload(), customer="initech", feature="replies")
    tokens = {"care": usd(2500).nanos, "other": usd(9).nanos}
    assert tops(found, (chat,), tokens) == {
        "care": Top(
            customers=(("initech", usd(1400).nanos), ("acme", usd(700).nanos), ("globex", usd(400).nanos)),
            features=(("replies", usd(2500).nanos),),
            models=(("gpt-6-sol", usd(1400).nanos), ("claude-opus-5-5", usd(1100).nanos)),
        )
    }
    gone = tops(found, (), {"care": usd(2501).nanos})["care"]
    assert gone.features == (("undeclared", usd(2501).nanos),)
    assert gone.customers[-1] == ("undeclared", usd(1401).nanos)


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(-(10**12), 10**12), max_size=30),
    st.integers(-(10**12), 10**12),
    st.sampled_from(["undeclared", "a"]),
)
def test_rankings_are_bounded_and_sum_to_the_whole(named: dict[str, int], total: int, default: str) -> None:
    """Ten at most and two rows more, whatever there is."""
    rows = ranked(named, total, default)
    assert sum(nanos for _, nanos in rows) == total
    assert len(rows) <= MOST + 2
