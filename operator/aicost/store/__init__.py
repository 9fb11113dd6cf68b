"""The ledger adapter: the only place that knows SQL. SQLite now; the same schema is meant for PostgreSQL."""

from aicost.store.ledger import SqlLedger, open_ledger

__all__ = ["SqlLedger", "open_ledger"]
