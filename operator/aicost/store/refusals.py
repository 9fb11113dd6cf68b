"""What a database may refuse, in the ledger's words: which error of the ports it becomes, and what to do about it.

A sentence follows "ledger PLACE". Only what is true of every database lives here; its own words lie with its engine.
"""

from __future__ import annotations

from typing import TypeAlias

from aicost.ports import Malformed, Unavailable

Refusal: TypeAlias = tuple[type[Exception], str]

IN_USE: Refusal = Unavailable, "is in use by another aicost: stop it, or give this one another ledger"
NO_ROOM: Refusal = (
    Unavailable,
    "has no room left: nothing of this commit was stored; enlarge its volume",
)
FAILING: Refusal = (
    Unavailable,
    "could not be read or written: nothing of this commit was stored; its volume is full or failing",
)
TOO_LARGE: Refusal = Malformed, "cannot hold it: a number is beyond 64 bits; nothing was stored"
UNKNOWN: Refusal = Unavailable, "refused a statement: nothing of it was stored"
