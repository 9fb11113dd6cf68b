"""How hard cards and model servers worked, for some weeks: nobody kept it before, and series may still tell of it."""

from __future__ import annotations

from aicost.store.migrations.columns import table, text, whole

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UNTOLD = (
    *("duty_peak_ppm", "tensor_peak_ppm", "bandwidth_mean_ppm", "bandwidth_peak_ppm", "memory_peak_mib", "memory_mib"),
    *("power_low_mw", "power_peak_mw", "pcie_peak_bytes"),
)


def upgrade() -> None:
    """From a ledger that kept hourly means alone."""
    table(
        "card_load",
        whole("window_start", autoincrement=False),
        *map(text, ("subject", "card")),
        whole("window_end"),
        text("signal"),
        *map(whole, ("samples", "mean_ppm", "high_ppm", "peak_ppm")),
        *(whole(name, nullable=True) for name in _UNTOLD),
        key=("window_start", "subject", "card"),
    )
    table(
        "server_load",
        whole("window_start", autoincrement=False),
        text("subject"),
        *map(whole, ("window_end", "kv_cache_peak_ppm")),
        key=("window_start", "subject"),
    )
