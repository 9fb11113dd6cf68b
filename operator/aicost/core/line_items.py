"""What a line of a bill says that it is of, in its own words, beside models and kinds of tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from aicost.core.counting import Measure

_TOOLS: Mapping[str, frozenset[str]] = {
    "code execution": frozenset(),
    "code interpreter": frozenset((Measure.CODE_INTERPRETER_SESSIONS,)),
    "file search": frozenset((Measure.FILE_SEARCH_CALLS, Measure.VECTOR_STORE_BYTE_DAYS)),
    "session usage": frozenset(),
    "vector store": frozenset((Measure.VECTOR_STORE_BYTE_DAYS,)),
    "web search": frozenset((Measure.WEB_SEARCH_CALLS,)),
}
"""What is counted of what OpenAI and Anthropic bill for tools by these names: of some nobody counts anything."""
_NO_USAGE = re.compile(
    r"\b(scale tier|subscription|commitment|support|seat|tax|vat|gst|credit|refund|discount)(s|es)?\b"
)
"""Words for money that no usage costs."""
_MODEL = re.compile(r"\bft:\S+|^[^\s,]*[-:\d][^\s,]*, ")
"""A model before what it did, `gpt-6-sol, images`, and one that somebody named himself, `ft:gpt-4o:acme:support-bot:x1`."""
_BETWEEN_WORDS = re.compile("[-_ ]+")


@lru_cache(maxsize=4096)
def measures_of(line_item: str) -> frozenset[str] | None:
    """The measures of usage that a line may be of: none of them, if that is of no usage; None if its words do not say.

    A model's name says nothing: people name their own ones after what these are for.
    """
    words = _BETWEEN_WORDS.sub(" ", _MODEL.sub("", line_item)).casefold()
    named = [measures for tool, measures in _TOOLS.items() if tool in words]
    if named:
        return frozenset[str]().union(*named)
    return frozenset() if _NO_USAGE.search(words) else None
