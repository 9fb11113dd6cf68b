"""When a file was written, which is not when a copy of it was: a stamp is remembered, and only another content changes it. Pure.

Volumes that are filled anew at each start often give files the time of that, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aicost.core.billed_files import ToldDay
from aicost.core.window import Instant

_THEN = " as it was"


def stamp(content: str, modified: int) -> str:
    """Of a file's content and when that was modified, in any unit that only grows."""
    return f"{content} {modified}"


def written(stamp: str) -> int:
    """When a file was written."""
    return int(stamp.rpartition(" ")[2])


def since(before: Iterable[ToldDay], now: Mapping[str, str]) -> Mapping[str, str]:
    """Stamps of files as they are now; of those whose content is what was last remembered, the stamps of then."""
    known: dict[str, str] = {}
    for file, each in ((file, each) for day in before for file, each in day.files.items()):
        known[file] = max(known.get(file, each), each, key=written)
    return {
        file: known[file] if file in known and content(known[file]) == content(each) else each
        for file, each in now.items()
    }


def as_it_was(file: str) -> str:
    """What a file is called that is gone, though another one has its name now."""
    return f"{file}{_THEN}"


def called(file: str) -> str:
    """The name that a file has or had."""
    return file.removesuffix(_THEN)


def named_now(before: Mapping[Instant, ToldDay], now: Mapping[str, str]) -> Mapping[Instant, ToldDay]:
    """The same days, with files that are called otherwise now: a content that is there under another name is not gone.

    All at once, for names may be exchanged or move on; what a file was whose name another one has taken is gone.
    """
    there = {content(stamp): file for file, stamp in now.items()}
    known = {(content(stamp), file) for day in before.values() for file, stamp in day.files.items()}
    taken = {there[content] for content, file in known if there.get(content, file) != file}

    def name(file: str, stamp: str) -> str:
        return there.get(content(stamp)) or (as_it_was(file) if file in taken else file)

    return {at: day.renamed({file: name(file, of) for file, of in day.files.items()}) for at, day in before.items()}


def content(stamp: str) -> str:
    """Of a file, by which any other is told."""
    return stamp.rpartition(" ")[0]
