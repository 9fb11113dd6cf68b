"""Kustomize components that stay valid after their advice was followed: a merged patch ends the advice, not itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import yaml

from aicost.core.identity import ObjectRef
from aicost.core.texts import seen
from aicost.ports import Malformed

NAME = "kustomization.yaml"
STILL = "Still a hypothesis or an alternative, not written by this run"
"""What is said of advice that is kept and whose turn this is not: its change may be on trial, and is not to be merged unseen."""
_UNNAMED = "default"
Entry = Mapping[str, Any]


def entry(path: str, ref: ObjectRef, namespace: str) -> Entry:
    """A patch of that object alone, in manifests that name its namespace and in those that name none.

    Kustomize takes each as a pattern, and calls the namespace of what names none `default`:
    https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
    """
    target = {"kind": ref.kind, "name": ref.name.replace(".", r"\."), "namespace": _named_or_not(namespace)}
    return {"path": path, "target": {"group": ref.group, **target} if ref.group else target}


def _named_or_not(namespace: str) -> str:
    return namespace if namespace == _UNNAMED else f"({namespace}|{_UNNAMED})"


def component(entries: Iterable[Entry]) -> str:
    """Valid without any, so that an overlay can name it before anything is advised."""
    body = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": [*map(dict, entries)]}
    return yaml.safe_dump(body, sort_keys=True, width=120)


def outliving(
    files: Mapping[str, str],
    there: Mapping[str, str],
    is_there: Callable[[str], bool],
    mark: str,
    still: Collection[str] = (),
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The files with components that still name earlier patches, before what is advised now and marked; and the paths of these.

    `there` are texts by path of the components as they are, `is_there` says whether a path is a file: a patch that people took
    away is named no longer. `still` are paths of what is advised, though not written now: that is told apart. Raises Malformed for what is no component.
    """
    merged, kept = dict(files), []
    for path, text in there.items():
        folder, now = path.removesuffix(NAME), _entries(files[path], path)
        named = {each["path"] for each in now}
        old = [each for each in _entries(text, path) if each["path"] not in named and is_there(folder + each["path"])]
        merged[path] = mark + "".join(_note(each, folder, still) for each in old) + component((*old, *now))
        kept += [folder + each["path"] for each in old]
    return merged, tuple(kept)


def _note(of: Entry, folder: str, still: Collection[str]) -> str:
    why = STILL if folder + of["path"] in still else "Advised no longer"
    return f"# {why}, and kept until you take it away: {seen(of['path'])}\n"


def _entries(text: str, path: str) -> list[Entry]:
    try:
        return [{**each, "path": str(each["path"])} for each in yaml.safe_load(text).get("patches") or ()]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise Malformed(f"{path} is no component of aicost ({error!r}): take it away or mend it") from error
