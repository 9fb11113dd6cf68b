"""Who called a model server, out of the readings of its series: whose they are, in whole microseconds and tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicost.core.declarations import Series
from aicost.core.identity import labels
from aicost.core.usage import CallerUse, Served
from aicost.core.window import Instant, Window
from aicost.ports import Malformed
from aicost.sources.callers import metered
from aicost.sources.counters import Readings
from aicost.sources.presets import PRESETS
from aicost.sources.prometheus_answers import Sample
from tests.support.builders import T0, dims
from tests.support.metering import METERED, a_meter

HOUR = Window(T0, Instant(T0 + 3600))
METER = replace(a_meter(), series=Series("vLLM", labels({"namespace": "platform"}), dims(customer="tenant_id")))
VLLM = replace(PRESETS["vLLM"], labels={})
SGLANG = PRESETS["SGLang"]


def readings(*series: tuple[float, dict[str, str]]) -> Readings:
    """Series that counted so much in the hour, from another value on."""
    common = {"namespace": "platform", "pod": "llm-0", "instance": "llm-0:8000", "model_name": "llama", "engine": "0"}
    last = [
        Sample({**common, **own}, Instant(T0 + at), 7 + count)
        for value, own in series
        for at, count in ((0, 0.0), (3600, value))
    ]
    return Readings(tuple(last), tuple(Sample(each.labels, HOUR.end, 7) for each in last if each.at == HOUR.end))


def uses(**read: Readings) -> list[CallerUse]:
    return list(metered(METER, VLLM, read, HOUR))


def test_callers_have_their_time_and_tokens() -> None:
    """Seconds become microseconds; a series without the label is of a caller whom nobody names."""
    found = uses(
        prefill=readings((0.25, {"tenant_id": "acme"})),
        decode=readings((3.5, {"tenant_id": "acme"}), (1.0, {})),
        output=readings((90, {"tenant_id": "acme"})),
    )
    assert found == [
        CallerUse(METERED, HOUR, frozenset(), Served(decode=1_000_000)),
        CallerUse(METERED, HOUR, dims(customer="acme"), Served(prefill=250_000, decode=3_500_000, output=90)),
    ]


def test_only_the_series_that_are_the_meter_s_count() -> None:
    """Whoever is scraped elsewhere and writes the same names and callers moves nothing."""
    forged = readings((10**6, {"tenant_id": "acme", "namespace": "mallory"}))
    assert uses(decode=forged) == []


def test_replicas_add_up_and_a_series_scraped_twice_does_not() -> None:
    """Pods and engines count apart; labels that a second Prometheus adds do not."""
    found = uses(
        decode=readings(
            (1, {"tenant_id": "acme"}),
            (2, {"tenant_id": "acme", "pod": "llm-1"}),
            (4, {"tenant_id": "acme", "engine": "1"}),
            (1, {"tenant_id": "acme", "prometheus": "b"}),
        )
    )
    assert [use.served.decode for use in found] == [7_000_000]


def test_an_hour_in_which_nobody_called_is_told() -> None:
    """Series that stand still say that nobody called; series that are not there say nothing."""
    assert uses(decode=readings((0, {"tenant_id": "acme"}))) == [CallerUse(METERED, HOUR, frozenset(), Served())]
    assert uses(decode=Readings()) == []


def test_more_than_can_be_is_refused() -> None:
    """A count that no server reaches in an hour is malformed, not money."""
    with pytest.raises(Malformed, match="preset vLLM counts more in an hour than can be"):
        uses(output=readings((1e18, {"tenant_id": "acme"})))


def test_a_source_that_meters_nothing_has_no_use() -> None:
    """Nothing is read for it."""
    assert list(metered(replace(METER, series=None), VLLM, {"decode": readings((1, {}))}, HOUR)) == []


def test_labels_that_an_operator_chose_tell_callers_apart() -> None:
    """SGLang shows custom labels: a team's counts of several customers add up, its scrape by two Prometheus does not."""
    meter = replace(METER, series=Series("SGLang", labels({"namespace": "platform"}), dims(team="team")))
    series = (
        (1, {"team": "red", "customer": "acme"}),
        (2, {"team": "red", "customer": "globex"}),
        (2, {"team": "red", "customer": "globex", "prometheus_replica": "b", "job": "other"}),
    )
    (use,) = metered(meter, replace(SGLANG, labels={}), {"output": readings(*series)}, HOUR)
    assert use.served.output == 3
