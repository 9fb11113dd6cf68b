"""When a file was written, which is not when a copy of it was: a stamp is remembered, and only another content changes it. Pure.

Volumes that are filled anew at each start often give files the time of that, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aicost.core.billed_files import ToldDay


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
        file: known[file] if file in known and _content(known[file]) == _content(each) else each
        for file, each in now.items()
    }


def named_now(day: ToldDay, now: Mapping[str, str]) -> ToldDay:
    """The same day, with files that are called otherwise now: a content that is there under another name is not gone."""
    there = {_content(stamp): file for file, stamp in now.items()}
    gone = ((file, there.get(_content(stamp), file)) for file, stamp in day.files.items() if file not in now)
    return day.renamed({file: name for file, name in gone if name not in day.files})


def _content(stamp: str) -> str:
    return stamp.rpartition(" ")[0]
