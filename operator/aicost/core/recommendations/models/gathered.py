"""From bill lines and counted usage to the evidence of levers: by workload, source and model.

What it cost is what the ledger's lines say, calibrated ones too. What a gateway saw of a key counts for whom it saw, and no
longer for who owns the key: a request is counted once, also where two gateways saw it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from aicost.core.declarations import BILL, REFINE, Dimensions, LatencyClass, Source, Workload
from aicost.core.estimates import estimated_of, measure_of
from aicost.core.exchange import Exchange
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.ledger import Component, Entry
from aicost.core.modalities import speaks
from aicost.core.model_names import is_tellable, undated
from aicost.core.ownership import Ownership
from aicost.core.recommendations.advice import Target
from aicost.core.recommendations.models.routes import foremost
from aicost.core.recommendations.models.seen import Seen
from aicost.core.recommendations.models.sized import Gathered, parts
from aicost.core.recommendations.models.usage import Counted, ModelUsage, Setting
from aicost.core.refining import Keys, item
from aicost.core.token_prices import manner_of
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import Window

Of: TypeAlias = tuple[WorkloadRef, str, str]
"""A workload, the source that bills, and the model without the date of a snapshot."""


@dataclass(frozen=True, slots=True)
class Books:
    """All that is known of a window: bill rows with their lines, what was counted, and who declared what.

    `provider_of` gives provider and model of a gateway's name; `refiners` those of a day. Amounts are told in the book's
    currency of `exchange`.
    """

    window: Window
    entries: tuple[Entry, ...]
    usage: tuple[UsageRow, ...]
    ownership: Ownership
    sources: Mapping[str, Source]
    refiners: Callable[[Window], Keys]
    provider_of: Callable[[str], tuple[str, str]]
    exchange: Exchange


@dataclass(slots=True)
class _Sums:
    """What one workload had of one model: money, what has no amount, and what was counted."""

    nanos: Fraction = Fraction(0)
    unpriced: bool = False
    spoken: bool = False
    twice: set[str] = field(default_factory=set)
    provider: str = ""
    named: str = ""
    gateways: set[str] = field(default_factory=set)
    sized: Gathered = field(default_factory=Gathered)
    used: list[Counted] = field(default_factory=list)


def model_usages(
    books: Books, workloads: Iterable[Workload], targets: Mapping[WorkloadRef, ObjectRef]
) -> Iterator[tuple[WorkloadRef, ModelUsage]]:
    """Every model of which a workload used and paid something, in a stable order; `targets` are what runs a workload's pods."""
    sums = _counted(books)
    _priced(books, sums)
    declared = {workload.ref: workload for workload in workloads}
    for of, found in sorted(sums.items(), key=lambda each: each[0]):
        if of[0] in declared and found.used and found.provider:
            yield of[0], _usage(books, of, found, _where(declared[of[0]], of, sums, targets))


def _usage(books: Books, of: Of, sums: _Sums, where: tuple[Target, Setting | None, LatencyClass]) -> ModelUsage:
    target, setting, latency = where
    return ModelUsage(
        source=of[1],
        provider=sums.provider,
        model=of[2],
        window=books.window,
        billed_nanos=int(sums.nanos),
        currency=books.exchange.book,
        used=tuple(sums.used),
        target=target,
        named=sums.named,
        latency=latency,
        setting=setting,
        unpriced=sums.unpriced,
        spoken=sums.spoken,
        twice=tuple(sorted(sums.twice)),
        gateway=foremost(sums.gateways),
        sizes=sums.sized.sizes,
        sampled=sums.sized.sampled(books.window),
    )


