"""Advice in a status."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aicost.api.publish.recommendations import recommendations
from aicost.core.recommendations.advice import Basis, Evidence, Target
from aicost.core.recommendations.changes import Resize, Scale, SetVariable
from aicost.core.recommendations.chosen import Told
from tests.support.advising import ADVICE, WEEK

FULL = replace(
    ADVICE,
    basis=Basis.HYPOTHESIS,
    target=Target(ADVICE.target.object_ref, "lab"),
    requires=("one week without it",),
    evidence=Evidence(WEEK, 168, {"smActivePeakPercent": "0.4", "powerPeakWatts": "71"}),
    change=Scale(0),
)


def test_advice_is_told_whole() -> None:
    """Every field of design.md's status, with a patch that is ready to commit."""
    (told,) = recommendations(Told((FULL,))) or ()
    assert told.to_wire() == {
        "id": "scale-to-zero-statefulset-notebook-lab",
        "kind": "ScaleToZero",
        "effect": "FreedCapacity",
        "basis": "Hypothesis",
        "target": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "notebook", "container": "lab"},
        "current": "replicas: 1",
        "proposed": "replicas: 0",
        "monthlySaving": {"low": "0.000001", "high": "0.000001"},
        "requires": ["one week without it"],
        "reason": "Nothing ran for 7 days.",
        "evidence": {
            "window": "1970-01-01T00:00:00Z/1970-01-08T00:00:00Z",
            "samples": 168,
            "numbers": {"powerPeakWatts": "71", "smActivePeakPercent": "0.4"},
        },
        "patch": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: notebook\nspec:\n  replicas: 0\n",
    }


def test_where_nobody_looked_nothing_is_told() -> None:
    """That is another thing than no advice."""
    assert recommendations(None) is None
    assert recommendations(Told()) == ()


def test_a_device_that_is_no_longer_asked_for_is_null() -> None:
    """So that a merge takes it away."""
    resize = Resize("lab", (("nvidia.com/gpu", None), ("nvidia.com/mig-1g.10gb", 1)))
    (told,) = recommendations(Told((replace(FULL, change=resize),))) or ()
    limits = yaml.safe_load(told.patch or "")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits == {"nvidia.com/gpu": None, "nvidia.com/mig-1g.10gb": 1}


_TEXTS = st.text(st.sampled_from("a:-#\n\t\"'{}[]&*!|>%@`$\u2028\u202e\x1b\U0001f600"), max_size=20)


@given(container=_TEXTS, name=_TEXTS, value=_TEXTS)
def test_no_text_adds_anything_to_a_patch(container: str, name: str, value: str) -> None:
    """Whatever a workload names its container and variable, and a bill its models: it stays the value where it stands."""
    (told,) = recommendations(Told((replace(FULL, change=SetVariable(container, name, value)),))) or ()
    (read,) = yaml.safe_load_all(told.patch or "")
    assert read["spec"]["template"]["spec"]["containers"] == [
        {"name": container, "env": [{"name": name, "value": value, "valueFrom": None}]}
    ]
    assert (read.keys(), read["metadata"]) == ({"apiVersion", "kind", "metadata", "spec"}, {"name": "notebook"})


@pytest.mark.parametrize("text", ["x" * 600, "one\nline\u202e"])
def test_whatever_a_lever_says_fits_the_schema(text: str) -> None:
    """Too long is cut; what nobody would see stands as its escape."""
    numbers = {f"n{n:02}": text for n in range(40)}
    said = replace(FULL, reason=text, current=text, requires=(text,) * 9, evidence=Evidence(WEEK, 1, numbers))
    (told,) = recommendations(Told((said,))) or ()
    assert told.reason == told.current == told.requires[7] == (text[:512] if len(text) > 99 else r"one\nline\u202e")
    assert (len(told.requires), len(told.evidence.numbers)) == (8, 32)
