"""From bill lines and counted usage to the evidence of levers: nobody's request is counted twice or for somebody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest

from aicost.core.bills import BillDay, BillRow, bill_entries
from aicost.core.declarations import Declarations, Grant, SetBy, Source, Unit, UsageClaim, Workload
from aicost.core.exchange import Exchange
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.money import Money
from aicost.core.ownership import Ownership
from aicost.core.prices import ExchangeRate
from aicost.core.recommendations.models.gathered import Books, model_usages
from aicost.core.recommendations.models.sampled import Sampled, Stratum
from aicost.core.recommendations.models.usage import ModelUsage, Setting, Sizes
from aicost.core.refining import refinement, refiners_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Instant, Window
from tests.support.builders import at, dims

CHAT, RANK = WorkloadRef("support", "chat"), WorkloadRef("search", "rank")
WINDOW = Window(at(0), at(7 * DAY))
DAY_0 = Window(at(0), at(DAY))
KEY = "key_shared"
BILL = Source("openai", "OpenAI", "Bill", (Grant("project", "p", frozenset({"support"})),))
GATEWAY = Source(
    "gateway",
    "LiteLLM",
    "Refine",
    (Grant("apiKey", "rank", frozenset({"search"})),),
    refines=frozenset({("openai", KEY)}),
)
OF_BILL = UsageClaim("openai", dims(project="p"))
OF_GATEWAY = UsageClaim("gateway", dims(apiKey="rank"))


def workloads(**declared: object) -> tuple[Workload, ...]:
    """Chat claims the project of the bill, rank what the gateway saw of its key."""
    chat = Workload(CHAT, "care", at(0), usage=(OF_BILL,), **declared)  # type: ignore[arg-type] # fields by name
    return chat, Workload(RANK, "find", at(0), usage=(OF_GATEWAY,))


def counted(tokens: Tokens, source: str = "openai", **dimensions: str) -> UsageRow:
    """What a source counted on the first day."""
    return UsageRow(source, DAY_0, dims(**dimensions), tokens)


def gathered(
    rows: Iterable[BillRow],
    usage: Iterable[UsageRow],
    *,
    exchange: Exchange | None = None,
    of: tuple[Workload, ...] = (),
    targets: dict[WorkloadRef, ObjectRef] | None = None,
    sources: tuple[Source, ...] = (BILL, GATEWAY),
    window: Window = WINDOW,
) -> dict[tuple[str, str, str], ModelUsage]:
    """By workload, source and model."""
    told = tuple(usage)
    units = (Unit("care", namespaces=frozenset({"support"})), Unit("find", namespaces=frozenset({"search"})))
    declared = Declarations(of or workloads(), units, sources)
    ownership, refiners = Ownership.always(declared), refiners_of(sources)
    bill = BillDay("openai", "openai", DAY_0, tuple(rows))
    entries = bill_entries((bill,), ownership, refinement=refinement({DAY_0.start: refiners}, told))[0]
    books = Books(
        window=window,
        entries=entries,
        usage=told,
        ownership=ownership,
        sources={source.name: source for source in sources},
        refiners=lambda _: refiners,
        provider_of=lambda model: ("openai", model.removeprefix("openai/")),
        exchange=exchange or Exchange("USD"),
    )
    found = model_usages(books, declared.workloads, targets or {})
    return {(ref.name, usage.source, usage.model): usage for ref, usage in found}


def billed(nanos: int, currency: str = "USD", **dimensions: str) -> BillRow:
    """A row of a bill for a million tokens."""
    return BillRow(dims(**dimensions), Money(nanos, currency), 1_000_000, "tokens")


INPUT = {"project": "p", "apiKey": "k", "lineItem": "gpt-6-sol, input_tokens"}


def test_what_was_counted_meets_what_was_billed() -> None:
    """By workload, source and model without its date; searches are paid by no token, and other models are others."""
    usage = [
        counted(Tokens(900, 100, 0, 50, 3), project="p", apiKey="k", model="gpt-6-sol-2026-09-01"),
        counted(Tokens(100, 0, 0, 50, 3), project="p", apiKey="k", model="gpt-6-sol", batch="true"),
        counted(Tokens(100, 0, 0, 50, 3), project="other", model="gpt-6-sol"),
        counted(Tokens(100, 0, 0, 50, 3), project="p", model="gpt-6-luna"),
    ]
    rows = [
        billed(700, **INPUT),
        billed(300, **{**INPUT, "lineItem": "gpt-6-sol-2026-09-01, output_tokens"}),
        billed(5_000, **{**INPUT, "lineItem": "gpt-6-sol, web_search"}),
        billed(9_000, project="other", lineItem="gpt-6-sol, input_tokens"),
    ]
    found = gathered(rows, usage)
    assert found.keys() == {("chat", "openai", "gpt-6-sol"), ("chat", "openai", "gpt-6-luna")}
    sol = found["chat", "openai", "gpt-6-sol"]
    assert (sol.billed_nanos, sol.provider, sol.tokens) == (1_000, "openai", Tokens(1_000, 100, 0, 100, 6))
    assert {each.manner for each in sol.used} == {frozenset(), frozenset({("batch", "true")})}
    assert found["chat", "openai", "gpt-6-luna"].billed_nanos == 0


def test_what_a_gateway_saw_counts_for_whom_it_saw_and_once() -> None:
    """Chat owns the shared key, the gateway saw rank use six tenths of it: money and tokens divide alike."""
    shared = {"project": "p", "apiKey": KEY}
    usage = [
        counted(Tokens(1_000, 0, 0, 500, 10), **shared, model="gpt-6-sol"),
        counted(Tokens(600, 0, 0, 300, 6), "gateway", apiKey="rank", model="openai/gpt-6-sol"),
    ]
    row = billed(1_000, **shared, lineItem="gpt-6-sol, output_tokens")
    found = gathered([BillRow(row.dimensions, row.amount, 500, "tokens")], usage)
    chat, rank = found["chat", "openai", "gpt-6-sol"], found["rank", "openai", "gpt-6-sol"]
    assert (rank.billed_nanos, rank.tokens) == (600, Tokens(600, 0, 0, 300, 6))
    assert (chat.billed_nanos, chat.tokens) == (400, Tokens(400, 0, 0, 200, 4))
    assert (rank.named, chat.named) == ("openai/gpt-6-sol", "gpt-6-sol")


TRACES = Source(
    "traces",
    "Langfuse",
    "Refine",
    (Grant("project", "rank", frozenset({"search"})),),
    refines=GATEWAY.refines,
    created=at(DAY),
)
OF_TRACES = UsageClaim("traces", dims(project="rank"))


@pytest.mark.parametrize("elder", [GATEWAY, replace(GATEWAY, created=at(2 * DAY))], ids=["the proxy", "the traces"])
def test_of_two_gateways_that_see_one_key_the_elder_counts(elder: Source) -> None:
    """As for money: else requests and samples count twice, and who shares the key has none left."""
    shared = {"project": "p", "apiKey": KEY}
    looked = frozenset(LOOKED)
    of = (workloads()[0], Workload(RANK, "find", at(0), usage=(OF_GATEWAY, OF_TRACES)))
    usage = [
        counted(Tokens(1_000, 0, 0, 500, 10), **shared, model="gpt-6-sol"),
        replace(counted(Tokens(600, 0, 0, 300, 6), "gateway", apiKey="rank", model="gpt-6-sol"), measured=looked),
        replace(counted(Tokens(600, 0, 0, 300, 6), "traces", project="rank", model="gpt-6-sol"), measured=looked),
    ]
    kind, name = ("LiteLLM", "gateway") if elder == GATEWAY else ("Langfuse", "traces")
    for told in (usage, usage[::-1]):
        found = gathered([], told, of=of, sources=(BILL, TRACES, elder))
        chat, rank = found["chat", "openai", "gpt-6-sol"], found["rank", "openai", "gpt-6-sol"]
        assert (chat.tokens, rank.tokens) == (Tokens(400, 0, 0, 200, 4), Tokens(600, 0, 0, 300, 6))
        assert rank.sampled == Sampled(6, ((DAY_0, Stratum(6, 4, 40, 20, 900, 110)),), (name,))
        assert rank.gateway == kind


def test_the_gateway_is_the_same_whichever_told_last() -> None:
    """Of gateways of different keys the one that has a configuration, so that what is advised does not change by the day."""
    traces = replace(TRACES, refines=frozenset({("openai", "key_other")}))
    of = (Workload(RANK, "find", at(0), usage=(OF_GATEWAY, OF_TRACES)),)
    proxied = counted(Tokens(600, 0, 0, 300, 6), "gateway", apiKey="rank", model="gpt-6-sol")
    traced = counted(Tokens(60, 0, 0, 30, 2), "traces", project="rank", model="gpt-6-sol")
    for usage in ([proxied, traced], [proxied, replace(traced, day=Window(at(DAY), at(2 * DAY)))]):
        rank = gathered([], usage, of=of, sources=(BILL, GATEWAY, traces))["rank", "openai", "gpt-6-sol"]
        assert (rank.gateway, rank.tokens.requests) == ("LiteLLM", 8)


def test_sizes_are_those_that_a_gateway_tells_of_both_ways() -> None:
    """With the kind of gateway; a histogram of prompts alone says nothing of what is short in both."""
    row = counted(Tokens(600, 0, 0, 300, 6), "gateway", apiKey="rank", model="openai/gpt-6-sol")
    both, one = frozenset({("shortPrompts", 5), ("shortAnswers", 4)}), frozenset({("shortPrompts", 5)})
    found = [gathered([], [replace(row, measured=of)])["rank", "openai", "gpt-6-sol"] for of in (both, one)]
    assert [each.gateway for each in found] == ["LiteLLM", "LiteLLM"]
    assert [each.sizes for each in found] == [Sizes(6, 5, 4), None]


LOOKED = {
    *(("sampledRequests", 4), ("sampledStandsFor", 40), ("sampledShort", 20)),
    *(("sampledShortInput", 900), ("sampledShortOutput", 110)),
}


def test_requests_that_were_looked_at_are_those_of_whoever_owns_the_row() -> None:
    """By day, with the source that tells of them; a row of the bill, or of nobody, is no part of it."""
    row = counted(Tokens(600, 0, 0, 300, 6), "gateway", apiKey="rank", model="openai/gpt-6-sol")
    unseen = counted(Tokens(900, 0, 0, 90, 9), "gateway", apiKey="rank", model="gpt-6-sol", customer="acme")
    nobodys = counted(Tokens(900, 0, 0, 90, 9), "gateway", apiKey="other", model="gpt-6-sol")
    told = [replace(each, measured=frozenset(LOOKED)) for each in (row, nobodys)]
    found = gathered([], [*told, unseen])
    assert found["rank", "openai", "gpt-6-sol"].sampled == Sampled(
        15, ((DAY_0, Stratum(15, 4, 40, 20, 900, 110)),), ("gateway",)
    )
    assert len(found) == 1
    assert gathered([], [unseen])["rank", "openai", "gpt-6-sol"].sampled is None


def test_only_the_last_days_of_a_window_have_requests_that_were_looked_at() -> None:
    """So that a restart, after which no earlier ones are asked for, changes no advice."""
    row = replace(
        counted(Tokens(600, requests=6), "gateway", apiKey="rank", model="gpt-6-sol"), measured=frozenset(LOOKED)
    )
    for days, told in ((8, True), (9, False)):
        usage = gathered([], [row], window=Window(at(0), at(days * DAY)))["rank", "openai", "gpt-6-sol"]
        assert (usage.sampled is not None) is told


def test_a_model_of_a_strange_name_has_no_advice() -> None:
    """A gateway tells what its callers say: nobody's text becomes a recommendation."""
    names = ("gpt-6-sol\n| a | b |", "<script>", "", "x" * 129, "gpt-6 sol", "gpt-6-s\u043el")
    assert not gathered([], [counted(Tokens(900, requests=3), project="p", model=name) for name in names])


