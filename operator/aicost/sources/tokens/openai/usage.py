"""OpenAI's usage (`/organization/usage/...`): of each kind what its results count, and how they may be split.

Tokens are those that a model is paid by; all else has a measure of its own. Requests are those of models: searches are made
by a request that its completion counts, and moderations, which are free, are no requests that anybody pays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aicost.core.counting import Measure
from aicost.core.usage import Measured, Tokens
from aicost.core.window import Window
from aicost.ports import Malformed
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.openai.beyond_text import beyond_text
from aicost.sources.tokens.openai.pages import page, page_of_days
from aicost.sources.tokens.pages import Page
from aicost.sources.tokens.used import Used, measured

PATH = "/organization/usage"
BY_PROJECT = (("project_id",),)
BY_KEY = (
    ("project_id", "api_key_id", "user_id"),
    ("project_id", "api_key_id"),
    ("project_id", "user_id"),
    *BY_PROJECT,
)
BY_MODEL = (
    *((*names, "model") for names in BY_KEY),
    *BY_PROJECT,
)
"""How usage is asked to be split: the next where OpenAI refuses one."""
BY_MANNER = (
    *((*names, "batch", "service_tier") for names in BY_MODEL[:1]),
    *BY_MODEL,
)
"""The same of what costs less in a batch, and more or less in another tier."""
BY_SIZE = (
    *((*names, "size") for names in BY_MODEL[:1]),
    *BY_MODEL,
)
"""The same of images, which cost more if they are large."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One endpoint of usage: what its results are called, how they may be split, what they count."""

    result: str
    split_by: tuple[tuple[str, ...], ...]
    count: Callable[[Answer], Used]


def parse(answer: Answer, day: Window, kind: Kind) -> Page[Used]:
    """A page of one day. Raises Malformed, with the path of what is wrong."""
    return page(answer, day, f"organization.usage.{kind.result}.result", lambda result, _: kind.count(result))


def parse_days(answer: Answer, over: Window, kind: Kind) -> Page[Used]:
    """A page of several days, each row with its day as the dimension `day`. Raises Malformed likewise."""
    return page_of_days(answer, over, f"organization.usage.{kind.result}.result", lambda result, _: kind.count(result))


def _completions(result: Answer) -> Used:
    tokens = Tokens(
        input=result.field("input_tokens").count(),
        cached_input=result.counted("input_cached_tokens"),
        cache_write=result.counted("input_cache_write_tokens"),
        output=result.field("output_tokens").count(),
        requests=_requests(result),
        cache_write_long=result.counted("input_cache_write_12h_tokens"),
    )
    if tokens.cached_input + tokens.cache_write > tokens.input:
        raise Malformed(f"{result.path}: cached and written tokens are more than input_tokens, which must include them")
    return Used(tokens, beyond_text(result, tokens))


def _embeddings(result: Answer) -> Used:
    return Used(Tokens(input=result.field("input_tokens").count(), requests=_requests(result)))


def _requested(name: str, measure: Measure) -> Callable[[Answer], Used]:
    """What a model made in requests of its own."""
    return lambda result: Used(Tokens(requests=_requests(result)), _measured(result, name, measure))


def _only(name: str, measure: Measure) -> Callable[[Answer], Used]:
    return lambda result: Used(measured=_measured(result, name, measure))


def _measured(result: Answer, name: str, measure: Measure) -> Measured:
    return measured(measure, result.field(name).count())


def _requests(result: Answer) -> int:
    return result.field("num_model_requests").count()


TOKENS: Mapping[str, Kind] = {
    "completions": Kind("completions", BY_MANNER, _completions),
    "embeddings": Kind("embeddings", BY_MODEL, _embeddings),
}
"""By the end of their paths: what is read day by day, since it has many rows."""
OTHERS: Mapping[str, Kind] = {
    "decisions": Kind("decisions", BY_MANNER, _completions),
    "moderations": Kind("moderations", BY_MODEL, _only("input_tokens", Measure.MODERATION_TOKENS)),
    "images": Kind("images", BY_SIZE, _requested("images", Measure.IMAGES)),
    "audio_speeches": Kind("audio_speeches", BY_MODEL, _requested("characters", Measure.CHARACTERS)),
    "audio_transcriptions": Kind("audio_transcriptions", BY_MODEL, _requested("seconds", Measure.SECONDS)),
    "vector_stores": Kind("vector_stores", BY_PROJECT, _only("usage_bytes", Measure.VECTOR_STORE_BYTE_DAYS)),
    "code_interpreter_sessions": Kind(
        "code_interpreter_sessions", BY_PROJECT, _only("num_sessions", Measure.CODE_INTERPRETER_SESSIONS)
    ),
    "file_search_calls": Kind("file_searches", BY_KEY, _only("num_requests", Measure.FILE_SEARCH_CALLS)),
    "web_search_calls": Kind("web_searches", BY_MODEL, _only("num_requests", Measure.WEB_SEARCH_CALLS)),
}
"""What is read for many days at once."""
