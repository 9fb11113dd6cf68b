"""What payments are of, where either side tells only in part what it is of: as much is paid as can be, and nothing twice.

A payment may be of whatever contradicts it in no dimension that both have. What is owed beyond all payments is the most by
which any part of it exceeds the payments that may be of that part (max-flow min-cut: Ford and Fulkerson, 1956).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from aicost.core.declarations import Dimensions
from aicost.core.flow import Place, spread
from aicost.core.money import split

Amounts: TypeAlias = Mapping[Dimensions, int]
"""Nano-units of one currency, none below zero, by what they are of."""
Meeting: TypeAlias = tuple[Sequence[Dimensions], Sequence[Dimensions]]
"""Payments, and what is owed that each of them may be of."""


def names_of(dimensions: Dimensions) -> frozenset[str]:
    """The dimensions that are told."""
    return frozenset(name for name, _ in dimensions)


def within(dimensions: Dimensions, names: Collection[str]) -> Dimensions:
    """As if no other dimensions were told."""
    return frozenset(pair for pair in dimensions if pair[0] in names)


def meetings(payments: Iterable[Dimensions], owed: Iterable[Dimensions]) -> Iterator[Meeting]:
    """Whatever may be of each other, those first that have most dimensions in common, and of these that differ in fewest.

    Each pair meets once. The order is that of the names and values, never of what is given.
    """
    paying, owing = _by_names(payments), _by_names(owed)
    pairs = ((mine, theirs) for mine in paying for theirs in owing)
    for mine, theirs in sorted(pairs, key=lambda pair: _exactness(*pair)):
        common = mine & theirs
        payers, debts = _by_value(paying[mine], common), _by_value(owing[theirs], common)
        for value in sorted(payers.keys() & debts.keys(), key=sorted):
            yield payers[value], debts[value]


def settled(payments: Amounts, owed: Amounts) -> tuple[Amounts, Amounts]:
    """What is left of payments, and of what is owed.

    Payments that meet divide by what they have, what is owed by what is left of it. Where one leaves nothing to another that
    could have been of nothing else, they change places: so neither order nor division makes anything owed that could be paid.
    """
    payers, debts = ({of: Place(amounts[of]) for of in amounts} for amounts in (payments, owed))
    for paying, owing in meetings(payments, owed):
        _meet([payers[of] for of in paying], [debts[of] for of in owing])
    spread([payers[of] for of in sorted(payers, key=sorted)])
    return {of: place.left for of, place in payers.items()}, {of: place.left for of, place in debts.items()}


def _meet(payers: Sequence[Place], debts: Sequence[Place]) -> None:
    """Pay what there is to pay, from each by what it has, to each by what is owed."""
    here = Place()
    amount = min(sum(of.left for of in payers), sum(of.left for of in debts))
    for payer in payers:
        payer.leads_to(here)
    for debt in debts:
        here.leads_to(debt)
    if not amount:
        return
    for payer, part in zip(payers, split(amount, [of.left for of in payers]), strict=True):
        payer.left -= part
        payer.went[here] = part
    for debt, part in zip(debts, split(amount, [of.left for of in debts]), strict=True):
        debt.left -= part
        here.went[debt] = part


def _exactness(mine: frozenset[str], theirs: frozenset[str]) -> tuple[int, int, list[str], list[str]]:
    return -len(mine & theirs), len(mine ^ theirs), sorted(mine), sorted(theirs)


def _by_names(every: Iterable[Dimensions]) -> Mapping[frozenset[str], Sequence[Dimensions]]:
    found: dict[frozenset[str], list[Dimensions]] = defaultdict(list)
    for of in sorted(every, key=sorted):
        found[names_of(of)].append(of)
    return found


def _by_value(every: Iterable[Dimensions], names: Collection[str]) -> Mapping[Dimensions, Sequence[Dimensions]]:
    found: dict[Dimensions, list[Dimensions]] = defaultdict(list)
    for of in every:
        found[within(of, names)].append(of)
    return found
