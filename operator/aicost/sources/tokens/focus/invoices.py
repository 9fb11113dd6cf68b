"""On which invoice what was told is: compared as far as both say it. Pure.

What was remembered before that was known, and what a file's columns do not say, may be on any: of any payer, or of any period.
A payer of whom nothing is told any more is the one that nothing was told of, where that tells most of the same again to the cent:
ids are written otherwise by another version of an export, or under another agreement.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import TypeAlias

from aicost.core.billed_files import Charge, Shares, ToldDay, gathered, total
from aicost.core.window import Instant
from aicost.sources.tokens.focus.tallies import Tally

Now: TypeAlias = Callable[[Instant], Mapping[Charge, Shares]]
"""What files tell of the charges of the UTC day that begins then."""
_Pair: TypeAlias = tuple[str, str]
"""A payer of whom nothing is told any more, and one of whom nothing was told."""


def comparable(before: Mapping[Instant, ToldDay], now: Now) -> tuple[Mapping[Instant, ToldDay], Now]:
    """What was told, and what is told now, by the same names of invoices, as far as both say them."""
    payers = dict(_payers(before, now))
    was = {at: _called(day, _renamed(day, payers)) for at, day in before.items()}
    said = {at: _said((*day.shares, *now(at))) for at, day in was.items()}

    @cache
    def told(at: Instant) -> Mapping[Charge, Shares]:
        names = said.get(at)
        return gathered(now(at), lambda charge: names.get(charge, charge)) if names else now(at)

    return {at: _called(day, said[at]) for at, day in was.items()}, told


def told_otherwise(charge: Charge, before: Mapping[Charge, Shares], now: Mapping[Charge, Shares]) -> bool:
    """Whether as much as was told of a charge is told on an invoice of which nothing was."""
    new = (shares for each, shares in now.items() if each.anywhere == charge.anywhere and each not in before)
    amount = total(before.get(charge, {}).values())
    return any(total(shares.values()) == amount for shares in new)


def _said(charges: Iterable[Charge]) -> Mapping[Charge, Charge]:
    """Charges that may be on the same invoice as one that says less of it, by what both say."""
    known = {*charges}
    unpaid, undated = (
        _by_other(known, lambda of: (of.payer, of.period)),
        _by_other(known, lambda of: (of.period, of.payer)),
    )
    names = (
        (
            each,
            each._replace(
                payer="" if _may_be_one(each.period, unpaid[each.anywhere]) else each.payer,
                period="" if _may_be_one(each.payer, undated[each.anywhere]) else each.period,
            ),
        )
        for each in known
    )
    return {charge: name for charge, name in names if charge != name}


def _by_other(known: Iterable[Charge], of: Callable[[Charge], tuple[str, str]]) -> Mapping[Charge, set[str]]:
    """Of charges that lack the first of two: what the second is, by what each is on whichever invoice."""
    found = defaultdict[Charge, set[str]](set)
    for charge in known:
        lacking, other = of(charge)
        if not lacking:
            found[charge.anywhere].add(other)
    return found


def _may_be_one(of: str, others: Collection[str]) -> bool:
    return of in others or "" in others or (not of and bool(others))


def _called(day: ToldDay, names: Mapping[Charge, Charge]) -> ToldDay:
    if not names:
        return day
    return ToldDay.of(day.day, day.files, gathered(day.shares, lambda charge: names.get(charge, charge)))


def _renamed(day: ToldDay, payers: Mapping[str, str]) -> Mapping[Charge, Charge]:
    known = (told.charge for told in day.charges)
    return {charge: charge._replace(payer=payers[charge.payer]) for charge in known if charge.payer in payers}


def _payers(before: Mapping[Instant, ToldDay], now: Now) -> Iterator[_Pair]:
    """Payers by what they are called now, where only one tells most of what another told: of its charges and of their amounts."""
    told, again = defaultdict[str, Tally](Tally), defaultdict[_Pair, Tally](Tally)
    amounts = defaultdict[_Pair, set[Decimal]](set)
    gone = _paying(day.shares for day in before.values()) - _paying(map(now, before))
    for at, day in before.items() if gone else ():
        new, invoices = _paying([now(at)]) - _paying([day.shares]), _by_payer(now(at))
        for charge, amount in ((of.charge, total(of.shares.values())) for of in day.charges if of.charge.payer in gone):
            told[charge.payer].add(charge.currency, amount)
            for payer in new:
                known = filter(charge._replace(payer=payer).may_be, invoices.get(_paid(charge, payer), ()))
                if total(of for each in known for of in now(at)[each].values()) == amount:
                    again[charge.payer, payer].add(charge.currency, amount)
                    amounts[charge.payer, payer].add(amount)
    likely = [pair for pair, of in again.items() if of.halves(told[pair[0]]) and _shows(pair, amounts[pair])]
    names = Counter(name for pair in likely for name in pair)
    yield from (pair for pair in likely if names[pair[0]] == names[pair[1]] == 1)


def _by_payer(charges: Iterable[Charge]) -> Mapping[Charge, list[Charge]]:
    found = defaultdict[Charge, list[Charge]](list)
    for charge in charges:
        found[_paid(charge, charge.payer)].append(charge)
    return found


def _paid(charge: Charge, payer: str) -> Charge:
    return charge._replace(payer=payer, period="")


def _shows(pair: _Pair, amounts: set[Decimal]) -> bool:
    """Whether amounts that come again show anything: what costs the same each day does not, unless one id is within the other."""
    return len(amounts) > 1 or pair[0] in pair[1] or pair[1] in pair[0]


def _paying(told: Iterable[Mapping[Charge, Shares]]) -> frozenset[str]:
    return frozenset(charge.payer for of in told for charge in of) - {""}
