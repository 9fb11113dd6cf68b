"""The best signal of a card and hour."""

from __future__ import annotations

import pytest

from aicost.core.usage import CardUse
from aicost.core.window import Instant, Window
from aicost.sources.dcgm import best
from aicost.sources.dcgm_holders import Holders
from aicost.sources.prometheus_answers import Sample

END = Instant(1793494800)
SM, GR, UTIL = "DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_DEV_GPU_UTIL"


def an_average(value: float, pod: str = "chat-0", card: str = "GPU-1", **labels: str) -> Sample:
    return Sample({"UUID": card, "namespace": "support", "pod": pod, "container": "app", **labels}, END, value)


def the_use(signal: str, ppm: int, pod: str = "chat-0", card: str = "GPU-1") -> CardUse:
    return CardUse("support", pod, card, Window(Instant(END - 3600), END), signal, ppm)


def test_the_most_honest_signal_speaks() -> None:
    """SM activity is preferred to engine activity, and that to the duty cycle, card by card."""
    averages = {
        UTIL: [an_average(99), an_average(40, card="GPU-2")],
        GR: [an_average(0.5)],
        SM: [an_average(0.123456)],
    }
    assert list(best(averages, Holders())) == [the_use(SM, 123456), the_use(UTIL, 400000, card="GPU-2")]


@pytest.mark.parametrize("impossible", [2147483632.0, 9.223372036854775807e18, -0.1, 1.01])
def test_an_impossible_value_is_no_value(impossible: float) -> None:
    """DCGM's marks for blank and its corruptions leave the hour to another signal, or to none."""
    assert list(best({GR: [an_average(impossible)], UTIL: [an_average(12)]}, Holders())) == [the_use(UTIL, 120000)]
    assert list(best({GR: [an_average(impossible)]}, Holders())) == []


def test_the_same_reading_twice_counts_once() -> None:
    """Two Prometheus or two exporters repeat a reading: the higher one counts, nothing is added up."""
    twice = [an_average(0.5, replica="a"), an_average(0.52, replica="b")]
    assert list(best({GR: twice}, Holders())) == [the_use(GR, 520000)]


def test_two_holders_in_one_hour_stay_apart() -> None:
    """A card that changed hands gives one record to each pod."""
    changed = [an_average(0.9, pod="b"), an_average(0.1, pod="a")]
    assert list(best({GR: changed}, Holders())) == [the_use(GR, 100000, pod="a"), the_use(GR, 900000, pod="b")]


def test_an_idle_card_gives_nothing() -> None:
    """The exporter's own pod never appears."""
    assert list(best({GR: [an_average(0, container="nvidia-dcgm-exporter")]}, Holders())) == []


def test_mig_instances_are_cards_of_their_own() -> None:
    """Instances share the card's UUID; their id tells them apart."""
    (use,) = best({GR: [an_average(0.4, GPU_I_ID="7", GPU_I_PROFILE="3g.40gb")]}, Holders())
    assert use.card == "GPU-1/7"
