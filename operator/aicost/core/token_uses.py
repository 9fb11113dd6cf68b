"""Which models were priced in a month, because their bill is not in, and by what: for the price book's status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from aicost.core.appraisal import Appraised
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.token_worth import doubts
from aicost.core.window import Instant


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A provider's model whose usage is estimated: the latest of it, and how much of it has no price.

    What is not paid by token is a use of its own for each measure, and images for each size.
    """

    provider: str
    model: str
    latest: Appraised
    unpriced: int = 0

    @property
    def measure(self) -> str:
        """What is counted beside tokens; empty of these."""
        return self.latest.measure

    @property
    def name(self) -> str:
        """As people name it: `openai/gpt-6-sol`, `openai/gpt-6-sol: web searches`."""
        model = "/".join(part for part in (self.provider, self.model) if part)
        return f"{model}: {self.latest.unit}" if self.measure else model


def token_uses(estimated: Iterable[Appraised]) -> tuple[TokenUse, ...]:
    """One for each provider, model, measure and size, by name."""
    groups: dict[tuple[str, str, str, str], list[Appraised]] = defaultdict(list)
    for used in estimated:
        groups[used.provider, used.model.removeprefix(f"{used.provider}/"), used.measure, used.size].append(used)
    return tuple(_use(provider, model, of) for (provider, model, *_), of in sorted(groups.items()))


def together(parts: Iterable[Iterable[TokenUse]]) -> tuple[TokenUse, ...]:
    """The uses of several parts of the time as those of all of it."""
    groups: dict[tuple[str, str, str, str], list[TokenUse]] = defaultdict(list)
    for use in (each for part in parts for each in part):
        groups[use.provider, use.model, use.measure, use.latest.size].append(use)
    return tuple(
        TokenUse(provider, model, max((use.latest for use in uses), key=_recency), sum(use.unpriced for use in uses))
        for (provider, model, *_), uses in sorted(groups.items())
    )


def doubted(estimated: Iterable[Appraised]) -> frozenset[tuple[str, str]]:
    """The sources, each with a model of which something is estimated at a price that may be another's."""
    return frozenset(
        (used.row.source, used.model or "a model without a name")
        for used in estimated
        if used.price and not used.measure and doubts(used.price, used.row.tokens, used.row.measured)
    )


def doubtful(found: Iterable[tuple[str, str]], since: Instant) -> tuple[Gap, ...]:
    """A notice for each source that is doubted."""
    models: dict[str, set[str]] = defaultdict(set)
    for source, model in found:
        models[source].add(model)
    return tuple(_doubt(source, sorted(of), since) for source, of in sorted(models.items()))


def _use(provider: str, model: str, of: list[Appraised]) -> TokenUse:
    unpriced = sum(used.counted for used in of if used.worth() is None)
    return TokenUse(provider, model, max(of, key=_recency), unpriced)


def _recency(used: Appraised) -> tuple[object, ...]:
    return used.row.day, used.row.source, sorted(used.row.dimensions)


def _doubt(source: str, models: list[str], since: Instant) -> Gap:
    more = f" and {len(models) - 1} more" if models[1:] else ""
    message = f"{source}: what {models[0]}{more} costs depends on what usage does not tell, or the list does not"
    return Gap(GapReason.TIER_UNCERTAIN, Feed.BILLS, since, message, source=source)
