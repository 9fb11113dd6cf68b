"""What providers call what they have ids of: labels for people. Nothing is ever found or owned by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Names: TypeAlias = Mapping[tuple[str, str, str], str]
"""By source, dimension and id."""
LONGEST = 100


def cleaned(name: str) -> str:
    """A name as it may be shown: one line, without what a terminal obeys, bounded."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def called(names: Names, source: str, subject: str) -> str:
    """What a bill names (`project proj_support`), with its name behind it if it has one: `... (Support)`."""
    dimension, _, value = subject.partition(" ")
    name = names.get((source, dimension, value), "")
    return f"{subject} ({name})" if name and name != value else subject


def among(names: Names, things: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, str, str, str], ...]:
    """Of things by source, dimension and id those that have a name, each once with it, in order."""
    return tuple((*of, names[of]) for of in sorted(set(things)) if names.get(of, of[2]) != of[2])
