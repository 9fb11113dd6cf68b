"""What the mutation tester is given is the product's own code."""

from __future__ import annotations

from pathlib import Path

from mutation.__main__ import MODULES
from mutation.staging import stage, with_plain_properties
from mutation.survivors import Mutant, function_of

SOURCE = '''\
class Card:
    size = 2

    @property
    def area(self) -> int:
        """Twice."""
        return self.size * 2

    @property
    def name(self) -> str:
        return f"{self.area} mm"

    def other(self) -> str:
        return self.name
'''


def test_properties_call_functions_that_say_the_same() -> None:
    """A property gives what it gave, by a function that can be changed."""
    names: dict[str, type] = {}
    source = with_plain_properties(SOURCE)
    exec(source, names)  # noqa: S102 # code from above
    assert names["Card"]().other() == "4 mm"
    assert names["property_Card_area"](names["Card"]()) == 4
    assert source.count("@property") == 2


def test_modules_are_staged_where_they_are_looked_for(tmp_path: Path) -> None:
    """All modules of the core that are mutated are there, under a source root that the tester knows."""
    stage(tmp_path / "staged", [Path("aicost", "core", f"{name}.py") for name in MODULES])
    for name in MODULES:
        compile((tmp_path / "staged" / "src" / "aicost" / "core" / f"{name}.py").read_text(), name, "exec")
    assert (tmp_path / "staged" / "tests" / "core").is_dir()


def test_mutants_are_named_by_their_function() -> None:
    """A function, a method and a property are called what they are called in the product."""
    assert function_of("aicost.core.money.x_split__mutmut_32") == "aicost.core.money.split"
    assert function_of("aicost.core.money.xǁMoneyǁ__add____mutmut_1") == "aicost.core.money.Money.__add__"
    assert function_of("aicost.core.cards.x_property__Node_is_shared__mutmut_4") == "aicost.core.cards._Node.is_shared"


def test_a_mutant_is_what_stands_there_and_what_stands_there_instead() -> None:
    """Whatever the number that the tester gives it, and wherever the line is by now."""
    diff = (
        "# name: survived\n--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n     def f():\n-        return 1\n+        return 2\n"
    )
    assert Mutant.of("aicost.core.money.x_f__mutmut_1", diff) == Mutant("aicost.core.money.f", "return 1", "return 2")