def _where(
    workload: Workload, of: Of, sums: Iterable[Of], targets: Mapping[WorkloadRef, ObjectRef]
) -> tuple[Target, Setting | None, LatencyClass]:
    """What runs the workload where it says that the model is set there; else source and model.

    Its name is of what is declared alone: what is silenced by it must not be told again because another model was called, or
    because no pod was seen. What a patch writes is told only where the variable can name no other model.
    """
    declared, running = workload.set_by, targets.get(workload.ref)
    models = {(source, model) for ref, source, model in sums if ref == workload.ref}
    named = {pair for pair in models if not (declared and declared.model) or pair[1] == undated(declared.model)}
    once = sum(model == of[2] for _, model in models) == 1
    billed = ObjectRef("aicost.dev", "UsageSource", of[1])
    if not declared or of[1:] not in named or not once:
        return Target(billed, subject=of[2]), None, workload.latency
    name = str(Target(ObjectRef("aicost.dev", "AIWorkload", workload.ref.name), declared.container, of[2]))
    if not running:
        return Target(billed, subject=of[2], known_as=name), None, workload.latency
    setting = Setting(declared.container, declared.variable) if named == {of[1:]} else None
    return Target(running, declared.container, of[2], name), setting, workload.latency


def _counted(books: Books) -> dict[Of, _Sums]:
    """What was counted, for whoever owns it."""
    sums: dict[Of, _Sums] = defaultdict(_Sums)
    seen = Seen(books.usage, books.sources, books.refiners, partial(_billed_by, books))
    for row in sorted(books.usage, key=lambda row: (row.day, row.source, sorted(row.dimensions))):
        source = books.sources.get(row.source)
        named = dict(row.dimensions).get("model", "")
        if source is None or source.role not in (BILL, REFINE) or not is_tellable(named):
            continue
        counting = seen.counted_by(row)
        if row.source not in counting:
            continue
        bill, provider, model = _billed_by(books, source, row)
        tokens = row.tokens if source.role == REFINE else seen.unseen(row, model)
        owners = books.ownership.usage(row.source, row.dimensions, row.source).seconds(row.day)
        weights = [held for _, held in owners]
        counted = tokens.divided(weights)
        sized = parts(row, [part.requests for part in counted], weights)
        for (owner, _), part, sizes in zip(owners, counted, sized, strict=True):
            if owner.workload and part != Tokens():
                mine = sums[owner.workload, bill, model]
                mine.provider, mine.named = provider, named
                mine.spoken |= speaks(row.measured)
                mine.twice |= counting if len(counting) > 1 else set()
                if source.role == REFINE:
                    mine.sized.add(row, sizes)
                    mine.gateways.add(source.series.preset if source.series else source.type)
                mine.used.append(Counted(row.day, part, manner_of(row.dimensions)))
    return sums


def _billed_by(books: Books, source: Source, row: UsageRow) -> tuple[str, str, str]:
    """The source whose bill a row is of, its provider, and the model as that provider names it."""
    named = dict(row.dimensions).get("model", "")
    if source.role == BILL:
        provider = source.type.lower()
        return source.name, provider, undated(named.removeprefix(f"{provider}/"))
    provider, model = books.provider_of(named)
    refined = sorted(bill for bill, _ in source.refines if bill in books.sources)
    fitting = (bill for bill in refined if books.sources[bill].type.lower() == provider)
    return next(fitting, source.name), provider, undated(model)


def _priced(books: Books, sums: Mapping[Of, _Sums]) -> None:
    """Adds what bill rows of tokens cost those of whom something was counted."""
    for entry in books.entries:
        origin = entry.origin
        if origin.component is not Component.TOKENS or not (model := _model_in(entry)):
            continue
        for line in entry.lines:
            mine = sums.get((line.owner.workload, origin.pool, model)) if line.owner.workload else None
            if mine is None:
                continue
            rate = (
                books.exchange.rate(line.amount.currency, books.exchange.book, origin.window.start)
                if line.amount
                else None
            )
            if line.amount is None or rate is None:
                mine.unpriced |= bool(line.quantity)
            else:
                mine.nanos += line.amount.nanos * rate


def _model_in(entry: Entry) -> str:
    """The model whose tokens a bill row or an estimate is of; empty for what is not paid by token."""
    key = entry.origin.key
    if measure_of(key):
        return ""
    if estimated := estimated_of(key):
        provider, model = estimated
        return undated(model.removeprefix(f"{provider}/"))
    dimensions: Dimensions = frozenset((name, value) for name, _, value in (part.partition("=") for part in key[3:]))
    model, kind = item(dimensions)
    is_of_tokens = kind or not any(name == "lineItem" for name, _ in dimensions)
    return undated(model) if key[0] == "bill" and is_of_tokens else ""
