"""What providers count beside tokens, each in its own measure: images are never added to seconds, nor either to tokens."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias

from aicost.core.declarations import Dimensions
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


UNITS: Mapping[str, str] = {
    Measure.CHARACTERS: "characters",
    Measure.CODE_INTERPRETER_SESSIONS: "code interpreter sessions",
    Measure.FILE_SEARCH_CALLS: "file searches",
    Measure.IMAGES: "images",
    Measure.MODERATION_TOKENS: "moderation tokens",
    Measure.SECONDS: "seconds",
    Measure.VECTOR_STORE_BYTE_DAYS: "byte days",
    Measure.WEB_SEARCH_CALLS: "web searches",
}
"""What a quantity of each measure is called in the ledger and for people; bills call it alike."""

PIECES: Mapping[str, tuple[int, str]] = {
    Measure.CHARACTERS: (1_000_000, "1,000,000 characters"),
    Measure.CODE_INTERPRETER_SESSIONS: (1, "code interpreter session"),
    Measure.FILE_SEARCH_CALLS: (1, "file search"),
    Measure.IMAGES: (1, "image"),
    Measure.SECONDS: (60, "audio minute"),
    Measure.VECTOR_STORE_BYTE_DAYS: (2**30, "GiB day"),
    Measure.WEB_SEARCH_CALLS: (1, "web search"),
}
"""For how many of each measure that is paid a price is told, and what so many are called."""


_SIZE = re.compile("[0-9]{1,5}x[0-9]{1,5}", re.ASCII)


def size_of(measure: str, dimensions: Dimensions) -> str:
    """How large what a row counts is, as its source tells it: `1024x1024`. Of images alone, and empty of what is no such size."""
    told = dict(dimensions).get("size", "") if measure == Measure.IMAGES else ""
    return told if _SIZE.fullmatch(told) else ""


def sized(words: str, size: str) -> str:
    """What is counted with its size, if that is told: `images of 1024x1024`."""
    return f"{words} of {size}" if size else words


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


def paid_apart(measured: Measured) -> tuple[str, ...]:
    """The measures of a row that are paid by what they count, beside its tokens; OpenAI's moderations are free."""
    return tuple(sorted(measure for measure, _ in measured if measure in PIECES))


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
