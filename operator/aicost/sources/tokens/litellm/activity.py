"""A page of LiteLLM's daily activity: pure parsers.

Source of the shapes: `litellm` 1.109, its daily activity endpoints. Prompt tokens include what caches gave and took. The
models' breakdown by key is a partition of all traffic: the breakdowns by tag, team or customer are not, so that nothing
is ever summed from them. Pages are cut over rows: a key and model may be on two pages, which add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from aicost.core.counting import Failure
from aicost.core.declarations import Dimensions
from aicost.core.usage import Tokens
from aicost.core.window import Window, date
from aicost.ports import Malformed
from aicost.sources.key_names import is_name
from aicost.sources.tokens.answers import Answer, dimensions_of
from aicost.sources.tokens.pages import Contradictory
from aicost.sources.tokens.used import Used, measured

KEY_NAMES = (("key_alias", "apiKey"), ("team_id", "project"), ("user_id", "user"))
"""What LiteLLM tells of a virtual key, and our dimensions: a team is what elsewhere is a project."""


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of a day: what was counted by whom, the number of the page, and whether it is the last.

    `callers` are whom the hashes of keys stand for, as far as that is told.
    """

    rows: Mapping[Dimensions, Used]
    page: int
    last: bool
    callers: Mapping[str, Dimensions] = field(default_factory=dict)


def parse(answer: Answer, day: Window) -> Activity:
    """A page of one day. Raises Malformed, with the path of what is wrong."""
    rows: dict[Dimensions, Used] = defaultdict(Used)
    for result in answer.field("results").items():
        result.field("date").exactly(date(day.start))
        for dimensions, counted in _counted(result):
            rows[dimensions] += counted
    return replace(activity(answer, rows), callers=dict(_callers(answer)))


def _callers(answer: Answer) -> Iterator[tuple[str, Dimensions]]:
    for result in answer.field("results").items():
        for _, entry in result.field("breakdown").field("models").entries():
            for key, part in entry.field("api_key_breakdown").entries():
                yield key, dimensions_of(caller(key, part))


def activity(answer: Answer, rows: Mapping[Dimensions, Used]) -> Activity:
    """What a page tells, with its place among the pages. Raises Malformed."""
    paging = answer.field("metadata")
    return Activity(dict(rows), paging.field("page").count(), last=not paging.field("has_more").flag())


def _counted(result: Answer) -> Iterator[tuple[Dimensions, Used]]:
    """The models' parts by key; what of a model no key is told of has no caller, and what no model is told of has neither."""
    everything = used_of(result.field("metrics"))
    told = Used()
    for model, entry in result.field("breakdown").field("models").entries():
        whole, named = used_of(entry.field("metrics")), ("model", model)
        by_key = Used()
        for key, part in entry.field("api_key_breakdown").entries():
            counted = used_of(part.field("metrics"))
            by_key += counted
            yield frozenset((named, *caller(key, part))), counted
        yield frozenset((named,)), _rest(whole, by_key, entry)
        told += whole
    if (rest := _rest(everything, told, result)) != Used():
        yield frozenset(), rest


def caller(key: str, part: Answer) -> Iterator[tuple[str, str]]:
    """Who holds a virtual key: its alias, unless that is in the shape of a hash, or else its hash."""
    metadata = part.optional("metadata")
    told = {ours: metadata.optional(theirs) for theirs, ours in KEY_NAMES} if metadata is not None else {}
    named = {ours: value.text() for ours, value in told.items() if value is not None and value.text()}
    if not is_name(named.get("apiKey", "")):
        del named["apiKey"]
    yield from ({"apiKey": key} | named).items()


def _rest(whole: Used, parts: Used, of: Answer) -> Used:
    """What the parts leave of the whole. Raises Malformed where they are more: something was counted twice."""
    try:
        return whole - parts
    except Contradictory as error:
        raise Malformed(f"{of.path}: its parts are more than the whole") from error


def used_of(metrics: Answer) -> Used:
    """What was counted, and how many requests failed: of these no tokens are. Raises Malformed where it contradicts itself."""
    counted = Tokens(
        input=metrics.field("prompt_tokens").count(),
        cached_input=metrics.counted("cache_read_input_tokens"),
        cache_write=metrics.counted("cache_creation_input_tokens"),
        output=metrics.field("completion_tokens").count(),
        requests=metrics.counted("successful_requests"),
    )
    if counted.cached_input + counted.cache_write > counted.input:
        raise Malformed(f"{metrics.path}: cached tokens are more than prompt_tokens, which must include them")
    return Used(counted, measured(Failure.REQUESTS, metrics.counted("failed_requests")))
