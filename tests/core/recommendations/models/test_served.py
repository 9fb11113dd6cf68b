"""What model servers served: of whom, in which hours, at what cost of a token."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.holdings import Holding
from aicost.core.identity import ObjectRef, PodIdentity, WorkloadRef
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.recommendations.advice import Lever, Obstacle, Refused
from aicost.core.recommendations.gpu.ladder import all_judged
from aicost.core.recommendations.models.asked import Asked
from aicost.core.recommendations.models.served import callable_by, served, told_of
from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.support.advising import ADVICE
from tests.support.gpu_cases import CORPUS, read, servers
from tests.support.model_corpus import START
from tests.support.model_servers import HOURS, LLM, WEEK, a_server

OWNERS = (ObjectRef("apps", "ReplicaSet", "llm-1"), ObjectRef("apps", "Deployment", "llm"))


def counted(pod: str, hour: int, tokens: int) -> PodTokens:
    over = Window(Instant(START + hour * HOUR), Instant(START + (hour + 1) * HOUR))
    return PodTokens("platform", pod, "gpt-oss-20b", over, Tokens(tokens, 0, 0, tokens, 1))


def test_pods_of_one_controller_are_one_server() -> None:
    """Its best hour is that of all its pods together; what others count is not its own."""
    held = [
        Holding(PodIdentity(name, "platform", name, owners=OWNERS), "n", "nvidia.com/gpu", 1, WEEK)
        for name in ("llm-1-a", "llm-1-b")
    ]
    told = [counted("llm-1-a", 0, 10), counted("llm-1-b", 0, 20), counted("llm-1-a", 30, 25), counted("other", 0, 99)]
    (found,) = served([a_server().server], held, told)
    assert (found.tokens, found.counted_hours, found.days) == (Tokens(55, 0, 0, 55, 3), 3, 2)
    assert found.peak_tokens == 60
    assert served([a_server().server], held, []) == ()


def test_requests_are_counted_by_day_of_pods_that_tell_of_aborted_ones() -> None:
    """Of all days, also of those before its replicas changed; a day without requests is none."""
    held = [Holding(PodIdentity("a", "platform", "a", owners=OWNERS), "n", "nvidia.com/gpu", 1, WEEK)]
    asked = [replace(counted("a", hour, 1), aborted=aborted) for hour, aborted in ((0, 1), (1, 0), (30, None), (49, 3))]
    idle = replace(counted("a", 73, 1), tokens=Tokens(), aborted=0)
    server = replace(a_server().server, replicas=(2,) * 48 + (1,) * (HOURS - 48))
    (found,) = served([server], held, [*asked, idle])
    first, third = (Window(Instant(START + day * DAY), Instant(START + (day + 1) * DAY)) for day in (0, 2))
    assert found.asked == ((first, Asked(1, 1)), (third, Asked(0, 3)))
    assert found.counted_hours == 2


def test_a_token_costs_what_the_server_costs_as_it_is_used() -> None:
    """Idle time included: half the tokens, twice the cost of each."""
    whole = a_server()
    assert whole.nanos_per_million == 3_000 * NANOS_PER_UNIT // 730
    half = replace(whole, tokens=Tokens(450_000 * HOURS, 0, 0, 50_000 * HOURS, 250 * HOURS))
    assert half.nanos_per_million == 6_000 * NANOS_PER_UNIT // 730
    assert replace(whole, tokens=Tokens()).nanos_per_million == 0


def test_hours_are_held_against_those_in_which_it_ran() -> None:
    """Two replicas of which one is scraped tell half."""
    found = a_server()
    assert found.counted_percent == 100
    assert replace(found, server=replace(found.server, replicas=(2,) * HOURS)).counted_percent == 50
    assert replace(found, server=replace(found.server, replicas=())).counted_percent == 0


def test_nobody_is_sent_to_a_server_that_he_may_not_call() -> None:
    """Only to one of his own namespace, or one whose meter he claims; never to himself."""
    own, chat, near = a_server(), WorkloadRef("support", "chat"), WorkloadRef("platform", "app")
    assert callable_by([own], chat, frozenset()) == ()
    assert callable_by([own], chat, frozenset({LLM})) == (own,)
    assert callable_by([own], near, frozenset()) == (own,)
    assert callable_by([own], LLM, frozenset({LLM})) == ()


def test_a_server_is_told_of_by_other_advice_about_it() -> None:
    """By its workload and its object: advice about a namesake, and refusals, say nothing of it."""
    own, target = a_server(), a_server().server.target
    advice = replace(ADVICE, target=target)
    refused = Refused(Lever.USE_API, target, Obstacle.UNPRICED, "nobody knows", ADVICE.evidence)
    (found,) = told_of([own], [(LLM, advice)])
    assert (found.leaves, found.takes_over) == (True, False)
    assert told_of([own], [(WorkloadRef("other", "llm"), advice), (LLM, refused), (LLM, ADVICE)]) == (own,)


def test_a_server_that_takes_over_is_the_one_that_a_consolidation_names() -> None:
    """The one that goes is to be stopped, the one that stays carries its calls."""
    cases = servers(read(CORPUS / "two-servers-of-one-model.yaml"))
    both = [replace(a_server(), server=each) for each in cases]
    found = {str(each.server.target): (each.leaves, each.takes_over) for each in told_of(both, all_judged(cases))}
    assert sorted(found.values()) == [(False, True), (True, False)]


def test_hours_that_nobody_counted_are_as_those_that_somebody_did() -> None:
    """By pods: of two replicas one was counted."""
    found = a_server()
    assert found.uncounted == 1
    assert replace(found, server=replace(found.server, replicas=(2,) * HOURS)).uncounted == 2
    assert replace(found, counted_hours=0).uncounted == 1


def test_a_server_is_told_of_since_what_it_runs_changed() -> None:
    """Ten replicas until yesterday and three since: their cost, and what these served, whoever else was counted before."""
    held = [Holding(PodIdentity("a", "platform", "llm-1-a", owners=OWNERS), "n", "nvidia.com/gpu", 1, WEEK)]
    before, told = a_server().server, [counted("llm-1-a", 0, 10), counted("llm-1-a", HOURS - 24, 20)]
    changed = replace(before, replicas=(10,) * (HOURS - 24) + (3,) * 24)
    (found,) = served([changed], held, told)
    assert (found.tokens.input, found.days, found.server.window.end) == (20, 1, before.window.end)
    assert found.server.part.monthly_nanos == before.part.monthly_nanos * 3 * 7 // (10 * 6 + 3)
    assert served([changed], held, told[:1]) == ()
