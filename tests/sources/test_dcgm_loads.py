"""What a card did in an hour, out of answers to one query for each number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from aicost.core.loads import CardLoad
from aicost.core.window import Instant, Window
from aicost.sources.dcgm_holders import Holders
from aicost.sources.dcgm_loads import READINGS, loads
from aicost.sources.prometheus_answers import Sample
from tests.support.loads import DUTY, GR, SM

END = Instant(1793494800)
BLANKS = [2147483632.0, 9.223372036854775794e18, 4.611686018427388e18, -1.0]
"""DCGM's marks for what it does not know, and a value that no reading may have."""


def an_answer(value: float, pod: str = "chat-0", card: str = "GPU-1", **labels: str) -> Sample:
    return Sample({"UUID": card, "namespace": "support", "pod": pod, "container": "app", **labels}, END, value)


WHOLE: dict[str, list[Sample]] = {
    f"samples {GR}": [an_answer(120)],
    f"mean {GR}": [an_answer(0.25)],
    f"high {GR}": [an_answer(0.4)],
    f"peak {GR}": [an_answer(0.5)],
    f"peak {DUTY}": [an_answer(99)],
    f"samples {DUTY}": [an_answer(120)],
    "tensor_peak_ppm": [an_answer(0.1)],
    "bandwidth_mean_ppm": [an_answer(0.2)],
    "bandwidth_peak_ppm": [an_answer(0.6)],
    "memory_peak_mib": [an_answer(74166)],
    "used": [an_answer(74000)],
    "free": [an_answer(6000)],
    "reserved": [an_answer(1559)],
    "power_low_mw": [an_answer(113.611)],
    "power_peak_mw": [an_answer(300)],
    "pcie_peak_bytes": [an_answer(1e9)],
}
TOLD = CardLoad(
    namespace="support",
    pod="chat-0",
    card="GPU-1",
    hour=Window(Instant(END - 3600), END),
    signal=GR,
    samples=120,
    mean_ppm=250_000,
    high_ppm=400_000,
    peak_ppm=500_000,
    duty_peak_ppm=990_000,
    tensor_peak_ppm=100_000,
    bandwidth_mean_ppm=200_000,
    bandwidth_peak_ppm=600_000,
    memory_peak_mib=74166,
    memory_mib=81559,
    power_low_mw=113_611,
    power_peak_mw=300_000,
    pcie_peak_bytes=1_000_000_000,
)


def told(read: dict[str, list[Sample]], up: Iterable[dict[str, str]] = ()) -> list[CardLoad]:
    return list(loads(read, Holders(up)))


def test_a_card_s_hour_is_put_together() -> None:
    """Each number in its unit, memory out of what is used, free and reserved."""
    assert told(WHOLE) == [TOLD]


def test_the_most_honest_signal_speaks_for_the_hour() -> None:
    """SM activity where it is told, the duty cycle where nothing else is; that stands beside it in any case."""
    of_sm = {f"samples {SM}": [an_answer(60)], f"mean {SM}": [an_answer(0.1)], f"peak {SM}": [an_answer(0.3)]}
    (load,) = told({**WHOLE, **of_sm})
    assert load == replace(TOLD, signal=SM, samples=60, mean_ppm=100_000, high_ppm=300_000, peak_ppm=300_000)
    (only_duty,) = told({name: WHOLE[name] for name in (f"samples {DUTY}", f"peak {DUTY}")})
    assert (only_duty.signal, only_duty.peak_ppm, only_duty.duty_peak_ppm) == (DUTY, 990_000, 990_000)


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_is_missing_and_never_zero(blank: float) -> None:
    """Of each number by itself; without any signal there is no load."""
    (load,) = told({**WHOLE, "memory_peak_mib": [an_answer(blank)], "reserved": [an_answer(blank)]})
    assert load == replace(TOLD, memory_peak_mib=None, memory_mib=80_000)
    (other,) = told({**WHOLE, f"peak {GR}": [an_answer(blank)], "free": [an_answer(blank)]})
    assert (other.signal, other.memory_mib) == (DUTY, None)
    assert told({**WHOLE, f"peak {GR}": [an_answer(blank)], f"peak {DUTY}": [an_answer(blank)]}) == []


def test_what_nobody_told_is_missing() -> None:
    """Under MIG there is no GPU_UTIL; older exporters do not tell what is reserved."""
    less = {name: WHOLE[name] for name in WHOLE if GR in name or name in ("used", "free")}
    (load,) = told(less)
    assert (load.duty_peak_ppm, load.power_peak_mw, load.memory_peak_mib, load.memory_mib) == (None, None, None, 80_000)


def test_the_same_reading_over_sharers_counts_once_for_each() -> None:
    """Copies for containers of one pod are one; each sharing pod has the device's value; the device's own series is nobody's."""
    copies = {
        name: [*of, *(replace_labels(each, container="side", vgpu="1") for each in of)] for name, of in WHOLE.items()
    }
    assert told(copies) == [TOLD]
    shared = {name: [*of, *(replace_labels(each, pod="rank-0", vgpu="1") for each in of)] for name, of in WHOLE.items()}
    assert told(shared) == [TOLD, replace(TOLD, pod="rank-0")]
    beside = {name: [*of, Sample({"UUID": "GPU-1"}, END, of[0].value)] for name, of in WHOLE.items()}
    assert told(beside) == [TOLD]


def test_of_two_readings_the_lower_draw_and_the_higher_rest_count() -> None:
    """Two exporters see the same card at slightly different times."""
    twice = {name: [*of, an_answer(of[0].value * 0.9, replica="b")] for name, of in WHOLE.items()}
    assert told(twice) == [replace(TOLD, power_low_mw=102_250)]


@pytest.mark.parametrize("moved", [False, True])
def test_labels_both_ways_name_the_pod_and_never_the_exporter(*, moved: bool) -> None:
    """Honoured labels and moved ones; the series of a free card carry the exporter's pod."""
    exporter = {"job": "dcgm", "instance": "a", "namespace": "gpu-operator", "pod": "exporter-1"}
    own = {"exported_namespace": "support", "exported_pod": "chat-0", "exported_container": "app"} if moved else {}
    read = {
        name: [
            Sample({"UUID": "GPU-1", **exporter, **(own or {"namespace": "support", "pod": "chat-0"})}, END, each.value)
            for each in of
        ]
        + [Sample({"UUID": "GPU-2", **exporter}, END, each.value) for each in of]
        for name, of in WHOLE.items()
    }
    assert told(read, [exporter]) == [TOLD]


def test_an_instance_is_a_card_of_its_own() -> None:
    """With the id of the instance behind the card's."""
    (load,) = told({name: [replace_labels(each, GPU_I_ID="7") for each in of] for name, of in WHOLE.items()})
    assert load == replace(TOLD, card="GPU-1/7")


def test_every_query_is_of_one_hour_of_one_series_of_trusted_scrapes() -> None:
    """And there are so many of them, however many cards there are."""
    queries = [reading.query(frozenset({("job", "dcgm")})) for reading in READINGS.values()]
    assert len(set(queries)) == len(queries) == 22
    assert queries[0] == f'avg_over_time({SM}{{job="dcgm"}}[1h] offset 1ms)'
    assert all(query.count('{job="dcgm"}[1h] offset 1ms)') == 1 for query in queries)


def replace_labels(sample: Sample, **labels: str) -> Sample:
    return Sample({**sample.labels, **labels}, sample.at, sample.value)
