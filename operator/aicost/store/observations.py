"""What was observed beside money: devices, use of cards, token counts, and marks. The last account of each wins.

What is told again is told whole, and what a later account no longer has is deleted: of a day, a provider's usage
rows, but not what was looked at of the very same ones; of the time that a card group lasts, other groups that began in it, for a node has its cards once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, delete, select

from aicost.core.holdings import CardGroup, Devices, Holding
from aicost.core.identity import NodeRef, ObjectRef, PodIdentity
from aicost.core.layout import Slot
from aicost.core.samples import Looked, kept
from aicost.core.usage import CardUse, Observed, PodTokens, Tokens, UsageRow
from aicost.core.window import Instant, Window
from aicost.ports import Commit
from aicost.store import placements
from aicost.store.encoding import Values, canonical, pairs, read_pairs, read_window
from aicost.store.engine import upsert
from aicost.store.schema import card_group, card_use, holding, mark, pod_tokens, usage_row


def put(connection: Connection, addition: Commit) -> None:
    """Store what differs from what is there, of all that a commit has beside entries."""
    devices, observed = addition.devices, addition.observed
    _replace_groups(connection, devices.groups)
    _put(connection, holding, [_holding_values(held) for held in devices.holdings])
    placements.put(connection, devices.placements)
    _put(connection, card_use, [_card_use_values(use) for use in observed.card_use])
    _put(connection, pod_tokens, [_pod_tokens_values(counted) for counted in observed.pod_tokens])
    _replace_days(connection, observed.usage, addition.usage_days)
    _put(connection, mark, [{"name": name, "value": value} for name, value in addition.marks.items()])


def devices_overlapping(connection: Connection, over: Window) -> Devices:
    """Stored card groups, holdings and placements that overlap the window, by node, then by start."""
    groups = [_read_group(row) for row in _overlapping(connection, card_group, over)]
    holdings = [_read_holding(row) for row in _overlapping(connection, holding, over)]
    return Devices(
        tuple(sorted(groups, key=lambda group: (group.node, group.resource, group.window))),
        tuple(sorted(holdings, key=lambda held: (held.node, held.window.start, held.key))),
        placements=placements.overlapping(connection, over),
    )


def observed_in(connection: Connection, over: Window, *, with_card_use: bool, with_usage: bool) -> Observed:
    """What was observed in windows that begin in this one, each kind by its key."""
    return Observed(
        card_use=tuple(_read_card_use(row) for row in _rows(connection, card_use, over)) if with_card_use else (),
        pod_tokens=tuple(_read_pod_tokens(row) for row in _rows(connection, pod_tokens, over)),
        usage=tuple(_read_usage(row) for row in _rows(connection, usage_row, over)) if with_usage else (),
    )


def all_marks(connection: Connection) -> dict[str, str]:
    """All marks, by name."""
    return {row["name"]: row["value"] for row in connection.execute(select(mark)).mappings()}


def _put(connection: Connection, into: Table, rows: list[Values]) -> None:
    if rows:
        connection.execute(upsert(into, connection), rows)


def _replace_groups(connection: Connection, groups: Iterable[CardGroup]) -> None:
    for group in groups:
        of_the_node = and_(card_group.c.node == group.node.name, card_group.c.resource == group.resource)
        began_in_it = card_group.c.window_start.between(group.window.start, group.window.end - 1)
        connection.execute(delete(card_group).where(of_the_node, began_in_it))
    _put(connection, card_group, [_group_values(group) for group in groups])


def _replace_days(connection: Connection, usage: tuple[UsageRow, ...], days: Iterable[tuple[str, Window]]) -> None:
    by_day: dict[tuple[str, Window], list[UsageRow]] = {day: [] for day in days}
    for used in usage:
        by_day.setdefault((used.source, used.day), []).append(used)
    for (source, day), told in sorted(by_day.items()):
        of_the_day = and_(usage_row.c.source == source, usage_row.c.window_start == day.start)
        rows = [_usage_values(used) for used in _with_looks(connection, of_the_day, told)]
        named = {row["dimensions"] for row in rows}
        for stored in connection.scalars(select(usage_row.c.dimensions).where(of_the_day)).all():
            if stored not in named:
                connection.execute(delete(usage_row).where(of_the_day, usage_row.c.dimensions == stored))
        _put(connection, usage_row, rows)


def _with_looks(
    connection: Connection, of_the_day: ColumnElement[bool], told: Sequence[UsageRow]
) -> Sequence[UsageRow]:
    """A day as it is told, with what was looked at of its requests before where that is all it lacks."""
    looked_at = usage_row.c.measured.contains(Looked.REQUESTS.value)
    if connection.execute(select(usage_row.c.source).where(of_the_day, looked_at).limit(1)).first() is None:
        return told
    return kept(told, [_read_usage(row) for row in connection.execute(select(usage_row).where(of_the_day)).mappings()])


def _overlapping(connection: Connection, of: Table, over: Window) -> Iterable[RowMapping]:
    return connection.execute(select(of).where(of.c.window_end > over.start, of.c.window_start < over.end)).mappings()


def _rows(connection: Connection, of: Table, over: Window) -> list[RowMapping]:
    beginning = select(of).where(of.c.window_start >= over.start, of.c.window_start < over.end)
    key = [column.name for column in of.primary_key]
    return sorted(connection.execute(beginning).mappings(), key=lambda row: [row[name] for name in key])


def _group_values(group: CardGroup) -> Values:
    return {
        "node": group.node.name,
        "node_created": group.node.created,
        "resource": group.resource,
        "product": group.product,
        "cards": group.cards,
        "labels": pairs(group.labels),
        "sharing": group.sharing,
        "slots": canonical([astuple(slot) for slot in group.slots]),
        "claimable": int(group.claimable),
    } | _window_values(group.window)


def _holding_values(held: Holding) -> Values:
    return {
        "pod_uid": held.pod.uid,
        "resource": held.resource,
        "claim": held.claim,
        "namespace": held.pod.namespace,
        "pod": held.pod.name,
        "labels": pairs(held.pod.labels),
        "owners": canonical([[owner.group, owner.kind, owner.name] for owner in held.pod.owners]),
        "node": held.node,
        "devices": held.count,
        "assumed_from": held.assumed_from,
    } | _window_values(held.window)


def _card_use_values(use: CardUse) -> Values:
    return {
        "subject": f"{use.namespace}/{use.pod}",
        "card": use.card,
        "signal": use.signal,
        "busy_ppm": use.busy_ppm,
    } | _window_values(use.hour)


def _pod_tokens_values(counted: PodTokens) -> Values:
    where = {"namespace": counted.namespace, "pod": counted.pod, "model": counted.model}
    return where | _window_values(counted.hour) | _token_values(counted.tokens) | {"aborted": counted.aborted}


def _usage_values(used: UsageRow) -> Values:
    where = {"source": used.source, "dimensions": pairs(used.dimensions)}
    counts = _token_values(used.tokens) | {"cache_write_long": used.tokens.cache_write_long}
    counts |= {"measured": canonical(sorted(used.measured))}
    return where | _window_values(used.day) | counts


def _window_values(window: Window) -> Values:
    return {"window_start": window.start, "window_end": window.end}


def _token_values(tokens: Tokens) -> Values:
    return {
        "input": tokens.input,
        "cached_input": tokens.cached_input,
        "cache_write": tokens.cache_write,
        "output": tokens.output,
        "requests": tokens.requests,
    }


def _read_group(row: RowMapping) -> CardGroup:
    return CardGroup(
        node=NodeRef(row["node"], Instant(row["node_created"])),
        resource=row["resource"],
        product=row["product"],
        cards=row["cards"],
        window=read_window(row),
        labels=read_pairs(row["labels"]),
        sharing=row["sharing"],
        slots=tuple(Slot(*slot) for slot in json.loads(row["slots"])),
        claimable=bool(row["claimable"]),
    )


def _read_holding(row: RowMapping) -> Holding:
    owners = tuple(ObjectRef(group, kind, name) for group, kind, name in json.loads(row["owners"]))
    pod = PodIdentity(row["pod_uid"], row["namespace"], row["pod"], read_pairs(row["labels"]), owners)
    assumed = row["assumed_from"]
    return Holding(
        pod=pod,
        node=row["node"],
        resource=row["resource"],
        count=row["devices"],
        window=read_window(row),
        assumed_from=None if assumed is None else Instant(assumed),
        claim=row["claim"],
    )


def _read_card_use(row: RowMapping) -> CardUse:
    namespace, _, pod = row["subject"].partition("/")
    return CardUse(namespace, pod, row["card"], read_window(row), row["signal"], row["busy_ppm"])


def _read_pod_tokens(row: RowMapping) -> PodTokens:
    return PodTokens(row["namespace"], row["pod"], row["model"], read_window(row), _read_tokens(row), row["aborted"])


def _read_usage(row: RowMapping) -> UsageRow:
    measured = frozenset((measure, count) for measure, count in json.loads(row["measured"]))
    tokens = replace(_read_tokens(row), cache_write_long=row["cache_write_long"])
    return UsageRow(row["source"], read_window(row), read_pairs(row["dimensions"]), tokens, measured)


def _read_tokens(row: RowMapping) -> Tokens:
    return Tokens(row["input"], row["cached_input"], row["cache_write"], row["output"], row["requests"])
