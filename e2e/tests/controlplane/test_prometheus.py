"""A real Prometheus with a real history."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import pytest

from e2e.controlplane import ControlPlaneError

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.conftest import PrometheusFactory

START = dt.datetime(2025, 10, 18, tzinfo=dt.UTC)


def a_month(path: Path) -> Path:
    """Two weeks of one gauge in steps of five minutes, which counts its samples."""
    lines = [f'cards{{node="a"}} {step} {int(START.timestamp()) + 300 * step}' for step in range(14 * 288)]
    path.write_text("\n".join(["# TYPE cards gauge", *lines, "# EOF\n"]))
    return path


def test_a_past_month_can_be_back_filled(prometheus_factory: PrometheusFactory, tmp_path: Path) -> None:
    """An instant query at a moment of that month answers, and the blocks are not deleted for their age."""
    prometheus = prometheus_factory()
    prometheus.backfill(a_month(tmp_path / "history.om"))
    for _ in range(2):
        prometheus.start()
        (answer,) = prometheus.query("cards", START + dt.timedelta(days=2))
        assert answer["metric"] == {"__name__": "cards", "node": "a"}
        assert answer["value"][1] == str(2 * 288)
        (count,) = prometheus.query("count_over_time(cards[14d])", START + dt.timedelta(days=14))
        assert int(count["value"][1]) >= 14 * 288 - 1
        prometheus.stop()


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_scraped_data_survives_a_restart(prometheus_factory: PrometheusFactory, kill: bool) -> None:
    """Same address, same data, whether it was stopped or killed; targets from a file are scraped."""
    prometheus = prometheus_factory(settings={"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"}})
    targets = prometheus.folder / "targets.json"
    targets.write_text(f'[{{"targets": ["{prometheus.url.removeprefix("http://")}"]}}]')
    prometheus.configure(
        [{"job_name": "self", "file_sd_configs": [{"files": [str(targets)]}]}],
        {"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"}},
    )
    prometheus.start()
    first = time.time()
    while not prometheus.query("up == 1"):
        assert time.time() - first < 20
        time.sleep(0.1)
    scraped = dt.datetime.now(dt.UTC)
    prometheus.stop(kill=kill)
    prometheus.start()
    assert prometheus.query("up == 1", scraped)


def test_back_filling_a_running_server_is_refused(prometheus_factory: PrometheusFactory, tmp_path: Path) -> None:
    """It would not see the blocks; the message says what to do."""
    prometheus = prometheus_factory()
    prometheus.start()
    with pytest.raises(ControlPlaneError, match="stop Prometheus before"):
        prometheus.backfill(tmp_path / "history.om")


def test_a_wrong_query_shows_the_server_s_words(prometheus_factory: PrometheusFactory) -> None:
    """The server's own parse error is in the message."""
    prometheus = prometheus_factory()
    prometheus.start()
    with pytest.raises(ControlPlaneError, match="parse error"):
        prometheus.query("sum(")
