"""Token sources: one module per provider or gateway, with pure `parse_*` functions and a thin fetch, and one row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aicost.ports import BillReader
from aicost.sources.tokens.anthropic import AnthropicBill
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.openai import OpenAIBill

BILL_READERS: Mapping[str, Callable[[Access], BillReader]] = {
    "OpenAI": OpenAIBill,
    "Anthropic": AnthropicBill,
}
"""Who reads the bill of a UsageSource, by its `type`."""
