"""Token counts out of counters' readings."""

from __future__ import annotations

from aicost.core.usage import PodTokens, Tokens
from aicost.core.window import Instant, Window
from aicost.sources.counters import Readings
from aicost.sources.model_servers import COUNTERS, counted
from aicost.sources.prometheus_answers import Sample

START = Instant(1793491200)
HOURS = Window(START, Instant(START + 7200))


def a_reading(hour: int, value: float, **labels: str) -> Sample:
    """A reading at the end of hour `hour`; hour 0 is the one before the window."""
    own = {"namespace": "platform", "pod": "llm-0", "model_name": "llama", "engine": "0"}
    return Sample({**own, **labels}, Instant(START + 3600 * hour), value)


def inputs(readings: Readings) -> list[int]:
    return [tokens.tokens.input for tokens in counted({"input": readings}, HOURS)]


def test_an_hour_s_count_is_the_difference_of_last_values() -> None:
    """Counts are whole, of each hour, and nothing is extrapolated."""
    last = (a_reading(0, 1000), a_reading(1, 1400), a_reading(2, 1400))
    lowest = (a_reading(1, 1010), a_reading(2, 1400))
    assert list(counted({"input": Readings(last, lowest)}, HOURS)) == [
        PodTokens("platform", "llm-0", "llama", Window(START, Instant(START + 3600)), Tokens(input=400)),
        PodTokens("platform", "llm-0", "llama", Window(Instant(START + 3600), HOURS.end), Tokens(input=0)),
    ]


def test_a_counter_s_lifetime_is_never_charged_to_an_hour() -> None:
    """Where the hour before has no sample, counting starts at the hour's own first value."""
    assert inputs(Readings(last=(a_reading(1, 9_000_500),), lowest=(a_reading(1, 9_000_000),))) == [500]


def test_a_restart_within_an_hour_takes_prometheus_increase() -> None:
    """The counter began again and climbed past its old value: a plain difference would lose the first part."""
    last = (a_reading(0, 1000), a_reading(1, 1500))
    assert inputs(Readings(last, (a_reading(1, 0),), restarted=(a_reading(1, 1799.6),))) == [1800]


def test_a_restart_between_two_hours_counts_from_zero() -> None:
    """The hour's lowest value is below the hour before's last: everything was counted since the restart."""
    assert inputs(Readings((a_reading(0, 1000), a_reading(1, 1500)), (a_reading(1, 20),))) == [1500]


def test_what_vllm_counts_apart_is_added_and_what_is_scraped_twice_is_not() -> None:
    """Engines and finish reasons add up; the same series from a second Prometheus does not."""
    last = tuple(
        a_reading(hour, hour * count, finished_reason=reason, prometheus=replica)
        for hour in (0, 1)
        for reason, count in (("stop", 90), ("length", 10))
        for replica in ("a", "b")
    )
    (tokens,) = counted({"requests": Readings(last)}, HOURS)
    assert tokens.tokens == Tokens(requests=100)


def test_what_is_aborted_is_told_apart_where_a_server_tells() -> None:
    """Among its requests; none where the server could tell and shows no such series yet, and nothing where it cannot."""
    asked = Readings((a_reading(0, 0), a_reading(1, 100)))
    left = Readings(tuple(a_reading(hour, hour * 7, finished_reason="abort") for hour in (0, 1)))
    told, silent = (list(counted(read, HOURS)) for read in ({"requests": asked, "aborted": left}, {"requests": asked}))
    assert [(of.tokens, of.aborted) for of in told] == [(Tokens(requests=100), 7)]
    assert [of.aborted for of in silent] == [0]
    (uncounted,) = counted({"input": asked}, HOURS)
    assert uncounted.aborted is None
    rank = next(rank for rank, (_, selector) in enumerate(COUNTERS["requests"]) if selector.startswith("tgi"))
    of_tgi = Readings(tuple(a_reading(hour, hour * 9, aicost_rank=f"{rank:02}") for hour in (0, 1)))
    assert [of.aborted for of in counted({"requests": of_tgi}, HOURS)] == [None]


def test_a_scrape_that_names_no_pod_is_nobody_s() -> None:
    """Without namespace and pod nobody could be told what was served."""
    assert inputs(Readings((a_reading(0, 1, pod=""), a_reading(1, 5, pod="")))) == []
