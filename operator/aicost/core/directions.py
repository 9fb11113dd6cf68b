"""What tokens in and tokens out cost, on days on which the bill tells them apart: for unit costs, never for an amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aicost.core.bills import TOKENS, dimensions_of
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Certainty, Component, Entry, Line
from aicost.core.refining import item
from aicost.core.token_kinds import OUTPUT
from aicost.core.usage import Tokens

NO_TOKENS = frozenset({"web_search", "code_execution"})
"""What Anthropic bills beside tokens, without a unit."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Nano-units that were billed of input and of output, and the tokens that these were for. Input includes what caches gave."""

    input_nanos: int = 0
    input_tokens: int = 0
    output_nanos: int = 0
    output_tokens: int = 0

    def __add__(self, other: Directions) -> Directions:
        return Directions(
            self.input_nanos + other.input_nanos,
            self.input_tokens + other.input_tokens,
            self.output_nanos + other.output_nanos,
            self.output_tokens + other.output_tokens,
        )

    @property
    def counted(self) -> bool:
        """Whether there are tokens of whatever costs something."""
        return all(
            tokens > 0 or not nanos
            for nanos, tokens in ((self.input_nanos, self.input_tokens), (self.output_nanos, self.output_tokens))
        )


ByWorkload: TypeAlias = Mapping[WorkloadRef, Directions]


def directions(entries: Iterable[Entry], counted: Mapping[WorkloadRef, Tokens], currency: str) -> ByWorkload:
    """Of the bill rows of one UTC day, with the tokens that its usage counts of each workload.

    How many tokens a row is of says the row, else the usage. A workload is not here if a row of its own does not say what it
    is of: then nobody knows what of it was input.
    """
    lines: dict[WorkloadRef, list[tuple[Entry, Line]]] = defaultdict(list)
    for entry in entries:
        for line in entry.lines if entry.origin.component is Component.TOKENS else ():
            if line.owner.workload and _is_something(line):
                lines[line.owner.workload].append((entry, line))
    told = ((ref, _of(of, counted.get(ref, Tokens()), currency)) for ref, of in lines.items())
    return {ref: found for ref, found in told if found and found.counted}


def together(parts: Iterable[ByWorkload]) -> ByWorkload:
    """Over several days."""
    found: dict[WorkloadRef, Directions] = {}
    for ref, of in (each for part in parts for each in part.items()):
        found[ref] = found.get(ref, Directions()) + of
    return found


def _is_something(line: Line) -> bool:
    """Not what was withdrawn."""
    return bool(line.quantity or line.amount is None or line.amount.nanos)


def _of(lines: list[tuple[Entry, Line]], counted: Tokens, currency: str) -> Directions | None:
    paid = [(entry, line) for entry, line in lines if not _is_beside(entry)]
    if not all(_is_told(entry, line, currency) for entry, line in paid):
        return None
    billed = sum(_parts(paid), Directions())
    if all(entry.origin.unit == TOKENS for entry, _ in paid):
        return billed
    return Directions(billed.input_nanos, counted.input, billed.output_nanos, counted.output)


def _parts(lines: list[tuple[Entry, Line]]) -> Iterator[Directions]:
    for entry, line in lines:
        nanos = line.amount.nanos if line.amount else 0
        output = _kind(entry) in OUTPUT
        yield Directions(0, 0, nanos, line.quantity) if output else Directions(nanos, line.quantity)


def _is_told(entry: Entry, line: Line, currency: str) -> bool:
    if entry.origin.certainty is Certainty.ESTIMATED or line.amount is None:
        return False
    return line.amount.currency == currency and bool(_kind(entry))


def _is_beside(entry: Entry) -> bool:
    """Whether a row is surely of no tokens."""
    of_another = entry.origin.unit not in ("", TOKENS) and entry.origin.certainty is not Certainty.ESTIMATED
    return of_another or dict(dimensions_of(entry.origin.key)).get("lineItem") in NO_TOKENS


def _kind(entry: Entry) -> str:
    return item(dimensions_of(entry.origin.key))[1]
