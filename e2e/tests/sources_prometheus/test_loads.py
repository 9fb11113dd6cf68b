"""Loads out of a real Prometheus: peaks of an hour, a blank that spoils nothing else, and caches of each server."""

from __future__ import annotations

import pytest

from aicost.core.loads import ServerLoad
from aicost.core.window import HOUR, Instant, Window, instant
from aicost.sources.load_series import LoadSeries
from aicost.sources.prometheus import Prometheus
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

START = instant("2026-11-01T00:00:00Z")
HOURS = Window(START, Instant(START + 2 * HOUR))
EVERY = list(range(START, START + 2 * HOUR + 1, 60))
CARD = (("UUID", "GPU-1"), ("namespace", "support"), ("pod", "chat-0"))
BLANK = 9_223_372_036_854_775_794


def card(name: str, *values: float) -> list[Piece]:
    """A series that has each value for the same part of the two hours."""
    part = 2 * HOUR // len(values)
    return [Piece(name, CARD, value, START + at * part, START + (at + 1) * part) for at, value in enumerate(values)]


async def test_an_hour_s_peaks_are_its_own(backfilled: Backfilled) -> None:
    """Four half hours of work; the reserved memory is blank, and so is power in the second hour."""
    pieces = [
        *card("DCGM_FI_PROF_SM_ACTIVE", 0.1, 0.5, 0, 0.2),
        *card("DCGM_FI_DEV_GPU_UTIL", 100, 100, 0, 100),
        *card("DCGM_FI_DEV_FB_USED", 1000, 5000, 5000, 4000),
        *card("DCGM_FI_DEV_FB_FREE", 80000, 76000, 76000, 77000),
        *card("DCGM_FI_DEV_FB_RESERVED", BLANK, BLANK, 500, 500),
        *card("DCGM_FI_DEV_POWER_USAGE", 70, 300, BLANK, 80),
    ]
    loads = (await LoadSeries(Prometheus(backfilled(pieces, EVERY))).loads(HOURS)).cards
    assert [(load.hour.start - START, load.samples, load.peak_ppm, load.duty_peak_ppm) for load in loads] == [
        (0, 60, 500_000, 1_000_000),
        (HOUR, 60, 200_000, 1_000_000),
    ]
    assert [load.mean_ppm for load in loads] == [300_000, 100_000]
    assert [load.high_ppm for load in loads] == [500_000, 200_000]
    assert [(load.memory_peak_mib, load.memory_mib) for load in loads] == [(5000, 81_000), (5000, 81_500)]
    assert [(load.power_low_mw, load.power_peak_mw) for load in loads] == [(70_000, 300_000), (80_000, None)]


SERVERS = (
    ("vllm:kv_cache_usage_perc", {"model_name": "m", "engine": "0"}),
    ("vllm:gpu_cache_usage_perc", {"model_name": "m"}),
    ("ray_vllm_kv_cache_usage_perc", {"ReplicaId": "r"}),
    ("sglang:token_usage", {"model_name": "m", "tp_rank": "0"}),
    ("nv_trt_llm_kv_cache_block_metrics", {"kv_cache_block_type": "fraction", "model": "m"}),
)


@pytest.mark.parametrize(("name", "own"), SERVERS, ids=[name for name, _ in SERVERS])
async def test_every_server_s_cache_is_read(backfilled: Backfilled, name: str, own: dict[str, str]) -> None:
    """By pod, the fuller one of two engines."""
    pod = {"namespace": "platform", "pod": "llm-0"}
    pieces = [Piece(name, tuple({**own, **pod, "port": str(port)}.items()), port / 10, START) for port in (2, 3)]
    told = (await LoadSeries(Prometheus(backfilled(pieces, EVERY))).loads(Window(START, Instant(START + HOUR)))).servers
    assert told == (ServerLoad("platform", "llm-0", Window(START, Instant(START + HOUR)), 300_000),)
