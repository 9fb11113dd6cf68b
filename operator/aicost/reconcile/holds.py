"""Days that a bill leaves as another account was billed on them: nobody can tell the two apart, or they are two under one name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aicost.core.declarations import BILL, FocusFiles, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.rivals import bills_all_of, may_share, same_account
from aicost.core.window import DAY, Instant, date


@dataclass(frozen=True, slots=True)
class Hold:
    """The days up to the one that begins at `last` stay as the `account` was billed on them under the name `of`.

    `account` is what `account_of` says.
    """

    of: str
    account: str
    last: Instant

    @property
    def billed(self) -> Source:
        """The bill of then."""
        return source_of(self.of, self.account)

    def binds(self, source: Source, organisations: tuple[frozenset[str], frozenset[str]]) -> bool:
        """Whether it holds for what a bill is now; `organisations` are those of the account and of the bill, as far as known.

        Under its own name another credential is another account until both are known to be of one. Of two names, a bill of an
        organisation that is known to be another one has nothing to do with it, and one that tells all replaces all.
        """
        before = self.billed
        if self.of == source.name:
            return (before.type, before.secret) != (source.type, source.secret)
        if same_account(before, source):
            return not bills_all_of(source, before)
        return before.focus is None and may_share(before, source) and not _apart(organisations)

    def gap(self, source: Source, organisations: tuple[frozenset[str], frozenset[str]]) -> Gap:
        """What the bill leaves out; where nobody can tell whether that is another account's, a person must say so."""
        by = f" by Secret {'/'.join(self.billed.secret)}" if self.billed.secret else ""
        since = f"UsageSource {source.name} counts from {date(Instant(self.last + DAY))} on"
        stay = f"the days before stay as UsageSource {self.of} billed them{by}"
        if _apart(organisations):
            why, reason = f"{since}, as its key is of another organisation now: {stay}", GapReason.BILL_UNAVAILABLE
        else:
            why = (
                f"{since}: {stay}, as nothing shows that both bill one account, and all of it; if they do, declare"
                " that Secret and its filter again, else close the month by aicost close"
            )
            reason = GapReason.BILL_PENDING
        return Gap(reason, Feed.BILLS, self.last, why, source=source.name)


def _apart(organisations: tuple[frozenset[str], frozenset[str]]) -> bool:
    one, other = organisations
    return bool(one and other and not one & other)


def account_of(source: Source) -> str:
    """One credential at one address, and what is read there."""
    parts = [source.type, source.url, source.secret, sorted(source.projects), sorted(source.workspaces)]
    files = [source.focus.path, sorted(source.focus.services)] if source.focus else []
    return json.dumps([*parts, *files])


def source_of(name: str, account: str) -> Source:
    """The bill of an account, as far as it is what one account is told from another by."""
    type_, url, secret, projects, workspaces, *files = json.loads(account)
    return Source(
        name,
        type_,
        BILL,
        secret=(secret[0], secret[1]) if secret else None,
        url=url,
        projects=frozenset(projects),
        workspaces=frozenset(workspaces),
        focus=FocusFiles(files[0], services=frozenset(files[1])) if files else None,
    )


def begun(
    source: Source,
    bills: Mapping[str, Source],
    known: Mapping[str, Source],
    last: Mapping[str, Instant],
    *,
    declared: Collection[str],
    new: bool,
) -> Iterator[Hold]:
    """What may hold a bill that begins now, or begins to tell of another account.

    `bills` are those that count, `known` what each name billed so far and `last` the last day that each told of. Only a bill
    that is `new` may stand for one that is gone; one that takes the account of another that is `declared` bills it from the first day.
    """
    taken = any(name in declared and name != source.name and same_account(of, source) for name, of in known.items())
    for name, before in known.items():
        begins = not taken if name == source.name else new and name not in bills
        if begins and name in last:
            yield Hold(name, account_of(before), last[name])


def to_json(held: Mapping[str, Iterable[Hold]]) -> str:
    """For the ledger."""
    return json.dumps(
        {name: [[of.of, of.account, of.last] for of in holds] for name, holds in held.items()}, sort_keys=True
    )


def from_json(text: str) -> Mapping[str, tuple[Hold, ...]]:
    """From the ledger."""
    return {
        name: tuple(Hold(of, account, Instant(last)) for of, account, last in holds)
        for name, holds in json.loads(text).items()
    }
