"""Objects that others take their pods from: looked for in the files, then in the cluster by kubectl, with the user's own access."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias

from aicost.cli.tunnel import Place
from aicost.cli.uncounted import NotCountedError

Json: TypeAlias = Mapping[str, Any]
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Named:
    """An object by name; without a namespace it has none."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def resource(self) -> str:
        """As kubectl takes it; of these kinds each plural is the kind with an s."""
        return ".".join(part for part in (f"{self.kind.lower()}s", self.group) if part)


Fetch: TypeAlias = Callable[[Named], Json | None]
"""An object of the cluster; None where it has none. Raises NotCountedError where nobody knows."""


def nowhere(_: Named) -> None:
    """Where no cluster is asked there is nothing."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Objects of the files, and what the cluster has besides: what is in the files is about to be."""

    files: Mapping[Named, Json] = field(default_factory=dict)
    fetch: Fetch = nowhere

    def first(self, wanted: Iterable[Named]) -> Json:
        """The first one that there is. Raises NotCountedError where there is none of them."""
        sought = tuple(wanted)
        for each in sought:
            if (found := self.files.get(each)) is not None or (found := self.fetch(each)) is not None:
                return found
        asked = "the files" if self.fetch is nowhere else "the files and the cluster"
        raise NotCountedError(f"{sought[0]}, from which it takes its pods, is in none of {asked}: add it with -f")


def in_cluster(place: Place) -> Fetch:
    """What kubectl gets by the options that lead to the operator."""
    options = replace(place, namespace="").options()

    def fetch(of: Named) -> Json | None:
        if (kubectl := shutil.which("kubectl")) is None:
            raise NotCountedError(f"{of}, from which it takes its pods, cannot be looked for: kubectl is not on PATH")
        where = ["-n", of.namespace] if of.namespace else []
        # behind --, for who writes a manifest writes names in it, and none of them may be an option
        asked = ["--", of.resource, of.name]
        command = [kubectl, "get", "-o", "json", "--ignore-not-found", *where, *options, *asked]
        return _answer(of, command)

    return cache(fetch)


def _answer(of: Named, command: list[str]) -> Json | None:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603 # kubectl, with arguments of our own
        if answer.returncode == 0:
            found: Json | None = json.loads(answer.stdout) if answer.stdout.strip() else None
            return found
        why = answer.stderr.strip().rpartition("\n")[2] or "kubectl said nothing"
    except subprocess.TimeoutExpired:
        why = f"kubectl did not answer in {_SECONDS} seconds"
    except ValueError:
        why = "kubectl answered no JSON"
    raise NotCountedError(f"{of}, from which it takes its pods, is in none of the files and was not read: {why}")
