"""Whom to believe: the labels of trusted scrapes in queries, and the rule where none are set. Pure.

Whoever is scraped can write any series, so a series proves something only if the scrape's own labels say where it
comes from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from aicost.core.identity import Labels
from aicost.ports import Malformed

Target: TypeAlias = tuple[str, str]
"""Job and namespace of a scrape's target; empty where the scrape tells none."""

_SHOWN = 3
_LONGEST = 60


def selecting(matchers: Labels) -> str:
    """The matchers as they stand between a selector's braces, sorted; empty for none."""
    return ",".join(f"{name}={quoted(value)}" for name, value in sorted(matchers))


def quoted(text: str) -> str:
    """A PromQL string of exactly this text: the only way in which text from outside may come into a query.

    PromQL knows JSON's escapes, but not its pairs of surrogates: characters beyond ASCII stand as they are.
    """
    return json.dumps(text, ensure_ascii=False)


def target(labels: Mapping[str, str]) -> Target:
    """The target of a series that has no namespace of its own."""
    return labels.get("job", ""), labels.get("namespace", "")


def of_the_right_scrape(value: str) -> str:
    """How to say whom to believe in the chart's values."""
    return f"set prometheus.{value} to the labels of the right scrape (aicost doctor says which)"


def the_only(targets: Iterable[Target], exporter: str, remedy: str) -> Target | None:
    """The one target that the exporter's series come from; None for none. Raises Malformed where there are several.

    Nothing in the series tells which of several is the exporter and which writes in its name. `remedy` says how to tell
    it.
    """
    found = sorted(set(targets))
    if len(found) > 1:
        shown = " and ".join(
            f"job {job[:_LONGEST]!r} in {of[:_LONGEST] or 'no'} namespace" for job, of in found[:_SHOWN]
        )
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise Malformed(f"{exporter}'s series come from {shown}{more}, and nothing tells whom to believe: {remedy}")
    return found[0] if found else None
