"""PostgreSQL as the ledger's engine: how it is opened, whose schema is whose, and what is said when it refuses."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.window import Period
from aicost.ports import Commit, Forbidden, Malformed, Unavailable
from aicost.store import fence, open_ledger
from aicost.store.postgresql import schema_of
from tests.store.server import Server
from tests.store.stored import opened, rows
from tests.support.builders import T0, an_entry

IDLE = "SHOW idle_in_transaction_session_timeout"
MONTH = Period("2026-11")
NAMES = st.text(max_size=63) | st.text("abc-_AÄ", max_size=63)


def test_session_is_set_as_the_ledger_needs_it(server: Server, postgresql_url: str) -> None:
    """A commit is durable though the database says otherwise, no transaction waits for ever, and one schema is seen."""
    server.run("ALTER DATABASE postgres SET synchronous_commit = off")
    try:
        with opened(postgresql_url, "eu-1") as ledger, ledger._engine.connect() as connection:  # noqa: SLF001 # the session itself
            names = ("synchronous_commit", "search_path", "transaction_isolation", "client_encoding", "lock_timeout")
            found = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
            idle = connection.exec_driver_sql(IDLE).scalar_one()
            fence.check(connection, ledger._term)  # noqa: SLF001 # what a commit begins with
            idle_in_commit = connection.exec_driver_sql(IDLE).scalar_one()
    finally:
        server.run("ALTER DATABASE postgres RESET synchronous_commit")
    assert found == ["on", "aicost_eu_1", "repeatable read", "UTF8", "40s"]
    assert (idle, idle_in_commit) == ("10min", "30s")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_parameters_of_the_url_win(postgresql_url: str, scheme: str) -> None:
    """Whatever libpq knows may stand behind the question mark, in any of the three ways to name the database."""
    url = f"{postgresql_url.replace('postgresql', scheme, 1)}?application_name=mine&sslmode=disable"
    with opened(url) as ledger, ledger._engine.connect() as connection:  # noqa: SLF001 # the session itself
        assert connection.exec_driver_sql("SHOW application_name").scalar_one() == "mine"


@given(NAMES, NAMES)
def test_two_clusters_have_two_schemas(one: str, other: str) -> None:
    """Whatever the clusters are called, their schemas have names of their own that PostgreSQL keeps as they are."""
    assert (schema_of(one) == schema_of(other)) == (one == other)
    assert all(len(schema_of(name).encode()) <= 63 and schema_of(name).isidentifier() for name in (one, other))


@pytest.mark.parametrize(
    ("cluster", "schema"), [("", "aicost"), ("default", "aicost_default"), ("eu-1", "aicost_eu_1")]
)
def test_schema_is_told_by_the_name(cluster: str, schema: str) -> None:
    """Who looks into the database finds a cluster without a table of names."""
    assert schema_of(cluster) == schema


def test_schema_that_is_another_clusters_is_refused(postgresql_url: str) -> None:
    """Where a name was made to meet another's schema, what the ledger remembers decides."""
    met = schema_of("EU").removeprefix("aicost_").replace("_", "-")
    assert schema_of(met) == schema_of("EU")
    with opened(postgresql_url, "EU"):
        pass
    with pytest.raises(Forbidden, match="holds the costs of cluster EU, and this aicost was started for cluster eu-"):
        open_ledger(postgresql_url, met)


def expect_refused(url: str, kind: type[Exception], says: str) -> None:
    """Opening fails with these words, which are one line and hold no password, nor does the traceback."""
    secret = url.split("@", maxsplit=1)[0].rpartition(":")[2]
    with pytest.raises(kind, match=says) as failure:
        open_ledger(url, "eu-1")
    assert str(failure.value).startswith("ledger aicost_eu_1 of database ")
    assert "\n" not in str(failure.value)
    assert secret not in "".join(traceback.format_exception(failure.value))


def test_wrong_password_is_said_without_it(server: Server) -> None:
    """Neither the wrong one nor the right one stands in message or traceback."""
    expect_refused(server.url(password="w!r%o/n:g?"), Forbidden, "does not let this user in: check user and password")
    expect_refused(server.url(user="nobody"), Forbidden, "does not let this user in: check user and password")


def test_missing_database_is_said(server: Server) -> None:
    """Aicost makes its schema, never a database."""
    expect_refused(server.url(database="missing"), Forbidden, "cannot be opened: make the database")


