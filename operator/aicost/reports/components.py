"""Kustomize components that stay valid after their advice was followed: a merged patch ends the advice, not itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from aicost.core.identity import ObjectRef
from aicost.core.texts import seen
from aicost.ports import Malformed

NAME = "kustomization.yaml"
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
    files: Mapping[str, str], there: Mapping[str, str], is_there: Callable[[str], bool], mark: str
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The files with components that still name earlier patches, before what is advised now and marked; and the paths of these.

    `there` are texts by path of the components as they are, `is_there` says whether a path is a file: a patch that people took
    away is named no longer. Raises Malformed for what is no component.
    """
    merged, kept = dict(files), []
    for path, text in there.items():
        folder, now = path.removesuffix(NAME), _entries(files[path], path)
        named = {each["path"] for each in now}
        old = [each for each in _entries(text, path) if each["path"] not in named and is_there(folder + each["path"])]
        merged[path] = mark + "".join(map(_note, old)) + component((*old, *now))
        kept += [folder + each["path"] for each in old]
    return merged, tuple(kept)


def _note(of: Entry) -> str:
    return f"# Advised no longer, and kept until you take it away: {seen(of['path'])}\n"


def _entries(text: str, path: str) -> list[Entry]:
    try:
        return [{**each, "path": str(each["path"])} for each in yaml.safe_load(text).get("patches") or ()]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise Malformed(f"{path} is no component of aicost ({error!r}): take it away or mend it") from error
