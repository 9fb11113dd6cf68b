"""What is said of mutants that survive is about the code as it is."""

from __future__ import annotations

import re

import pytest

from mutation.__main__ import MODULES
from mutation.staging import ROOT
from mutation.survivors import Mutant, accepted


@pytest.mark.parametrize(("mutant", "why"), accepted().items(), ids=lambda of: getattr(of, "function", ""))
def test_what_may_survive_is_there_and_has_its_reason(mutant: Mutant, why: str) -> None:
    """The piece of code stands in its module, its function too, and somebody said why its change is none."""
    module, function = mutant.function.split(".")[2], mutant.function.rpartition(".")[2]
    assert module in MODULES
    source = (ROOT / "operator" / "aicost" / "core" / f"{module}.py").read_text()
    assert f"def {function}(" in source
    assert mutant.line in re.sub(r"\s+", " ", source)
    assert mutant.becomes not in ("", mutant.line)
    assert why.strip()
