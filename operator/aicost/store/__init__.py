"""The ledger adapter: the only place that knows SQL. SQLite or PostgreSQL, with the same tables."""

from aicost.store.ledger import SqlLedger, open_ledger

__all__ = ["SqlLedger", "open_ledger"]
