"""The ledger's tables. Only their shape lives here; a change of it needs a migration (a test compares the two).

History is append-only: rows of `entry` and `line` are inserted, never updated. Which entry of a key is the latest
is the business of `head`, one row per key, moved in the transaction that appends the entry. So a superseded entry
keeps every byte it had, and sums over the latest entries read one index range of `head` instead of searching
history. `head` holds nothing that `entry` does not: it can be made anew from the highest id of each key.

Ids tell history from drafts: a settled entry has a positive id and stays; a draft, of an hour still open, has a
negative one, is nobody's `previous_id`, and is the only thing that is ever deleted from these two tables. That no row
refers to it is asked of an index on each foreign key: without one, each deletion would read all of history.

Amounts are nano-units and times are epoch seconds, all 64-bit integers. Everything else is text: JSON is canonical
text, so that equal values are equal rows on any database. Text is compared and sorted by its bytes, everywhere.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, text

from aicost.store.columns import TEXT, WHOLE, metadata
from aicost.store.columns import key as _key
from aicost.store.columns import text as _text
from aicost.store.columns import whole as _whole

_HAD_ONE = text("previous_id IS NOT NULL")

entry = Table(
    "entry",
    metadata,
    _key("id", WHOLE),
    _text("key"),
    _text("content"),
    Column("chain", TEXT, nullable=False, unique=True),
    Column("previous_id", WHOLE, ForeignKey("entry.id"), nullable=True),
    _whole("window_start"),
    _whole("window_end"),
    _text("period"),
    _text("component"),
    _text("pool"),
    _text("certainty"),
    _whole("amount", nullable=True),
    _text("currency", nullable=True),
    _whole("quantity"),
    _text("unit"),
    _text("description"),
    _text("gap", nullable=True),
    _whole("recorded_at"),
    CheckConstraint("window_start < window_end", name="window"),
    CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount"),
    CheckConstraint("(amount IS NULL) = (gap IS NOT NULL)", name="gap"),
    Index("ix_entry_previous_id", "previous_id", sqlite_where=_HAD_ONE, postgresql_where=_HAD_ONE),
    sqlite_strict=True,
)

line = Table(
    "line",
    metadata,
    Column("entry_id", WHOLE, ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    _key("position", WHOLE),
    _text("owner_kind"),
    _text("unit_name"),
    _text("workload_namespace", nullable=True),
    _text("workload_name", nullable=True),
    _text("subject"),
    _whole("nanos", nullable=True),
    _whole("quantity"),
    CheckConstraint("(workload_namespace IS NULL) = (workload_name IS NULL)", name="workload"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

head = Table(
    "head",
    metadata,
    _key("key"),
    Column("entry_id", WHOLE, ForeignKey("entry.id"), nullable=False),
    _whole("window_start"),
    Index("ix_head_window_start", "window_start", "entry_id"),
    Index("ix_head_entry_id", "entry_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Which keys are corrections of a closed month, so that they are found without looking through their own months.
correction = Table("correction", metadata, _key("corrected"), _key("key"), sqlite_strict=True, sqlite_with_rowid=False)

# Closed months. Each row's chain covers the row and all closings before it.
closing = Table(
    "closing",
    metadata,
    _key("period"),
    _whole("closed_at"),
    _text("closed_by"),
    _text("digest"),
    _text("remaining"),
    _text("accounts"),
    _text("issued", nullable=True),
    _text("spreads", nullable=True),
    _text("holes", nullable=True),
    Column("chain", TEXT, nullable=False, unique=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Sums of the lines that count, by the UTC day on which their origins begin: kept by every transaction that changes the day.
# Texts are empty where a line or its entry has none, the unit where there is an amount; of each sum the units of `exact` and what they leave.
rollup = Table(
    "rollup",
    metadata,
    _key("day", WHOLE),
    *map(_key, ("owner_kind", "unit_name", "workload_namespace", "workload_name")),
    *map(_key, ("component", "pool", "certainty", "currency", "gap", "unit")),
    _whole("nanos_whole"),
    _whole("nanos_left"),
    _whole("quantity_whole"),
    _whole("quantity_left"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

card_group = Table(
    "card_group",
    metadata,
    _key("node"),
    _key("node_created", WHOLE),
    _key("resource"),
    _key("window_start", WHOLE),
    _whole("window_end"),
    _text("product"),
    _whole("cards"),
    _text("labels"),
    _text("sharing"),
    _text("slots"),
    _whole("claimable"),
    Index("ix_card_group_window_end", "window_end"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

holding = Table(
    "holding",
    metadata,
    _key("pod_uid"),
    _key("resource"),
    _key("claim"),
    _text("namespace"),
    _text("pod"),
    _text("labels"),
    _text("owners"),
    _text("node"),
    _whole("devices"),
    _whole("window_start"),
    _whole("window_end"),
    _whole("assumed_from", nullable=True),
    Index("ix_holding_window_end", "window_end"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# `subject` is namespace/pod, as in table `line`, so that a line finds its hour's cards by their key.
card_use = Table(
    "card_use",
    metadata,
    _key("window_start", WHOLE),
    _key("subject"),
    _key("card"),
    _whole("window_end"),
    _text("signal"),
    _whole("busy_ppm"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


def _tokens() -> list[Column[Any]]:
    return [_whole(name) for name in ("input", "cached_input", "cache_write", "output", "requests")]


pod_tokens = Table(
    "pod_tokens",
    metadata,
    _key("window_start", WHOLE),
    _key("namespace"),
    _key("pod"),
    _key("model"),
    _whole("window_end"),
    *_tokens(),
    _whole("aborted", nullable=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Microseconds and tokens; `dimensions` is the canonical text of who called, empty pairs for callers without a name.
caller_use = Table(
    "caller_use",
    metadata,
    _key("window_start", WHOLE),
    _key("source"),
    _key("dimensions"),
    _whole("window_end"),
    _whole("prefill"),
    _whole("decode"),
    _whole("input"),
    _whole("output"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What a node had in an hour, or in a part of one, and who took of it: microcores and bytes; `takers` is the canonical text of the pods.
host_hour = Table(
    "host_hour",
    metadata,
    _key("window_start", WHOLE),
    _key("node"),
    _whole("window_end"),
    _whole("microcores"),
    _whole("memory"),
    _text("takers"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# How much pods used of what they took of a host, NULL: nobody saw it; `resource` is the pool of the lines, `subject` theirs.
host_use = Table(
    "host_use",
    metadata,
    _key("window_start", WHOLE),
    _key("subject"),
    _key("resource"),
    _whole("busy_ppm", nullable=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

usage_row = Table(
    "usage_row",
    metadata,
    _key("window_start", WHOLE),
    _key("source"),
    _key("dimensions"),
    _whole("window_end"),
    *_tokens(),
    _text("measured"),
    _whole("cache_write_long"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What resources declare that decides owners, from an instant on; NULL where one is gone.
declaration = Table(
    "declaration",
    metadata,
    _key("since", WHOLE),
    _key("kind"),
    _key("namespace"),
    _key("name"),
    _text("declared", nullable=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

mark = Table("mark", metadata, _key("name"), _text("value"), sqlite_strict=True, sqlite_with_rowid=False)

# One row: who opened the ledger last to write it. `term` grows with every opening.
fence = Table(
    "fence",
    metadata,
    _key("id", WHOLE),
    _whole("term"),
    _text("lease"),
    _whole("epoch"),
    _text("holder"),
    CheckConstraint("id = 1", name="one"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
