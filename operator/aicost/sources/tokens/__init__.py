"""Token sources: one module per provider or gateway, with pure `parse_*` functions and a thin fetch, and one row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aicost.core.declarations import BILL, REFINE
from aicost.ports import BillReader
from aicost.sources.tokens.anthropic import AnthropicBill
from aicost.sources.tokens.client import Access
from aicost.sources.tokens.focus import FocusBill
from aicost.sources.tokens.langfuse import LangfuseUsage
from aicost.sources.tokens.litellm import LiteLLMUsage
from aicost.sources.tokens.openai import OpenAIBill
from aicost.sources.tokens.openrouter import OpenRouterBill

READERS: Mapping[tuple[str, str], Callable[[Access], BillReader]] = {
    ("OpenAI", BILL): OpenAIBill,
    ("Anthropic", BILL): AnthropicBill,
    ("OpenRouter", BILL): OpenRouterBill,
    ("FocusFile", BILL): FocusBill,
    ("LiteLLM", REFINE): LiteLLMUsage,
    ("Langfuse", REFINE): LangfuseUsage,
}
"""Who reads a UsageSource, by its `type` and `role`. One that refines brings usage and no money."""
