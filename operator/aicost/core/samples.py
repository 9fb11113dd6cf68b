"""A sample of single requests that a gateway tells of: how many were looked at, and what the short ones of them used.

Only counts are made of it: neither a prompt nor an answer is known here, and no request is remembered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from aicost.core.counting import SHORT_ANSWER, SHORT_PROMPT
from aicost.core.declarations import Dimensions
from aicost.core.usage import Measured


class Looked(StrEnum):
    """What was counted of the requests that were looked at: no usage of its own, and told to nobody as such.

    `SHORT` are those of them whose prompt and answer are both short; the last two are all tokens of these.
    """

    REQUESTS = "sampledRequests"
    SHORT = "sampledShortRequests"
    SHORT_INPUT = "sampledShortInput"
    SHORT_OUTPUT = "sampledShortOutput"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: who made it, by which model, and how many tokens its prompt and its answer had."""

    caller: Dimensions
    input: int
    output: int

    def __post_init__(self) -> None:
        if min(self.input, self.output) < 0:
            raise ValueError(f"a request of {self.input} and {self.output} tokens is none")

    @property
    def is_short(self) -> bool:
        """Whether both are short, by the bounds of histograms."""
        return self.input <= SHORT_PROMPT and self.output <= SHORT_ANSWER


Seen: TypeAlias = Request | None
"""What a gateway tells of as a request; None: it is of no use here, such as an embedding."""
Sample: TypeAlias = Mapping[Dimensions, Measured]
"""What was counted of the requests of each caller that were looked at."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time: the requests that were looked at, in their order, and how many it had in all."""

    seen: tuple[Seen, ...]
    requests: int

    def __post_init__(self) -> None:
        if len(self.seen) > self.requests:
            raise ValueError(f"{len(self.seen)} of {self.requests} requests cannot be looked at")


def even(stretches: Iterable[Stretch]) -> Iterator[Seen]:
    """So many of each stretch that each stands for as many requests: else a quiet hour would weigh as much as a busy one.

    Proportional allocation (Cochran, Sampling Techniques, 3rd edition, 5.5); of a stretch every k-th one is taken (8.1).
    """
    told = [each for each in stretches if each.seen]
    rate = min((Fraction(len(each.seen), each.requests) for each in told), default=Fraction(1))
    for each in told:
        taken = min(len(each.seen), int(each.requests * rate + Fraction(1, 2)))
        yield from (each.seen[place * len(each.seen) // taken] for place in range(taken))


def sample_of(requests: Iterable[Seen]) -> Sample:
    """By caller."""
    found: dict[Dimensions, Counter[str]] = defaultdict(Counter)
    for request in requests:
        if request is None:
            continue
        counts = found[request.caller]
        counts[Looked.REQUESTS.value] += 1
        if request.is_short:
            counts[Looked.SHORT.value] += 1
            counts[Looked.SHORT_INPUT.value] += request.input
            counts[Looked.SHORT_OUTPUT.value] += request.output
    return {caller: frozenset((+counts).items()) for caller, counts in found.items()}
