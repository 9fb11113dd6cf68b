"""The fence: which operator may write. One row tells of the last that opened the ledger to write.

Whoever opens takes a new term, and every commit asks, in its own transaction, whether its term is still the last. So an
operator that lost its Lease while it was paused, or cut off, stores nothing once its successor has opened; and one that
comes back before it opened is refused there, by the epoch of the Lease. On SQLite the file's lock does the same; the
question is asked all the same, so that there is one way.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from aicost.ports import TakenOver, Tenure
from aicost.store.engine import hurry, place, upsert
from aicost.store.schema import fence

_LAST = select(fence.c.term, fence.c.lease, fence.c.epoch, fence.c.holder).with_for_update()
_ONLY = 1


def take(connection: Connection, tenure: Tenure) -> int:
    """Let this operator write from now on, and none that opened before; returns its term.

    Raises TakenOver where the same Lease had a later holder already.
    """
    last = _last(connection)
    if last is not None and last.lease == tenure.lease and last.epoch > tenure.epoch:
        raise _taken_over(connection, last)
    term: int = 1 if last is None else last.term + 1
    row = {"id": _ONLY, "term": term, "lease": tenure.lease, "epoch": tenure.epoch, "holder": tenure.holder}
    connection.execute(upsert(fence, connection), row)
    return term


def check(connection: Connection, term: int) -> None:
    """Raise TakenOver where somebody else opened the ledger since; nobody can, until this transaction ends."""
    last = _last(connection)
    if last is None or last.term != term:
        raise _taken_over(connection, last)


def _last(connection: Connection) -> Row[*tuple[Any, ...]] | None:
    """The last opening; nobody else opens or commits until this transaction ends."""
    hurry(connection)
    return connection.execute(_LAST).one_or_none()


def _taken_over(connection: Connection, last: Row[*tuple[Any, ...]] | None) -> TakenOver:
    by = "somebody" if last is None else f"{last.holder or 'another aicost'} (epoch {last.epoch} of its Lease)"
    return TakenOver(
        f"ledger {place(connection.engine)} was taken over by {by}: nothing was stored; this process must end, so that"
        " a fresh one waits for the Lease"
    )
