"""The levers of models by which usage is looked at, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from aicost.core.recommendations.advice import Answer
from aicost.core.recommendations.asking import Ask, plainly
from aicost.core.recommendations.models.caching import stop_prompt_caching, use_prompt_caching
from aicost.core.recommendations.models.long_context import avoid_long_context
from aicost.core.recommendations.models.market import Market
from aicost.core.recommendations.models.slower import use_batch_api, use_flexible_tier
from aicost.core.recommendations.models.smaller import use_smaller_model
from aicost.core.recommendations.models.successor import use_newer_model
from aicost.core.recommendations.models.surcharge import drop_surcharge
from aicost.core.recommendations.models.usage import ModelUsage

ModelLever: TypeAlias = Callable[[ModelUsage, Market], Iterable[Answer]]
LEVERS: tuple[ModelLever, ...] = (
    use_newer_model,
    use_smaller_model,
    use_batch_api,
    use_flexible_tier,
    use_prompt_caching,
    stop_prompt_caching,
    avoid_long_context,
    drop_surcharge,
)


def looked_at(usage: ModelUsage, market: Market, ask: Ask = plainly) -> Iterator[Answer]:
    """What every lever answers about it; what nobody can price or use has no answer."""
    for lever in LEVERS:
        yield from ask(lever.__name__, partial(lever, usage, market))
