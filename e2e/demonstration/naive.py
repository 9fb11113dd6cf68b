"""What adding up DCGM's series would charge: dcgm-exporter repeats a card's value for every pod that shares the card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import httpx

from e2e.demonstration.expected import MODELS

_CARD = "NVIDIA L4"
SHARED = MODELS[_CARD]
"""The model of the card that pods share, as the price book names it."""
_SAMPLES = 'sum(count_over_time(DCGM_FI_DEV_GPU_UTIL{modelName="%s",exported_pod!=""}[24h] offset 1ms))'
_SAMPLES_AN_HOUR = 60


def charged(prometheus: str, resources: Iterable[Mapping[str, Any]], now: str) -> Fraction:
    """The hours of all series of the shared card over the last day, each at the price of the whole card."""
    query = {"query": _SAMPLES % _CARD, "time": now}
    answer = httpx.get(f"{prometheus}/api/v1/query", params=query, trust_env=False).raise_for_status().json()
    (sample,) = answer["data"]["result"]
    (book,) = (each for each in resources if each["kind"] == "PriceBook")
    (price,) = (each for each in book["spec"]["gpus"] if each["model"] == SHARED)
    return Fraction(sample["value"][1]) / _SAMPLES_AN_HOUR * Fraction(price["rates"][0]["perHour"])
