"""Sources that tell of what another one tells of already, or of nothing: they are not used, and say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from aicost.core.declarations import BASE_URLS, BILL, REFINE, FocusFiles, Source
from aicost.core.gaps import Feed, Gap
from aicost.core.reasons import GapReason
from aicost.core.refining import refiners_of


def rivals(sources: Iterable[Source]) -> tuple[Gap, ...]:
    """A gap for each source that is not used, and for each that is used in part only. The elder counts."""
    declared = sorted(sources, key=lambda each: (each.created, each.name))
    return (*_billing_again(declared), *_refining_in_vain(declared))


def counting(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources without those whose account an elder one bills."""
    declared = sorted(sources, key=lambda each: (each.created, each.name))
    again = {gap.source for gap in _billing_again(declared)}
    return tuple(source for source in declared if source.name not in again)


def same_account(one: Source, other: Source) -> bool:
    """Whether two bills are of one account, as far as the declarations tell: one credential at one address.

    Filters of projects or workspaces that have nothing in common make two accounts of it.
    """
    return may_share(one, other) and _place(one) == _place(other) and one.secret == other.secret


def may_share(one: Source, other: Source) -> bool:
    """Whether two bills have something in common if they are of one account: a type, and what their filters let through."""
    if one.focus and other.focus:
        return _same_files(one.focus, other.focus)
    same = one.type == other.type
    return same and _overlap(one.projects, other.projects) and _overlap(one.workspaces, other.workspaces)


def bills_all_of(one: Source, other: Source) -> bool:
    """Whether a bill tells of all that another one of the same account tells of, as far as the declarations show."""
    filters = [(one.projects, other.projects), (one.workspaces, other.workspaces)]
    if one.focus and other.focus:
        filters = [(one.focus.services, other.focus.services)]
        if not _names_all_of(one.focus.path, other.focus.path):
            return False
    return all(not mine or (bool(theirs) and theirs <= mine) for mine, theirs in filters)


def _names_all_of(one: str, other: str) -> bool:
    """Whether each file that fits the other pattern fits the one: in one folder, as far as can be told."""
    mine, theirs = PurePosixPath(one), PurePosixPath(other)
    return mine.parent == theirs.parent and fnmatchcase(theirs.name, mine.name)


def _same_files(one: FocusFiles, other: FocusFiles) -> bool:
    """Whether a file may belong to both, and a service in it."""
    return _cross(one.path, other.path) and _overlap(one.services, other.services)


def _cross(one: str, other: str) -> bool:
    """Whether some path fits both patterns, in which `*` is any part of a name, and of no folder beside it."""
    mine, theirs = PurePosixPath(one).parts, PurePosixPath(other).parts
    return len(mine) == len(theirs) and all(map(_meet, mine, theirs))


def _meet(one: str, other: str) -> bool:
    """Whether some name fits both: if both have a `*`, their ends alone can differ."""
    if "*" not in one or "*" not in other:
        return fnmatchcase(one, other) or fnmatchcase(other, one)
    begin, longer_begin = sorted((of.partition("*")[0] for of in (one, other)), key=len)
    end, longer_end = sorted((of.rpartition("*")[2] for of in (one, other)), key=len)
    return longer_begin.startswith(begin) and longer_end.endswith(end)


def _place(source: Source) -> str:
    """Where it is read, written in one way: without the port of its scheme, a last slash or upper case in the host."""
    url = source.url or BASE_URLS.get(source.type, "")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    own = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{host}:{port or own}{parts.path.removesuffix('/')}"


def stands_alone(source: Source, bills: Collection[str]) -> bool:
    """Whether a source refines, and no bill tells of what it refines: `bills` are the names of those that do."""
    return source.role == REFINE and not any(bill in bills for bill, _ in source.refines)


def first_to_see(gateways: Iterable[Source]) -> tuple[Source, ...]:
    """The sources that alone or first refine each key that they refine: what others saw, one of these saw too."""
    declared = tuple(gateways)
    of = refiners_of(declared)
    return tuple(source for source in declared if all(of[key] == source.name for key in source.refines))


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or bool(one & other)


def _billing_again(elders_first: list[Source]) -> Iterator[Gap]:
    counted: list[Source] = []
    for source in elders_first:
        if source.role != BILL:
            continue
        elder = next((each for each in counted if same_account(each, source)), None)
        if elder is None:
            counted.append(source)
        else:
            yield _unused(source, Feed.BILLS, f"UsageSource {elder.name} bills the same account, and counts")


def _refining_in_vain(elders_first: list[Source]) -> Iterator[Gap]:
    refiners = refiners_of(elders_first)
    bills = frozenset(source.name for source in elders_first if source.role == BILL)
    first = first_to_see(elders_first)
    for source in elders_first:
        for bill, key in sorted(source.refines):
            if refiners[bill, key] != source.name:
                yield _unused(
                    source, Feed.USAGE, f"UsageSource {refiners[bill, key]} refines {key} of {bill}, and counts"
                )
            elif bill not in bills:
                why = f"there is no UsageSource {bill} of role Bill to refine"
                estimated = ": of providers without a bill it is estimated" if source in first else ""
                yield _unused(source, Feed.USAGE, f"{why}{estimated}")


def _unused(source: Source, feed: Feed, why: str) -> Gap:
    return Gap(GapReason.SOURCE_NOT_USED, feed, source.created, f"{source.name}: {why}", source=source.name)
