"""How levers are asked where nobody minds what one raises."""

from __future__ import annotations

import pytest

from aicost.core.identity import WorkloadRef
from aicost.core.recommendations.asking import about_any
from tests.support.advising import ADVICE


def test_plainly_is_as_the_lever_answers() -> None:
    """With whatever it raises, about any workload."""
    ask = about_any(WorkloadRef("support", "chat"))
    assert ask("idle", lambda: iter([ADVICE])) == (ADVICE,)
    with pytest.raises(ZeroDivisionError):
        ask("idle", lambda: [ADVICE][1 // 0 :])
