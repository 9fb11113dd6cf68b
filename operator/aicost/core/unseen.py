"""What a provider counted of shared keys beside what gateways saw of them, so that each token is somebody's once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from aicost.core.money import split
from aicost.core.refining import Keys, is_of, item
from aicost.core.usage import Tokens, UsageRow


def unseen(usage: Iterable[UsageRow], keys: Keys, providers: Mapping[str, str]) -> Iterator[UsageRow]:
    """Usage of one day, less in rows of a key that a gateway refines what it saw of their model; its own rows stay.

    `keys` are the day's, `providers` whose models each source's are. What a gateway saw more than was counted is not less.
    """
    rows = tuple(usage)
    refined: dict[str, list[UsageRow]] = defaultdict(list)
    left = {row: row.tokens for row in rows}
    for row in rows:
        if gateway := keys.get((row.source, dict(row.dimensions).get("apiKey", ""))):
            refined[gateway].append(row)
    for seen in rows:
        of = [row for row in refined.get(seen.source, ()) if _is_of(seen, row, providers)]
        left |= zip(of, _less([left[row] for row in of], seen.tokens), strict=True)
    return (replace(row, tokens=left[row]) for row in rows)


def _is_of(seen: UsageRow, row: UsageRow, providers: Mapping[str, str]) -> bool:
    return is_of(seen, providers.get(row.source, ""), item(row.dimensions)[0])


def _less(counts: list[Tokens], seen: Tokens) -> Iterator[Tokens]:
    """Each count less its part of what was seen; what caches gave and took stays inside the input."""
    inputs = _reduced([of.input for of in counts], seen.input)
    cached = _reduced([of.cached_input for of in counts], seen.cached_input)
    written = _reduced([of.cache_write for of in counts], seen.cache_write)
    outputs = _reduced([of.output for of in counts], seen.output)
    requests = _reduced([of.requests for of in counts], seen.requests)
    for of, each in zip(counts, zip(inputs, cached, written, outputs, requests, strict=True), strict=True):
        read, wrote = min(each[1], each[0]), min(each[2], each[0] - min(each[1], each[0]))
        yield Tokens(each[0], read, wrote, *each[3:], min(of.cache_write_long, wrote))


def _reduced(counts: list[int], seen: int) -> list[int]:
    whole = sum(counts)
    if not whole:
        return counts
    return [count - part for count, part in zip(counts, split(min(seen, whole), counts), strict=True)]