def test_amounts_are_told_in_one_currency_or_not_at_all() -> None:
    """At the day's rate; without one nobody knows what it cost."""
    usage = [counted(Tokens(900, requests=3), project="p", apiKey="k", model="gpt-6-sol")]
    rates = Exchange("USD", (ExchangeRate("EUR", Instant(0), 2_000_000_000),))
    for exchange, expected in ((rates, (2_000, False)), (Exchange("USD"), (0, True))):
        sol = gathered([billed(1_000, "EUR", **INPUT)], usage, exchange=exchange)["chat", "openai", "gpt-6-sol"]
        assert (sol.billed_nanos, sol.unpriced) == expected


def test_who_speaks_is_known_by_model() -> None:
    """Whoever counted it; images and searches are no speech."""
    text, audio = (counted(Tokens(900, requests=3), project="p", model=model) for model in ("gpt-6-luna", "gpt-6-sol"))
    told = (
        replace(text, measured=frozenset({("imageInputTokens", 5), ("webSearchCalls", 2)})),
        replace(audio, measured=frozenset({("audioOutputTokens", 5)})),
        audio,
    )
    assert {of[2]: usage.spoken for of, usage in gathered([], told).items()} == {"gpt-6-luna": False, "gpt-6-sol": True}


def test_a_patch_needs_a_place_that_can_be_of_one_model_only() -> None:
    """Of several models a workload says which one its variable names; without that none is advised with a patch."""
    usage = [counted(Tokens(900, requests=3), project="p", model=model) for model in ("gpt-6-sol", "gpt-6-luna")]
    running = {CHAT: ObjectRef("apps", "Deployment", "chat")}
    places = {
        (len(told), model): {name[2]: each.setting for name, each in gathered([], told, of=of, targets=running).items()}
        for told in (usage[:1], usage)
        for model in ("", "gpt-6-luna")
        for of in (workloads(set_by=SetBy("app", "MODEL", model)),)
    }
    set_, none = Setting("app", "MODEL"), None
    assert places == {
        (1, ""): {"gpt-6-sol": set_},
        (1, "gpt-6-luna"): {"gpt-6-sol": none},
        (2, ""): {"gpt-6-luna": none, "gpt-6-sol": none},
        (2, "gpt-6-luna"): {"gpt-6-luna": set_, "gpt-6-sol": none},
    }
    nowhere = gathered([], usage[:1], of=workloads(set_by=SetBy("app", "MODEL")))["chat", "openai", "gpt-6-sol"]
    assert (nowhere.target.object_ref.name, nowhere.setting) == ("openai", None)


