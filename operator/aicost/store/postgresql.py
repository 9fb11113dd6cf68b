"""PostgreSQL as the ledger's engine: how it is reached, where in it the tables lie, and what it says when it fails.

Each cluster has a schema of its own, so the operators of several clusters share a database and never a row. A session
- sees one state in each transaction (REPEATABLE READ), and is refused where another's commit overtook it;
- has synchronous_commit: a commit is durable before it is acknowledged;
- is ended by the server when it is left idle within a commit: an operator that is paused there cannot keep its
  successor out for long.
https://www.postgresql.org/docs/18/transaction-iso.html#XACT-REPEATABLE-READ
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.schema import CreateSchema

from aicost.ports import Forbidden, Malformed, Unavailable
from aicost.store.refusals import FAILING, NO_ROOM, TOO_LARGE, UNKNOWN, Refusal

IDLE_SECONDS = 30
"""A commit that waits so long for its own client is given up by the server."""
_LOCK_SECONDS = 40
"""So long is waited for another's commit: longer than that may be idle."""
_LONGEST_SECONDS = 600
"""A statement, and the time that a reader may think between two, which keeps nobody out but a migration."""
_DEFAULTS: Mapping[str, str] = {
    "application_name": "aicost",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""Parameters of the connection that the URL may set otherwise: a server that is gone is noticed within half a minute."""
_PORT = 5432
_ENCODING = text("SHOW server_encoding")
_SCHEMA = text("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = :name")
_HURRY = text("SELECT set_config('idle_in_transaction_session_timeout', :longest, true)")
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_LONGEST_NAME = 63
_PLAIN = re.compile("[a-z0-9-]{1,56}")
_DIGITS = 8

_BUSY: Refusal = (
    Unavailable,
    "was changed by another aicost at the same time: nothing was stored, and it is tried again",
)
_LOST: Refusal = (
    Unavailable,
    "lost its connection: what was under way is stored whole or not at all, and is done again",
)
_STRANGE: Refusal = Malformed, "lacks tables or columns that aicost made: restore a back-up; nothing was stored"
_UNWRITABLE: Refusal = Malformed, "cannot hold a text of it (a NUL character): nothing was stored"
_REFUSED: dict[str, Refusal] = {
    "08": _LOST,
    "22003": TOO_LARGE,
    "22021": _UNWRITABLE,
    "22P05": _UNWRITABLE,
    "23505": _BUSY,
    "25006": (
        Forbidden,
        "is on a server that only reads: nothing was stored; name the primary (target_session_attrs=read-write)",
    ),
    "25P03": _LOST,
    "3F": _STRANGE,
    "40": _BUSY,
    "42501": (
        Forbidden,
        "may not be made or written by this user, nothing was stored: let it own the schema, or make one in the database",
    ),
    "42703": _STRANGE,
    "42P01": _STRANGE,
    "42P06": _BUSY,
    "42P07": _BUSY,
    "53": (Unavailable, "is out of memory or connections: nothing of this commit was stored"),
    "53100": NO_ROOM,
    "55P03": _BUSY,
    "57": _LOST,
    "58": FAILING,
    "XX001": (Malformed, "is damaged: restore a back-up"),
    "XX002": (Malformed, "is damaged: restore a back-up"),
}
"""By SQLSTATE, whole or its class. https://www.postgresql.org/docs/18/errcodes-appendix.html"""
_UNREACHED: Refusal = Unavailable, "cannot be reached: is the server up, and its address right?"
_TURNED_AWAY: Mapping[str, Refusal] = {
    "does not support SSL": (
        Forbidden,
        "lies on a server without TLS, which sslmode demands: no password was sent; switch TLS on there",
    ),
    "does not match host name": (
        Forbidden,
        "lies on a server whose certificate is for another name: write the host in the URL as the certificate has it",
    ),
    "root certificate file": (
        Forbidden,
        "cannot tell whom it talks to: no CA's certificate can be read at sslrootcert; mount it (chart: ledger.caSecret)",
    ),
    "SSL error: (?!unexpected eof)|certificate": (
        Forbidden,
        "lies on a server that is not trusted: check that the CA in sslrootcert signed its certificate",
    ),
    r'database ".*" does not exist|permission denied for database': (
        Forbidden,
        "cannot be opened: make the database, and let this user connect to it",
    ),
    r"authentication failed|no password supplied|role \".*\" (does not|is not)|no pg_hba\.conf entry": (
        Forbidden,
        "does not let this user in: check user and password, and the server's pg_hba.conf",
    ),
    r"invalid (connection option|\S+ value)": (Forbidden, "has a parameter in its URL that PostgreSQL does not know"),
}
"""By words, since a connection that fails has no SQLSTATE. https://github.com/psycopg/psycopg/issues/1188"""


def connect(address: URL, cluster: str, wait: int) -> Engine:
    """An engine for the cluster's schema in that database."""
    schema = schema_of(cluster)
    address = address.set(drivername="postgresql+psycopg")
    address = address.update_query_dict({k: v for k, v in _DEFAULTS.items() if k not in address.query})
    made = create_engine(
        address,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=wait,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        connect_args={"client_encoding": "utf8"},
        execution_options={"place": _place(address, schema), "schema": schema},
    )
    event.listen(made, "connect", _session(schema))
    return made


def schema_of(cluster: str) -> str:
    """The schema of a cluster: `aicost_` and its name, in letters, digits and underscores; without a name `aicost`.

    A name that this would make another's, or that is too long, carries some digits of its hash.
    """
    if _PLAIN.fullmatch(cluster):
        return f"aicost_{cluster.replace('-', '_')}"
    if not cluster:
        return "aicost"
    digits = hashlib.sha256(cluster.encode()).hexdigest()[:_DIGITS]
    room = _LONGEST_NAME - len(f"aicost__{digits}")
    return f"aicost_{re.sub('[^a-z0-9]', '_', cluster.lower())[:room]}_{digits}"


def make_room(connection: Connection) -> None:
    """Make the schema where it is missing. Raises Forbidden where the database cannot hold every name."""
    hurry(connection)
    options = connection.get_execution_options()
    encoding = connection.execute(_ENCODING).scalar_one()
    if encoding != "UTF8":
        raise Forbidden(
            f"ledger {options['place']} lies in a database of the encoding {encoding}, which cannot hold every name:"
            " make one with ENCODING 'UTF8'; nothing was stored"
        )
    if connection.execute(_SCHEMA, {"name": options["schema"]}).first() is None:
        connection.execute(CreateSchema(options["schema"]))


def hurry(connection: Connection) -> None:
    """From here to the end of its transaction the session may not be idle for long."""
    connection.execute(_HURRY, {"longest": f"{IDLE_SECONDS}s"})


def refusal(error: BaseException, *, connecting: bool) -> Refusal | None:
    """What an error of the driver means; None where it is none of the driver's."""
    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate:
        return _REFUSED.get(error.sqlstate) or _REFUSED.get(error.sqlstate[:2], UNKNOWN)
    if isinstance(error, psycopg.DataError):
        return _UNWRITABLE
    if not connecting:
        return _LOST
    said = (meant for words, meant in _TURNED_AWAY.items() if re.search(words, str(error)))
    return next(said, _UNREACHED)


def _session(schema: str) -> Callable[[psycopg.Connection[Any], object], None]:
    parameters = {
        "search_path": schema,
        "lock_timeout": f"{_LOCK_SECONDS}s",
        "statement_timeout": f"{_LONGEST_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{_LONGEST_SECONDS}s",
    }

    def prepare(connection: psycopg.Connection[Any], _record: object) -> None:
        for parameter in parameters.items():
            connection.execute("SELECT set_config(%s, %s, false)", parameter)
        connection.execute(_DURABLE)
        connection.commit()

    return prepare


def _place(address: URL, schema: str) -> str:
    """For messages; never the URL itself, which may hold a password."""
    hosts = address.query.get("host", ()) if address.host is None else f"{address.host}:{address.port or _PORT}"
    where = hosts if isinstance(hosts, str) else ", ".join(hosts)
    return f"{schema} of database {address.database or address.username} at {where or 'the local socket'}"
