"""Advice in a status: cut to what the schema holds, on one line each, with its patch as text."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from aicost.api.recommendation import Evidence, Recommendation, Saving, Target
from aicost.core.money import decimal
from aicost.core.recommendations import advice as core
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.kinds import api_version
from aicost.core.recommendations.patches import Operations, Patch, patch_of
from aicost.core.texts import seen
from aicost.core.window import rfc3339

LONGEST_TEXT = 512
LONGEST_NUMBER = 128
LONGEST_PATCH = 16384
MOST_REQUIRED = 8
MOST_NUMBERS = 32


def recommendations(told: Told | None) -> tuple[Recommendation, ...] | None:
    """What a workload is told, the largest first; None where nobody looked."""
    return None if told is None else tuple(recommendation(each) for each in told.advice)


def saving(low: int, high: int) -> Saving:
    """A range of nano-units as exact decimals."""
    return Saving(low=decimal(low), high=decimal(high))


def patch_text(patch: Patch | Operations) -> str:
    """As YAML, keys sorted: equal patches are equal texts."""
    return yaml.safe_dump(patch, sort_keys=True, width=120, allow_unicode=False)


def recommendation(of: core.Advice) -> Recommendation:
    """One piece of advice."""
    patch = patch_of(of)
    text = None if patch is None else patch_text(patch)
    return Recommendation.model_validate(
        {
            "id": of.id,
            "kind": of.lever.value,
            "effect": of.effect.value,
            "basis": of.basis.value,
            "target": _target(of.target),
            "current": _line(of.current),
            "proposed": _line(of.proposed),
            "monthlySaving": saving(of.saving.low, of.saving.high),
            "requires": tuple(map(_line, of.requires[:MOST_REQUIRED])),
            "reason": _line(of.reason),
            "evidence": _evidence(of.evidence),
            "configuration": of.configuration or None,
            "patch": text if text is not None and len(text) <= LONGEST_PATCH else None,
        }
    )


def _target(of: core.Target) -> Target:
    ref = of.object_ref
    return Target(api_version=api_version(ref), kind=ref.kind, name=ref.name, container=of.container or None)


def _evidence(of: core.Evidence) -> Evidence:
    numbers: Mapping[str, str] = dict(sorted(of.numbers.items())[:MOST_NUMBERS])
    return Evidence(
        window=f"{rfc3339(of.window.start)}/{rfc3339(of.window.end)}",
        samples=of.samples,
        numbers={name: _line(number)[:LONGEST_NUMBER] for name, number in numbers.items()},
    )


def _line(text: str) -> str:
    return seen(text)[:LONGEST_TEXT]
