"""What is remembered of claims from one look at the declarations to the next (accounting rule 7).

A claim that is gone, or denied again, is remembered with its time: made again, it has its old place. But only as long as
no other workload's claim that competes with it was accepted meanwhile: who took over what was given up keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby

from aicost.core.changes import Change
from aicost.core.competing import Claimed, compete
from aicost.core.declarations import Declarations, Workload, claim_id, usage_id
from aicost.core.seniority import CALLED_WITH, DENIED, Remembered, standing
from aicost.core.window import Instant

MOST_GONE = 500
"""So many claims that a namespace declares no more are remembered, the last ones: else its edits would let that grow."""


def following(
    known: Remembered, declared: Declarations, history: Iterable[Change], start: Instant, now: Instant
) -> Remembered:
    """What is remembered after a look at what is declared `now`, with its times.

    `history` are the changes until now in the order of time: they tell what was claimed that is gone. What was gone
    before `start`, that of the open months, is forgotten.
    """
    accepted, denied = standing(declared)
    before = {named: Instant(int(told)) for named, told in known.first.items() if not told.startswith(DENIED)}
    times = before | accepted
    noticed = {named: known.gone.get(named, now) for named in times.keys() - accepted.keys()}
    gone = {named: at for named, at in noticed.items() if at >= start}
    if came := accepted.keys() - before.keys():
        taken = _taken_over(gone, came, declared, tuple(history))
        gone = {named: at for named, at in gone.items() if named not in taken}
    gone = _last(gone, denied)
    first = {named: str(since) for named, since in times.items() if named in accepted or named in gone}
    return Remembered(dict.fromkeys(denied, f"{DENIED}{now}") | first, gone, max(known.seen, now))


def _taken_over(
    gone: Collection[str], came: Collection[str], declared: Declarations, history: tuple[Change, ...]
) -> frozenset[str]:
    """What is gone that a claim competes with that was accepted now, for the first time."""
    arrived = {_plain(named) for named in came}
    takers = [claimed for of in declared.workloads for named, claimed in _claimed(of) if named in arrived]
    lost = {named for named, of in _found(gone, history) if any(compete(of, taker) for taker in takers)}
    return frozenset(named for named in gone if _plain(named) in lost)


def _found(gone: Collection[str], history: tuple[Change, ...]) -> Iterator[tuple[str, Claimed]]:
    """What was claimed, as far as the history tells; it is read from its end, until all is found."""
    missing = {_plain(named) for named in gone}
    refs = {named.partition(" ")[0] for named in gone}
    for change in reversed(history):
        if not missing:
            return
        if isinstance(change.claimant, Workload) and str(change.claimant.ref) in refs:
            found = {named: claimed for named, claimed in _claimed(change.claimant) if named in missing}
            missing -= found.keys()
            yield from found.items()


def _claimed(workload: Workload) -> Iterator[tuple[str, Claimed]]:
    """All that a workload claims, by the names under which it is remembered."""
    yield claim_id(workload), (workload.ref, workload.pods)
    yield from ((usage_id(workload.ref, claim), (workload.ref, claim)) for claim in workload.usage)


def _last(gone: Mapping[str, Instant], declared: Collection[str]) -> dict[str, Instant]:
    """Without what was given up first, where a namespace gave up too many; what is still `declared` there stays."""
    absent = sorted((_namespace(named), -at, named) for named, at in gone.items() if named not in declared)
    by_namespace = (list(of) for _, of in groupby(absent, key=lambda each: each[0]))
    most = {named for of in by_namespace for _, _, named in of[:MOST_GONE]}
    return {named: at for named, at in gone.items() if named in declared or named in most}


def _plain(named: str) -> str:
    """The claim's own name, without which of its places is meant."""
    return named.removesuffix(CALLED_WITH)


def _namespace(named: str) -> str:
    return named.partition("/")[0]
