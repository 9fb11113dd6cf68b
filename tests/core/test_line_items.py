"""What the words of a bill's line say."""

from __future__ import annotations

import pytest

from aicost.core.counting import Measure
from aicost.core.line_items import measures_of


@pytest.mark.parametrize(
    ("line_item", "measures"),
    [
        ("web search tool calls", {Measure.WEB_SEARCH_CALLS}),
        ("web_search", {Measure.WEB_SEARCH_CALLS}),
        ("Web-Search (preview), gpt-6-sol", {Measure.WEB_SEARCH_CALLS}),
        ("code interpreter sessions", {Measure.CODE_INTERPRETER_SESSIONS}),
        ("assistants api | file search", {Measure.FILE_SEARCH_CALLS, Measure.VECTOR_STORE_BYTE_DAYS}),
        ("vector store storage", {Measure.VECTOR_STORE_BYTE_DAYS}),
        ("vector store of a web search", {Measure.VECTOR_STORE_BYTE_DAYS, Measure.WEB_SEARCH_CALLS}),
    ],
)
def test_tools_are_told_by_their_names(line_item: str, measures: set[str]) -> None:
    """However they are written."""
    assert measures_of(line_item) == frozenset(measures)


@pytest.mark.parametrize(
    "line_item",
    ["code_execution", "session_usage", "Scale tier", "Subscriptions", "credit grant", "Taxes", "VAT 19 %", "Support"],
)
def test_some_are_of_nothing_that_is_counted(line_item: str) -> None:
    """Of tools that nobody counts, or of no usage at all."""
    assert measures_of(line_item) == frozenset()


@pytest.mark.parametrize(
    "line_item",
    [
        "ft:gpt-realtime:acme:support-bot:x1, audio input",
        "ft:gpt-4o:acme:refunds:x1, images",
        "Images by ft:gpt-image:acme:web-search:x1",
        "support-bot-2, images",
    ],
)
def test_a_models_name_says_nothing(line_item: str) -> None:
    """Who names his model after support is billed for what it does."""
    assert measures_of(line_item) is None
    assert measures_of(f"{line_item}, web search") == frozenset((Measure.WEB_SEARCH_CALLS,))


@pytest.mark.parametrize("line_item", ["", "standard", "syntax", "gpt-6-sol, images", "accredited", "supported"])
def test_other_words_say_nothing(line_item: str) -> None:
    """Nor do parts of words."""
    assert measures_of(line_item) is None
