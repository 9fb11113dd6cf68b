"""Looks at months, of evaluations that knew nothing beside the ledger."""

from __future__ import annotations

from aicost.core.declarations import Declarations
from aicost.core.dividing import Dividing
from aicost.ports import Ledger
from aicost.reconcile.look import Look
from aicost.reconcile.remembered import Remembered
from tests.support.builders import T0


def a_look(ledger: Ledger) -> Look:
    """Nothing is declared, covered, billed or closed."""
    return Look(ledger, Declarations(), (), (), T0, (), (), frozenset(), (), Remembered(), Dividing(()))
