"""Settings of the operator: one frozen object, read once from the environment (`AICOST_...`), documented by its fields.

The only place that reads these. Nothing secret lives here but a password in `ledger_url`, which is never shown:
credentials are Secrets, read when needed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from aicost.core.window import instant


def _words(value: object) -> object:
    return frozenset(map(str.strip, value.split(","))) - {""} if isinstance(value, str) else value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("must be written with its scheme, as http://prometheus.monitoring.svc:9090")
    return value


def _time(value: str) -> str:
    try:
        if value:
            instant(value)
    except ValueError as error:
        raise ValueError("must be written as 2026-11-01T00:00:00Z") from error
    return value


_LABEL = re.compile("(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


def _matchers(value: object) -> object:
    """`label=value` pairs; a message says which one is none."""
    if not isinstance(value, str):
        return value
    pairs = [tuple(part.strip().partition("=")[::2]) for part in value.split(",") if part.strip()]
    for label, wanted in pairs:
        if not _LABEL.fullmatch(label) or not wanted or not wanted.isprintable() or wanted[0] in "~\"'":
            raise ValueError(f"must be label=value pairs, each an exact value without quotes; {label}={wanted} is none")
    if len({label for label, _ in pairs}) < len(pairs):
        raise ValueError("names a label twice: give one value for each")
    return frozenset(pairs)


Matchers = Annotated[frozenset[tuple[str, str]], NoDecode, BeforeValidator(_matchers)]
Url = Annotated[str, AfterValidator(_url)]
Time = Annotated[str, AfterValidator(_time)]
Words = Annotated[frozenset[str], NoDecode, BeforeValidator(_words)]

PREFIX = "AICOST_"


class Settings(BaseSettings):
    """Everything that can be set; each field is the variable AICOST_ plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    cluster: str = Field(
        default="default",
        max_length=63,
        description="Name of this cluster, in reports; its ledger is only opened under the name that it was begun with.",
    )
    namespace: str = Field(default="aicost", description="The operator's own namespace: its Lease lives there.")
    credential_namespace: str = Field(
        default="", description="Where credential Secrets are read; empty: the operator's own namespace."
    )
    kubeconfig: Path | None = Field(default=None, description="A kubeconfig; empty: in-cluster, else KUBECONFIG.")
    prometheus_url: Url = Field(
        default="",
        description="Base URL of Prometheus, Thanos or Mimir, with this cluster's series only, asked without authentication; empty: none.",
    )
    prometheus_timeout: int = Field(default=60, ge=1, le=600, description="Seconds that one query may take.")
    sample_interval: int = Field(
        default=60, ge=1, le=3600, description="Seconds between scrapes of kube-state-metrics."
    )
    kube_state_metrics_matchers: Matchers = Field(
        default=frozenset(),
        description="label=value pairs, comma-separated: kube-state-metrics' series count only with these labels.",
    )
    dcgm_matchers: Matchers = Field(
        default=frozenset(),
        description="label=value pairs, comma-separated: dcgm-exporter's series count only with these labels.",
    )
    cadvisor_matchers: Matchers = Field(
        default=frozenset(),
        description="label=value pairs, comma-separated: cAdvisor's series count only with these labels.",
    )
    allowed_hosts: Words = Field(
        default=frozenset(),
        description="host:port pairs, comma-separated, that a usage source may call though they are private, or http.",
    )
    ledger_url: str = Field(
        default="sqlite:///aicost-ledger.db",
        repr=False,
        description="Where the ledger lies: sqlite:///PATH, or postgresql://USER:PASSWORD@HOST/DATABASE with libpq's parameters behind a ?.",
    )
    cycle: float = Field(default=60, gt=0, le=3600, description="Seconds from one evaluation to the next.")
    data_step: int = Field(default=300, ge=1, le=3600, description="Numbers move in steps of so many seconds.")
    status_interval: int = Field(
        default=900, ge=0, le=86400, description="Seconds until changed numbers are written again to a status."
    )
    lateness: int = Field(default=900, ge=0, le=86400, description="Seconds after its end until an hour is settled.")
    close_day: int = Field(
        default=5,
        ge=1,
        le=28,
        description="Day of the next month on which a month is closed, once its hours are settled: from then on it never changes.",
    )
    backups: int = Field(
        default=3,
        ge=0,
        le=120,
        description="Copies of an SQLite ledger kept beside it, one made at each month's close.",
    )
    bill_poll: int = Field(default=3600, ge=1, le=86400, description="Seconds between two polls of a bill.")
    bill_days: int = Field(default=35, ge=1, le=180, description="Days of a bill that each poll reads again.")
    bill_files: Path = Field(
        default=Path("/data"), description="The only folder that UsageSources of type FocusFile may read files in."
    )
    model_catalogue: Path = Field(
        default=Path("/etc/aicost/models/models.yaml"),
        description="A file with rows over those of the shipped catalogue of models; where there is none these stand.",
    )
    bill_settles_after: int = Field(
        default=72, ge=0, le=720, description="Hours after a day's end until its bill counts as settled."
    )
    advice_days: int = Field(
        default=7, ge=1, le=35, description="Whole UTC days that advice looks at; 14 where a week is not like the next."
    )
    resync: int = Field(default=300, ge=1, le=86400, description="Seconds between two full lists of each kind.")
    writes_per_second: float = Field(default=20, gt=0, le=1000, description="Status writes per second at most.")
    probes_address: str = Field(default="0.0.0.0", description="Where /healthz, /readyz and /metrics listen.")  # noqa: S104 # the kubelet and Prometheus reach the pod's address
    probes_port: int = Field(default=8080, ge=0, le=65535, description="Their port; 0: any free one.")
    api_port: int = Field(default=8081, ge=0, le=65535, description="Port of the read API, on loopback only.")
    lease: bool = Field(default=True, description="Wait for the Lease before working, so that one replica works.")
    now: Time = Field(
        default="", description="An RFC 3339 instant at which the clock stands still: for demonstrations."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe log level."
    )

    @property
    def secrets_from(self) -> str:
        """The namespace that credentials are read from."""
        return self.credential_namespace or self.namespace


def given() -> frozenset[str]:
    """The names of the environment's variables, settings or not."""
    return frozenset(os.environ)
