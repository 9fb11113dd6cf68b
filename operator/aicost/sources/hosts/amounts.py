"""Samples' numbers in the core's units. Pure."""

from __future__ import annotations

from aicost.core.hosts import CORE, MOST_MEMORY, MOST_MICROCORES, Amounts


def microcores(cores: float) -> int:
    """What nothing can have is the most that anything can; less than nothing is nothing."""
    return max(min(round(cores * CORE), MOST_MICROCORES), 0)


def bytes_of(memory: float) -> int:
    """As of cores."""
    return max(min(round(memory), MOST_MEMORY), 0)


def amounts(cores: float, memory: float) -> Amounts:
    """Both at once."""
    return Amounts(microcores(cores), bytes_of(memory))
