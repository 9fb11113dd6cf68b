"""The tables of loads, which are kept for weeks only: what nobody told of an hour is NULL.

`subject` is namespace/pod, as in table `line`.
"""

from __future__ import annotations

from sqlalchemy import Table

from aicost.store.columns import WHOLE, key, metadata, text, whole

card_load = Table(
    "card_load",
    metadata,
    key("window_start", WHOLE),
    key("subject"),
    key("card"),
    whole("window_end"),
    text("signal"),
    *map(whole, ("samples", "mean_ppm", "high_ppm", "peak_ppm")),
    whole("duty_peak_ppm", nullable=True),
    whole("tensor_peak_ppm", nullable=True),
    whole("bandwidth_mean_ppm", nullable=True),
    whole("bandwidth_peak_ppm", nullable=True),
    whole("memory_peak_mib", nullable=True),
    whole("memory_mib", nullable=True),
    whole("power_low_mw", nullable=True),
    whole("power_peak_mw", nullable=True),
    whole("pcie_peak_bytes", nullable=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

server_load = Table(
    "server_load",
    metadata,
    key("window_start", WHOLE),
    key("subject"),
    whole("window_end"),
    whole("kv_cache_peak_ppm"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
