"""Files of a folder written whole or not at all, and taken away once they are no longer made."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aicost.ports import Unavailable


def written(folder: Path, files: Mapping[str, str], mark: str, below: tuple[str, ...] = ("",)) -> tuple[int, int]:
    """Write the files below a folder; returns how many were new or changed, and how many were taken away.

    Taken away are files that begin with `mark`, whose path begins with one of `below`, and that are no longer among them:
    nobody else's. Each file is there as it was or
    as it shall be, whenever this ends. Raises Unavailable where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stale = left(folder, files, mark, below)
        changed = sum(_put(folder / name, text) for name, text in files.items())
        for name in stale:
            (folder / name).unlink()
    except OSError as error:
        raise Unavailable(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return changed, len(stale)


def left(folder: Path, files: Iterable[str], mark: str, below: tuple[str, ...] = ("",)) -> tuple[str, ...]:
    """What an earlier run wrote below one of these and is not among these files, sorted. Raises OSError."""
    there = (path.relative_to(folder).as_posix() for path in _marked(folder, mark))
    return tuple(name for name in there if name not in set(files) and name.startswith(below))


def texts(folder: Path, names: Iterable[str]) -> Mapping[str, str]:
    """Of these files those that are there. Raises Unavailable for one that cannot be read."""
    try:
        return {name: (folder / name).read_text() for name in names if (folder / name).is_file()}
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"a file in {folder} cannot be read: {error}") from error


def _put(path: Path, text: str) -> bool:
    """Whether it was not there so already."""
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".aicost-", delete=False) as staged:
        try:
            staged.write(content)
            staged.flush()
            os.fsync(staged.fileno())
            Path(staged.name).chmod(0o644)
            Path(staged.name).replace(path)
        except BaseException:
            Path(staged.name).unlink(missing_ok=True)
            raise
    return True


def _marked(folder: Path, mark: str) -> Iterator[Path]:
    """Files of an earlier run."""
    wanted = mark.encode()
    for path in sorted(folder.rglob("*.yaml")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(len(wanted)) == wanted:
                    yield path
