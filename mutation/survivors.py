"""Mutants that no test kills: what mutmut tells of them, and those that are known to change no amount, with the reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ACCEPTED = Path(__file__).with_name("survivors.toml")
_NAME = re.compile(r"(?P<module>[\w.]+)\.x(?:_|ǁ)(?P<function>.+)__mutmut_\d+")
_PROPERTY = re.compile(r"property_(?P<of>_?[A-Za-z]+)_(?P<name>\w+)")


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """A function, a piece of it, and what stands there instead; lines without their indentation."""

    function: str
    line: str
    becomes: str

    @classmethod
    def of(cls, name: str, diff: str) -> Mutant:
        """From its name and the difference that mutmut shows."""
        changes = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "#"))]
        gone, come = (_joined(line[1:] for line in changes if line.startswith(sign)) for sign in "-+")
        return cls(function_of(name), gone, come)

    def __str__(self) -> str:
        return f"{self.function}\n    - {self.line}\n    + {self.becomes}"


def function_of(name: str) -> str:
    """`aicost.core.money.xǁMoneyǁparse__mutmut_3` is of `aicost.core.money.Money.parse`."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} is no mutant of a function")
    function = found["function"].replace("ǁ", ".")
    if of_class := _PROPERTY.fullmatch(function):
        function = f"{of_class['of']}.{of_class['name']}"
    return f"{found['module']}.{function}"


def accepted(path: Path = ACCEPTED) -> dict[Mutant, str]:
    """Those that may survive, each with the reason why it changes no amount."""
    told = tomllib.loads(path.read_text())["survivor"]
    return {Mutant(of["function"], of["line"], of["becomes"]): of["why"] for of in told}


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip() for line in lines)
