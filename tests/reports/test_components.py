"""Components of kustomize that outlive what is advised."""

from __future__ import annotations

import pytest
import yaml

from aicost.core.identity import ObjectRef
from aicost.ports import Malformed
from aicost.reports.components import STILL, component, entry, outliving

HERE = "support/chat/kustomization.yaml"
A, B, C = (entry(f"{name}.yaml", ObjectRef("apps", "Deployment", name), "support") for name in "abc")


def paths(text: str) -> list[str]:
    """The patches that a component names, in their order."""
    return [each["path"] for each in yaml.safe_load(text)["patches"]]


def test_a_patch_says_its_target() -> None:
    """In its namespace or in none; a name is a pattern for kustomize, and an empty group is none to name."""
    assert A["target"] == {"group": "apps", "kind": "Deployment", "name": "a", "namespace": "(support|default)"}
    pod = entry("p.yaml", ObjectRef("", "Pod", "a.b"), "default")
    assert pod["target"] == {"kind": "Pod", "name": r"a\.b", "namespace": "default"}


def test_a_patch_that_was_merged_stays_before_what_is_advised_now() -> None:
    """In the order in which they were advised, since each may rest on those before; what is told anew comes last."""
    files = {HERE: component([A])}
    found, kept = outliving(files, {HERE: component([A, C, B])}, lambda _: True, "# made\n")
    notes = (f"# Advised no longer, and kept until you take it away: {name}.yaml\n" for name in "cb")
    assert found[HERE].startswith(f"# made\n{''.join(notes)}apiVersion")
    assert (paths(found[HERE]), kept) == (
        ["c.yaml", "b.yaml", "a.yaml"],
        ("support/chat/c.yaml", "support/chat/b.yaml"),
    )


def test_what_is_kept_and_still_advised_is_not_called_advised_no_longer() -> None:
    """Of one folder: a trial's patch of an earlier run is neither merged nor over."""
    found, kept = outliving(
        {HERE: component([])}, {HERE: component([A, B])}, lambda _: True, "", ("support/chat/b.yaml",)
    )
    said = [line.removeprefix("# ") for line in found[HERE].splitlines()[:2]]
    assert said == [
        f"{why}, and kept until you take it away: {name}.yaml"
        for why, name in (("Advised no longer", "a"), (STILL, "b"))
    ]
    assert kept == ("support/chat/a.yaml", "support/chat/b.yaml")


def test_a_patch_that_people_took_away_is_named_no_longer() -> None:
    """Nothing is advised any more, and one of two files is there."""
    found, kept = outliving({HERE: component([])}, {HERE: component([A, B])}, "support/chat/b.yaml".__eq__, "")
    assert (paths(found[HERE]), kept) == (["b.yaml"], ("support/chat/b.yaml",))
    assert outliving(found, {}, lambda _: True, "") == (found, ())


@pytest.mark.parametrize("text", ["", "[]", "patches: 3", "patches: [{target: x}]", "patches: [x]", "{"])
def test_what_is_no_component_is_said(text: str) -> None:
    """By its path; nothing is guessed of what people made of it."""
    with pytest.raises(Malformed, match=HERE):
        outliving({HERE: component([])}, {HERE: text}, lambda _: True, "")
