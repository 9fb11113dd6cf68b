"""DCGM's fields that the agent publishes, with the helps and types of dcgm-exporter (etc/default-counters.csv)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One of DCGM's fields; whole numbers are printed without a point, others with six decimals, as DCGM does."""

    name: str
    help: str
    decimals: int = 0
    kind: str = "gauge"

    def text(self, value: float) -> str:
        """The value as dcgm-exporter prints it."""
        return f"{value:.{self.decimals}f}"


GPU_UTIL = Field("DCGM_FI_DEV_GPU_UTIL", "GPU utilization (in %).")
FB_USED = Field("DCGM_FI_DEV_FB_USED", "Framebuffer memory used (in MiB).")
FB_FREE = Field("DCGM_FI_DEV_FB_FREE", "Framebuffer memory free (in MiB).")
FB_RESERVED = Field("DCGM_FI_DEV_FB_RESERVED", "Framebuffer memory reserved (in MiB).")
POWER_USAGE = Field("DCGM_FI_DEV_POWER_USAGE", "Power draw (in W).", decimals=6)
ENERGY = Field("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "Total energy consumption since boot (in mJ).", kind="counter")
GR_ENGINE_ACTIVE = Field("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "Ratio of time the graphics engine is active.", decimals=6)
SM_ACTIVE = Field("DCGM_FI_PROF_SM_ACTIVE", "The ratio of cycles an SM has at least 1 warp assigned.", decimals=6)
SM_OCCUPANCY = Field("DCGM_FI_PROF_SM_OCCUPANCY", "The ratio of number of warps resident on an SM.", decimals=6)
TENSOR_ACTIVE = Field(
    "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "Ratio of cycles the tensor (HMMA) pipe is active.", decimals=6
)
DRAM_ACTIVE = Field(
    "DCGM_FI_PROF_DRAM_ACTIVE",
    "Ratio of cycles the device memory interface is active sending or receiving data.",
    decimals=6,
)

FIELDS = (
    GPU_UTIL, FB_USED, FB_FREE, FB_RESERVED, POWER_USAGE, ENERGY, GR_ENGINE_ACTIVE, SM_ACTIVE, SM_OCCUPANCY,
    TENSOR_ACTIVE, DRAM_ACTIVE,
)  # fmt: skip
"""All of them, in the order of the page."""