def test_server_without_tls_is_not_talked_to_in_clear(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for TLS, in the URL or by libpq's variables as the chart does, gets TLS or a refusal."""
    in_clear = "lies on a server without TLS, which sslmode demands: no password was sent; switch TLS on there"
    expect_refused(server.url(sslmode="require"), Forbidden, in_clear)
    expect_refused(server.url(sslmode="verify-full", sslrootcert="/missing/ca.crt"), Forbidden, in_clear)
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", "/missing/ca.crt")
    expect_refused(server.url(), Forbidden, in_clear)


@pytest.mark.parametrize("query", [{"sslmod": "require"}, {"sslmode": "perhaps"}])
def test_unknown_parameter_is_said(server: Server, query: dict[str, str]) -> None:
    """A misspelt sslmode is no connection without TLS."""
    expect_refused(server.url(**query), Forbidden, "has a parameter in its URL that PostgreSQL does not know")


def test_server_that_is_not_there_is_waited_for(server: Server) -> None:
    """Nobody listens, or nobody has that name: it may come yet."""
    absent = replace(server, port=1)
    expect_refused(absent.url(), Unavailable, "cannot be reached: is the server up")
    expect_refused(
        server.url().replace("127.0.0.1", "missing.invalid"), Unavailable, "cannot be reached: is the server up"
    )


def test_user_may_be_a_stranger_to_the_database_but_for_its_schema(server: Server) -> None:
    """Without rights the refusal says which; the least that is enough is a schema that somebody made for the user."""
    server.run("CREATE ROLE guest LOGIN PASSWORD 'guest-secret' CONNECTION LIMIT 1")
    url = server.url("guest", "guest-secret")
    try:
        expect_refused(url, Forbidden, "let it own the schema, or make one in the database")
        server.run("CREATE SCHEMA aicost_eu_1 AUTHORIZATION guest")
        with opened(url, "eu-1") as ledger:
            assert ledger.commit(Commit((an_entry("card"),)), T0) == 1
            expect_refused(url, Unavailable, "cannot be reached: is the server up")
    finally:
        server.run("DROP SCHEMA IF EXISTS aicost_eu_1 CASCADE", "DROP ROLE guest")


def test_server_that_only_reads_is_said(server: Server, postgresql_url: str) -> None:
    """A standby, or a primary that was set so, is not written: the ledger is as it was."""
    with opened(postgresql_url, "eu-1") as ledger:
        ledger.commit(Commit((an_entry("card"),)), T0)
    server.run("ALTER DATABASE postgres SET default_transaction_read_only = on")
    try:
        expect_refused(
            postgresql_url, Forbidden, "is on a server that only reads: nothing was stored; name the primary"
        )
    finally:
        server.run(
            "SET default_transaction_read_only = off", "ALTER DATABASE postgres RESET default_transaction_read_only"
        )
    with opened(postgresql_url, "eu-1") as ledger:
        assert ledger.entries(MONTH.window) == (an_entry("card"),)


def test_database_that_cannot_hold_every_name_is_refused(server: Server) -> None:
    """Only UTF8 holds what pods, projects and customers may be called."""
    server.run("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(Forbidden, match="of the encoding LATIN1, which cannot hold every name: make one with"):
            open_ledger(server.url(database="narrow"))
    finally:
        server.run("DROP DATABASE narrow")


def test_text_that_cannot_be_stored_is_said(postgresql_url: str) -> None:
    """PostgreSQL has no NUL in texts: the commit is refused whole, and the next one is welcome."""
    with opened(postgresql_url) as ledger:
        with pytest.raises(Malformed, match=r"cannot hold a text of it \(a NUL character\): nothing was stored"):
            ledger.commit(Commit((an_entry("card"),), marks={"a": "\0"}), T0)
        assert ledger.entries(MONTH.window) == ()
        assert ledger.commit(Commit((an_entry("card"),), marks={"a": "b"}), T0) == 1


def test_ledger_that_lost_a_table_is_said(postgresql_url: str) -> None:
    """What somebody dropped is missed in words."""
    open_ledger(postgresql_url).close()
    rows(postgresql_url, "DROP TABLE card_use")
    with opened(postgresql_url) as ledger, pytest.raises(Malformed, match="lacks tables or columns that aicost made"):
        ledger.observed(MONTH.window)
