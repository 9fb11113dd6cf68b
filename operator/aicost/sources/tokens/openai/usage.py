"""OpenAI's usage (`/organization/usage/...`), by project, API key, user and model."""

from __future__ import annotations

from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.core.window import Window
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.openai.pages import page
from aicost.sources.tokens.pages import Page

SPLIT_BY = (
    ("project_id", "api_key_id", "user_id", "model"),
    ("project_id", "api_key_id", "model"),
    ("project_id", "user_id", "model"),
    ("project_id", "model"),
    ("project_id",),
)
"""How usage is asked to be split: the next where OpenAI refuses one."""


def parse_completions(answer: Answer, day: Window) -> Page[Tokens]:
    """A page of usage of completions of one day. Raises Malformed, with the path of what is wrong."""
    return page(answer, day, "organization.usage.completions.result", _completions)


def parse_embeddings(answer: Answer, day: Window) -> Page[Tokens]:
    """A page of usage of embeddings of one day, which have input only. Raises Malformed likewise."""
    return page(answer, day, "organization.usage.embeddings.result", _embeddings)


def _completions(answer: Answer, _dimensions: Dimensions) -> Tokens:
    tokens = Tokens(
        input=answer.field("input_tokens").count(),
        cached_input=_count(answer, "input_cached_tokens"),
        cache_write=_count(answer, "input_cache_write_tokens"),
        output=answer.field("output_tokens").count(),
        requests=answer.field("num_model_requests").count(),
    )
    if tokens.cached_input > tokens.input:
        raise Malformed(f"{answer.path}.input_cached_tokens is more than input_tokens, which must include it")
    return tokens


def _embeddings(answer: Answer, _dimensions: Dimensions) -> Tokens:
    return Tokens(input=answer.field("input_tokens").count(), requests=answer.field("num_model_requests").count())


def _count(answer: Answer, name: str) -> int:
    found = answer.optional(name)
    return 0 if found is None else found.count()
