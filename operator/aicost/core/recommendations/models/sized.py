"""What rows of usage tell of the sizes of requests, for whoever owns a row: by histograms, or by single requests looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aicost.core.counting import Size
from aicost.core.money import split
from aicost.core.recommendations.models.sampled import Sampled, Stratum, whole
from aicost.core.recommendations.models.usage import Sizes
from aicost.core.samples import Looked
from aicost.core.usage import UsageRow
from aicost.core.window import DAY, Instant, Window

LOOKED_BACK = 8 * DAY
"""Requests of so much of the end of a window count: gateways are asked for single requests of no day before."""

_DIVIDED = (
    *(Looked.SHORT_INPUT, Looked.SHORT_OUTPUT),
    *(Looked.SQUARES, Looked.SHORT_SQUARES, Looked.PRODUCTS),
)


@dataclass(frozen=True, slots=True)
class Part:
    """An owner's part of what a row tells of sizes."""

    sizes: Sizes
    looked: Stratum


@dataclass(slots=True)
class Gathered:
    """What is told of the sizes of a workload's requests by one model."""

    _sizes: Sizes = field(default_factory=Sizes)
    _days: dict[tuple[Window, str], list[Stratum]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: UsageRow, part: Part) -> None:
        """Take a part of a row."""
        self._sizes += part.sizes
        self._days[row.day, row.source].append(part.looked)

    @property
    def sizes(self) -> Sizes | None:
        """By histograms; None where none tells of both."""
        return self._sizes if self._sizes.requests else None

    def sampled(self, window: Window) -> Sampled | None:
        """By requests that were looked at of late; None where none was.

        What a source counted on days of which it told no single request is like nothing that is known: it does not count.
        """
        since = Instant(window.end - LOOKED_BACK)
        told = {of: looked for of, rows in sorted(self._days.items()) if (looked := whole(rows)).looked_at}
        days = tuple((day, looked) for (day, _), looked in told.items() if day.start >= since)
        sources = sorted({source for _, source in told})
        return Sampled(sum(of.requests for of in told.values()), days, tuple(sources)) if days else None


def parts(row: UsageRow, requests: Sequence[int], weights: Sequence[int]) -> Iterator[Part]:
    """Each owner's, in the order of `weights`; `requests` are those of the row that each owns."""
    yield from (Part(*of) for of in zip(_sizes(row, weights), _looked(row, requests, weights), strict=True))


def _sizes(row: UsageRow, weights: Sequence[int]) -> Iterator[Sizes]:
    """Nothing where no histogram tells of both."""
    told = dict(row.measured)
    short = [told.get(size, 0) for size in (Size.SHORT_PROMPTS, Size.SHORT_ANSWERS)]
    counts = (row.tokens.requests, *short) if all(short) else (0, 0, 0)
    yield from (Sizes(*of) for of in zip(*(split(count, weights) for count in counts), strict=True))


def _looked(row: UsageRow, requests: Sequence[int], weights: Sequence[int]) -> Iterator[Stratum]:
    """Short ones and others are divided apart, so that no part has more short ones than requests."""
    told = dict(row.measured)
    short = told.get(Looked.SHORT, 0)
    others = split(told.get(Looked.STANDS_FOR, 0) - short, weights)
    looked = split(told.get(Looked.REQUESTS, 0), weights)
    shorts = split(short, weights)
    rest = zip(*(split(told.get(of, 0), weights) for of in _DIVIDED), strict=True)
    for counted, seen, mine, other, divided in zip(requests, looked, shorts, others, rest, strict=True):
        yield Stratum(counted, seen, mine + other, mine, *divided)
