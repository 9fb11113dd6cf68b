"""Settings: read from the environment only, bounded, documented, frozen, and never secret."""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from aicost.cli.settings import read_settings
from aicost.ports import Malformed
from aicost.settings import Settings, given
from aicost.wiring import PinnedClock, SystemClock, clock_of
from tests.support.builders import T0


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("AICOST_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    """A sentence for the reference page, and a default: an operator starts without any setting."""
    field = Settings.model_fields[name]
    assert (field.description or "").endswith(".")
    assert not field.is_required()


def test_defaults_are_those_of_the_design() -> None:
    """A cycle a minute, numbers in steps of 5 minutes, statuses every 15, bills hourly and for 35 days."""
    settings = Settings()
    assert (settings.cycle, settings.data_step, settings.status_interval) == (60, 300, 900)
    assert (settings.bill_poll, settings.bill_days, settings.lateness) == (3600, 35, 900)
    assert settings.lease


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("cluster", "eu-1", "eu-1"),
        ("kubeconfig", "/etc/kubeconfig", Path("/etc/kubeconfig")),
        ("prometheus_url", "http://prometheus:9090", "http://prometheus:9090"),
        ("cycle", "0.5", 0.5),
        ("data_step", "60", 60),
        ("lease", "false", False),
        ("probes_port", "0", 0),
        ("allowed_hosts", "a:80,b:443", frozenset({"a:80", "b:443"})),
        ("allowed_hosts", "", frozenset()),
        ("allowed_hosts", "a:80, b:443,", frozenset({"a:80", "b:443"})),
        ("kubeconfig", "", None),
        ("cycle", "", 60),
        ("now", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("dcgm_matchers", "", frozenset()),
        ("dcgm_matchers", "job=dcgm, ns=a=b", frozenset({("job", "dcgm"), ("ns", "a=b")})),
        ("kube_state_metrics_matchers", 'job=k"s\\m é😀', frozenset({("job", 'k"s\\m é😀')})),
    ],
)
def test_a_variable_sets_its_field(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object) -> None:
    """AICOST_ and the field's name in capitals; an empty one is as if it were not there."""
    monkeypatch.setenv(f"AICOST_{name.upper()}", text)
    assert getattr(read_settings(), name) == value


NO_PAIR = "must be label=value pairs, each an exact value without quotes; {} is none"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("cycle", "0", "must be more than 0"),
        ("cycle", "often", "must be a number"),
        ("data_step", "0", "must be at least 1"),
        ("close_day", "29", "must be at most 28"),
        ("close_day", "1.5", "must be a whole number"),
        ("bill_days", "181", "must be at most 180"),
        ("probes_port", "65536", "must be at most 65535"),
        ("lease", "perhaps", "must be true or false"),
        ("log_level", "verbose", "must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("cluster", "x" * 64, "must have at most 63 characters"),
        ("now", "yesterday", "must be written as 2026-11-01T00:00:00Z"),
        ("now", "2026-11-01T00:00:00", "must be written as 2026-11-01T00:00:00Z"),
        ("kube_state_metrics_matchers", "kube-state-metrics", NO_PAIR.format("kube-state-metrics=")),
        ("kube_state_metrics_matchers", "job=", NO_PAIR.format("job=")),
        ("kube_state_metrics_matchers", "job=~ksm.*", NO_PAIR.format("job=~ksm.*")),
        ("kube_state_metrics_matchers", "job!=tenant", NO_PAIR.format("job!=tenant")),
        ("kube_state_metrics_matchers", 'job="ksm"', NO_PAIR.format('job="ksm"')),
        ("kube_state_metrics_matchers", "job=ksm,job=other", "names a label twice: give one value for each"),
        ("dcgm_matchers", "__name__=up", NO_PAIR.format("__name__=up")),
        ("dcgm_matchers", "a-b=c", NO_PAIR.format("a-b=c")),
        ("dcgm_matchers", "job=a\nb", NO_PAIR.format("job=a\nb")),
        ("prometheus_url", "prom:9090", "must be written with its scheme, as http://prometheus.monitoring.svc:9090"),
        ("prometheus_url", "http://", "must be written with its scheme, as http://prometheus.monitoring.svc:9090"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, text: str, words: str) -> None:
    """What is out of bounds or no such thing is refused at the start, in words that say what is asked for."""
    monkeypatch.setenv(f"AICOST_{name.upper()}", text)
    with pytest.raises(Malformed, match=f"^{re.escape(f'settings: AICOST_{name.upper()} {words}')}$"):
        read_settings()


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to start an operator three times to find three mistakes."""
    monkeypatch.setenv("AICOST_CYCLE", "0")
    monkeypatch.setenv("AICOST_CLOSE_DAY", "0")
    with pytest.raises(Malformed, match=r"AICOST_CYCLE.*AICOST_CLOSE_DAY"):
        read_settings()


def test_variables_of_others_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes adds variables for Services, such as AICOST_SERVICE_HOST: they set nothing and harm nothing."""
    monkeypatch.setenv("AICOST_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("CYCLE", "1")
    assert read_settings() == Settings()


def test_the_password_of_a_ledger_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that are printed, or named in an error of another setting, do not tell the ledger's URL."""
    monkeypatch.setenv("AICOST_LEDGER_URL", "postgresql://aicost:hunter2@db/costs")
    settings = read_settings()
    assert settings.ledger_url == "postgresql://aicost:hunter2@db/costs"
    assert "hunter2" not in f"{settings} {settings!r}"
    monkeypatch.setenv("AICOST_CYCLE", "0")
    with pytest.raises(Malformed) as wrong:
        read_settings()
    assert "hunter2" not in "".join(traceback.format_exception(wrong.value))


def test_settings_do_not_change_while_the_operator_runs() -> None:
    """One frozen object, read once."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().cycle = 1  # type: ignore[misc] # what must fail


def test_credentials_come_from_the_operators_namespace_unless_told() -> None:
    """A namespace of their own where one is named."""
    assert Settings(namespace="ops").secrets_from == "ops"
    assert Settings(namespace="ops", credential_namespace="keys").secrets_from == "keys"


def test_the_clock_is_pinned_only_when_asked() -> None:
    """A pinned clock stands at its instant; without one time goes by."""
    assert clock_of(Settings(now="2026-11-01T00:00:00Z")) == PinnedClock(T0)
    assert isinstance(clock_of(Settings()), SystemClock)
    assert clock_of(Settings()).now() > T0


def test_the_names_of_all_variables_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that misspelt ones are found; their values are not given."""
    monkeypatch.setenv("AICOST_CYCEL", "1")
    assert "AICOST_CYCEL" in given()