def test_a_name_stays_when_another_model_is_called_too_or_no_pod_is_seen() -> None:
    """Else what was silenced by it would be told again; a model of two sources is of the one or the other."""
    usage = [
        counted(Tokens(900, requests=3), project="p", model="gpt-6-sol"),
        counted(Tokens(1, requests=1), project="p", model="gpt-6-luna"),
    ]
    of, running = workloads(set_by=SetBy("app", "MODEL")), {CHAT: ObjectRef("apps", "Deployment", "chat")}
    for told, seen in ((usage[:1], running), (usage, running), (usage, {})):
        sol = gathered([], told, of=of, targets=seen)["chat", "openai", "gpt-6-sol"]
        assert str(sol.target) == "aiworkload-chat-app-gpt-6-sol"
    chat = replace(of[0], usage=(OF_BILL, UsageClaim("other", dims(project="p"))))
    twice = (usage[0], counted(Tokens(5, requests=1), "other", project="p", model="gpt-6-sol"))
    found = gathered([], twice, of=(chat,), targets=running, sources=(BILL, replace(BILL, name="other")))
    targets = sorted(str(each.target) for each in found.values())
    assert targets == ["usagesource-openai-gpt-6-sol", "usagesource-other-gpt-6-sol"]


def test_what_is_kept_for_an_hour_stays_so_where_a_gateway_saw_the_rest() -> None:
    """Writing for longer costs more: dropped, it would look cheaper."""
    shared = {"project": "p", "apiKey": KEY}
    usage = [
        counted(Tokens(1_000, 0, 600, 500, 10, 400), **shared, model="gpt-6-sol"),
        counted(Tokens(300, 0, 200, 100, 4, 100), "gateway", apiKey="rank", model="openai/gpt-6-sol"),
    ]
    assert gathered([], usage)["chat", "openai", "gpt-6-sol"].tokens == Tokens(700, 0, 400, 400, 6, 300)


def test_evidence_is_no_more_than_what_was_billed_and_counted() -> None:
    """Over all workloads together."""
    shared = {"project": "p", "apiKey": KEY}
    usage = [
        counted(Tokens(1_000, 400, 0, 500, 10), **shared, model="gpt-6-sol"),
        counted(Tokens(900, 0, 0, 700, 12), "gateway", apiKey="rank", model="openai/gpt-6-sol"),
    ]
    row = BillRow(dims(**shared, lineItem="gpt-6-sol, output_tokens"), Money(1_000, "USD"), 500, "tokens")
    found = gathered([row], usage)
    assert sum(each.billed_nanos for each in found.values()) <= 1_000
    for each in found.values():
        assert each.tokens.cached_input + each.tokens.cache_write <= each.tokens.input
        assert each.part.monthly_nanos == int(each.billed_nanos * Fraction(730, 7 * 24))
