"""FOCUS files, CSV or Parquet, row by row in bounded memory. DuckDB reads them; its errors stop here."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from aicost.core.declarations import MONTH_TO_DATE
from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.sources.tokens.answers import Answer
from aicost.sources.tokens.focus.accounts import account_of
from aicost.sources.tokens.focus.columns import NEEDED, TAGS, WANTED

AT_ONCE = 10_000
_LINE = re.compile(r"\bLine: (\d+)")
_MEMORY = "256MB"
_NO_EXTENSIONS = ("autoinstall_known_extensions", "autoload_known_extensions")
_PARQUET = "read_parquet(?)"
_CSV = """read_csv(?, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', strict_mode = true,
    buffer_size = 8000000)"""


def matching(root: Path, pattern: str, exports: str = "") -> list[Path]:
    """The files that a path with `*` names, in order of their names; of months so far that are the same to a byte only one.

    Raises Forbidden for what lies outside of `root`, also by a link; Unavailable where there is none, or one cannot be read;
    Malformed where two files are the same.
    """
    wanted = Path(pattern)
    if not wanted.is_relative_to(root) or ".." in wanted.parts:
        raise Forbidden(f"{pattern} is not in {root}, the only folder that bills are read from (AICOST_BILL_FILES)")
    with _readable(wanted):
        found = sorted(path for path in root.glob(str(wanted.relative_to(root))) if path.is_file())
    if not found:
        raise Unavailable(f"no file is {pattern}: is the volume with the bills mounted there?")
    for path in found:
        with _readable(path):
            within = path.resolve().is_relative_to(root.resolve())
        if not within:
            raise Forbidden(f"{path.name} leads out of {root}")
    once = _of_one_run_each(found) if exports == MONTH_TO_DATE else found
    _refuse_copies(once)
    return once


def _of_one_run_each(files: Sequence[Path]) -> list[Path]:
    """Without runs of which an earlier name holds every part: a month that is over is made anew, and nothing of it changed."""
    runs: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        runs[account_of(path)].append(path)
    alike: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for account, parts in runs.items():
        alike[tuple(sorted(size_and_time(part)[0] for part in parts))].append(account)
    kept: dict[tuple[str, ...], str] = {}
    for account in (account for accounts in alike.values() if len(accounts) > 1 for account in accounts):
        kept.setdefault(tuple(sorted(map(digest, runs[account]))), account)
    once = {*kept.values(), *(accounts[0] for accounts in alike.values() if len(accounts) == 1)}
    return [path for path in files if account_of(path) in once]


def _refuse_copies(files: Sequence[Path]) -> None:
    """A file that is there under two names would be charged twice."""
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in files:
        size, _ = size_and_time(path)
        by_size[size].append(path)
    seen: dict[str, Path] = {}
    for path in (path for alike in by_size.values() if len(alike) > 1 for path in alike):
        if other := seen.get(content := digest(path)):
            raise Malformed(f"{other.name} and {path.name} are the same: remove one, or it would be charged twice")
        seen[content] = path


def size_and_time(path: Path) -> tuple[int, int]:
    """A file's size in bytes, and when it was modified, in nanoseconds. Raises Unavailable for one that cannot be read."""
    with _readable(path):
        known = path.stat()
        return known.st_size, known.st_mtime_ns


def digest(path: Path) -> str:
    """What tells a file's content from any other. Raises Unavailable for one that cannot be read."""
    with _readable(path), path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def refuse_changed(there: Mapping[str, tuple[int, int]]) -> None:
    """Raises Unavailable where a file is another one than when its size and time were looked at: what was read of it may be of both."""
    for file, before in there.items():
        if size_and_time(path := Path(file)) != before:
            raise Unavailable(f"{path.name} changed while it was read: is it being replaced? It is read again")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """A file may go after it was listed, or be another user's: its days are missing then, not nothing."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unavailable(
            f"{path.name} cannot be read ({why}): is it being replaced, or not the operator's to read?"
        ) from error


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """What reads files: one for all of a reading, for it takes longer to begin than to read a small file."""
    with duckdb.connect(":memory:", config=_config()) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _config() -> dict[str, str | bool | int | float | list[str]]:
    return {"memory_limit": _MEMORY, "threads": "1", **dict.fromkeys(_NO_EXTENSIONS, "false")}


def rows(path: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[Answer]:
    """Every row, named by its place, such as `nov.csv, row 7`: all values as text, exactly as they are written.

    Raises Malformed for a file that is no FOCUS file, or is torn; Unavailable for one that is gone, or may not be read.
    """
    read = _PARQUET if path.suffix == ".parquet" else _CSV
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {read}", [str(path)]).fetchall()  # noqa: S608 # one of two constants
        columns = {name.lower(): (name, type_) for name, type_, *_ in described}
        if lacking := [column for column in NEEDED if column.lower() not in columns]:
            raise Malformed(f"{path.name} has no column {', '.join(lacking)}: it is no FOCUS Cost and Usage file")
        there = [column for column in WANTED if column.lower() in columns]
        texts = ", ".join(_as_text(column, *columns[column.lower()]) for column in there)
        connection.execute(f"SELECT {texts} FROM {read}", [str(path)])  # noqa: S608 # only names of FOCUS columns
        yield from _named(path, there, connection)
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(
            f"{path.name} takes more than {_MEMORY} to read: are its rows or Parquet row groups so large?"
        ) from error
    except duckdb.Error as error:
        digest(path)  # Who may not read it is told so.
        line = _LINE.search(str(error))
        place = f"{path.name}, line {line[1]}" if line else path.name
        raise Malformed(f"{place} cannot be read: it is torn, or no CSV with a header and no Parquet") from error


def _named(path: Path, columns: Sequence[str], read: duckdb.DuckDBPyConnection) -> Iterator[Answer]:
    row, top = 0, Answer(None)
    while batch := read.fetchmany(AT_ONCE):
        for values in batch:
            row += 1
            yield Answer(dict(zip(columns, values, strict=True)), top, f"{path.name}, row {row}")


def _as_text(column: str, name: str, type_: str) -> str:
    """An empty text is none. Tags may be a map in Parquet, which only JSON writes without doubt."""
    quoted = '"' + name + '"'
    text = f"to_json({quoted})" if column == TAGS and type_ != "VARCHAR" else quoted
    return f"NULLIF(CAST({text} AS VARCHAR), '') AS \"{column}\""
