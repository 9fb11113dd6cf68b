"""Series as pieces: what a page shows between two instants, constant or growing evenly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

FOREVER = 2**53


@dataclass(frozen=True, slots=True)
class Piece:
    """One series from `since` until before `until`: `value`, and `slope` more for each second after `since`.

    What grows is a count, and whole.
    """

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float
    since: int = 0
    until: int = FOREVER
    slope: float = 0.0

    def at(self, instant: int) -> float:
        """Its value at an instant."""
        return self.value + math.floor(self.slope * (instant - self.since))


def piece(
    name: str, labels: Mapping[str, str], value: float, since: int, until: int | None, *, slope: float = 0.0
) -> Piece:
    """A piece without an end where `until` is None."""
    return Piece(name, tuple(labels.items()), value, since, FOREVER if until is None else until, slope)


def page(pieces: Iterable[Piece], at: int) -> str:
    """What an exporter serves at an instant, in the text format of Prometheus."""
    return "".join(f"{_head(piece)} {_number(piece.at(at))}\n" for piece in pieces if piece.since <= at < piece.until)


def history(pieces: Iterable[Piece], instants: list[int]) -> Iterator[str]:
    """OpenMetrics with timestamps, for promtool: families together, every series in the order of time, the end mark."""
    for piece in sorted(pieces, key=lambda piece: (piece.name, piece.labels, piece.since)):
        head = _head(piece)
        shown = [at for at in instants if piece.since <= at < piece.until]
        if piece.slope:
            yield "".join([f"{head} {_number(piece.at(at))} {at}\n" for at in shown])
        else:
            value = _number(piece.value)
            yield "".join([f"{head} {value} {at}\n" for at in shown])
    yield "# EOF\n"


def _head(piece: Piece) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in piece.labels if value)
    return f"{piece.name}{{{labels}}}" if labels else piece.name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
