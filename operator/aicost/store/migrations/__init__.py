"""Alembic's migrations of the ledger, in versions/: one file per change of schema.py, never edited after a release."""
