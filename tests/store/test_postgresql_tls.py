"""A ledger in PostgreSQL over TLS: stored there if the server proves its name, else a refusal that says what to do."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL

from aicost.core.window import Period
from aicost.ports import Commit, Forbidden
from aicost.store import open_ledger
from e2e.controlplane.certificates import make_certificates
from tests.store import tls
from tests.store.server import Server
from tests.store.stored import opened
from tests.support.builders import T0, an_entry

MONTH = Period("2026-11")
SIGNED = "lies on a server that is not trusted: check that the CA in sslrootcert signed its certificate"
NAMED = "lies on a server whose certificate is for another name: write the host in the URL as the certificate has it"
MOUNTED = (
    r"cannot tell whom it talks to: no CA's certificate can be read at sslrootcert; mount it \(chart: ledger.caSecret\)"
)


@dataclass(frozen=True)
class Secured:
    """A server behind TLS, for `localhost`; its own authority's file, and one of another authority of the same name."""

    port: int
    password: str
    authority: Path
    another: Path

    def url(self, host: str = "localhost", **query: str) -> str:
        """How it is called by a name that need not be resolved."""
        where = {"hostaddr": "127.0.0.1"} | query
        address = URL.create("postgresql", "postgres", self.password, host, self.port, "postgres", where)
        return address.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def secured(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The server of the other tests, whose programs know no TLS."""
    folder = tmp_path_factory.mktemp("tls")
    own, other = (make_certificates(folder / name) for name in ("own", "other"))
    with tls.before(server.port, own.serving, own.serving_key) as port:
        yield Secured(port, server.password, own.authority, other.authority)


def expect_refused(secured: Secured, url: str, says: str) -> None:
    """In one line, for good, and without the password, also in the traceback."""
    with pytest.raises(Forbidden, match=says) as failure:
        open_ledger(url, "tls")
    assert "\n" not in str(failure.value)
    assert secured.password not in "".join(traceback.format_exception(failure.value))


def test_server_that_proves_its_name_is_written(secured: Secured, postgresql_url: str) -> None:
    """With the CA's file in the URL the ledger is there, and lies where another way into the database finds it."""
    with opened(secured.url(sslmode="verify-full", sslrootcert=str(secured.authority)), "tls") as ledger:
        assert ledger.commit(Commit((an_entry("card"),)), T0) == 1
    with opened(postgresql_url, "tls") as ledger:
        assert ledger.entries(MONTH.window) == (an_entry("card"),)


def test_ca_of_the_environment_is_used(secured: Secured, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the chart says it: by libpq's variables, with a URL that knows nothing of TLS; and the URL's word wins."""
    assert postgresql_url
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(secured.authority))
    with opened(secured.url(), "tls") as ledger:
        assert ledger.entries(MONTH.window) == ()
    expect_refused(secured, secured.url(sslrootcert=str(secured.another)), SIGNED)


@pytest.mark.parametrize("trusting", ["another", "system"])
def test_certificate_of_another_authority_is_refused(secured: Secured, trusting: str) -> None:
    """One of the same name as the right one, as after a rotation, and those that everybody trusts."""
    authority = str(secured.another) if trusting == "another" else trusting
    expect_refused(secured, secured.url(sslmode="verify-full", sslrootcert=authority), SIGNED)


def test_certificate_for_another_name_is_refused(secured: Secured) -> None:
    """Whoever holds any certificate of the authority is not yet the database."""
    url = secured.url("costs-rw.databases", sslmode="verify-full", sslrootcert=str(secured.authority))
    expect_refused(secured, url, NAMED)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_ca_that_cannot_be_read_is_said(secured: Secured, tmp_path: Path, content: str | None) -> None:
    """A file that is not mounted, or holds something else, is no reason to trust anybody."""
    file = tmp_path / "ca.crt"
    if content:
        file.write_text(content)
    expect_refused(secured, secured.url(sslmode="verify-full", sslrootcert=str(file)), MOUNTED)
