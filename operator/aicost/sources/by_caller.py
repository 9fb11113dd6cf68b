"""Whose counts are: the readings of a preset's series by the dimensions that a source declares.

Which series are a source's is told by its matchers, here: nothing that anybody declared comes into a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.declarations import Dimensions, Series
from aicost.core.identity import Labels
from aicost.core.window import Instant, Window
from aicost.ports import Malformed
from aicost.sources.counters import Readings, increments
from aicost.sources.presets import Own, Preset, first_of
from aicost.sources.prometheus_answers import Sample

MICROSECONDS = 1_000_000
TIMES = frozenset({"prefill", "decode"})
"""Counts in seconds, which are told in microseconds."""
_MOST = 2**53
"""The largest count of an hour that is believed: beyond it floats lose units."""
_PLACE = ("namespace", "pod", "instance")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a caller had of one count (a field of Served or Tokens) in the hour that ends there."""

    field: str
    caller: Dimensions
    end: Instant
    count: int


def by_caller(series: Series, preset: Preset, read: Mapping[str, Readings], hours: Window) -> Iterator[Counted]:
    """Each caller's counts in each hour, each series' apart. Raises Malformed for what cannot be."""
    labels = {**preset.labels, **{dimension: (label,) for dimension, label in series.labels}}
    dimensions = sorted(labels)

    def own(of: Mapping[str, str], _: int) -> Own:
        values = (first_of(of, labels[name]) for name in dimensions)
        return (*values, *(of.get(name, "") for name in _PLACE), *preset.own(of))

    for field, of in read.items():
        for values, end, count in increments(
            matching(of, series.matchers), hours, own, MICROSECONDS if field in TIMES else 1
        ):
            if count > _MOST:
                raise Malformed(f"a series of preset {series.preset} counts more in an hour than can be: {field}")
            caller = frozenset((dim, value) for dim, value in zip(dimensions, values, strict=False) if value)
            yield Counted(field, caller, end, count)


def matching(of: Readings, matchers: Labels) -> Readings:
    """The readings of the series that have all these labels."""
    all_of = of.last, of.lowest, of.restarted, of.samples
    return Readings(*(tuple(_selected(samples, matchers)) for samples in all_of))


def _selected(samples: Iterable[Sample], matchers: Labels) -> Iterator[Sample]:
    return (each for each in samples if all(each.labels.get(name, "") == value for name, value in matchers))
