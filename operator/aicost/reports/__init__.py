"""Pure renderers: from the ledger's sums to documents, tables and metrics. One file per form."""
