"""What providers count beside tokens, each in its own measure: images are never added to seconds, nor either to tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias

from aicost.core.identity import WorkloadRef
from aicost.core.money import split
from aicost.core.ownership import Ownership
from aicost.core.usage import Measured, UsageRow


class Measure(StrEnum):
    """The closed set of measures. A vector store's bytes are stored for a day: they are counted day by day."""

    CHARACTERS = "characters"
    CODE_INTERPRETER_SESSIONS = "codeInterpreterSessions"
    FILE_SEARCH_CALLS = "fileSearchCalls"
    IMAGES = "images"
    MODERATION_TOKENS = "moderationTokens"
    SECONDS = "seconds"
    VECTOR_STORE_BYTE_DAYS = "vectorStoreByteDays"
    WEB_SEARCH_CALLS = "webSearchCalls"


class Size(StrEnum):
    """How many requests are short, where a gateway's histograms tell: no usage of its own, and told to nobody as such."""

    SHORT_PROMPTS = "shortPrompts"
    SHORT_ANSWERS = "shortAnswers"


class Failure(StrEnum):
    """How many requests failed, where a gateway tells: no usage of its own, and told to nobody as such.

    `REFUSED` are those of them that ended in HTTP 4xx, but for 408 and 499, which are time-outs: nothing was computed for
    them, and nothing is billed.
    """

    REQUESTS = "failedRequests"
    REFUSED = "refusedRequests"


SHORT_PROMPT, SHORT_ANSWER = 1024, 256
"""Tokens up to which they are short: bounds that OpenTelemetry's histograms of token usage have."""
_MEASURES = frozenset(map(str, Measure))

Measures: TypeAlias = Mapping[WorkloadRef, Mapping[str, int]]


def together(parts: Iterable[Measured]) -> Measured:
    """All parts, measure by measure; what counts nothing is not here."""
    sums: dict[str, int] = defaultdict(int)
    for part in parts:
        for measure, count in part:
            sums[measure] += count
    return frozenset((measure, count) for measure, count in sums.items() if count)


def summed(parts: Iterable[Measures]) -> Measures:
    """What each workload used in several parts of the time, in all of it."""
    found: dict[WorkloadRef, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for ref, measures in (each for part in parts for each in part.items()):
        for measure, count in measures.items():
            found[ref][measure] += count
    return {ref: dict(of) for ref, of in found.items()}


def measured_of(ownership: Ownership, usage: Iterable[UsageRow]) -> Measures:
    """What each workload used beside tokens, of the rows that it owns; a row that changed hands divides by the seconds."""
    found: dict[WorkloadRef, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in usage:
        for measure, count in (each for each in row.measured if each[0] in _MEASURES):
            owners = ownership.usage(row.source, row.dimensions, row.source).seconds(row.day)
            parts = split(count, [held for _, held in owners])
            for (owner, _), part in zip(owners, parts, strict=True):
                if owner.workload and part:
                    found[owner.workload][measure] += part
    return {ref: dict(of) for ref, of in found.items()}
