"""Settings for a command."""

from __future__ import annotations

import pytest

from aicost.cli.settings import read_settings, unknown
from aicost.ports import Malformed


def test_a_wrong_setting_is_named_but_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its variable, with what it should be."""
    monkeypatch.setenv("AICOST_CLOSE_DAY", "sk-secret")
    monkeypatch.setenv("AICOST_CYCLE", "0")
    with pytest.raises(Malformed, match=r"AICOST_CYCLE must be more than 0") as caught:
        read_settings()
    assert "AICOST_CLOSE_DAY must be a whole number" in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are separated by commas."""
    monkeypatch.setenv("AICOST_ALLOWED_HOSTS", "a:80,b:443")
    assert read_settings().allowed_hosts == {"a:80", "b:443"}


def test_a_misspelt_setting_is_told() -> None:
    """With the one that was meant, where one is alike."""
    assert list(unknown(["PATH", "AICOST_CYCLE", "AICOST_PROMETHEUS_ULR", "AICOST_ZZZ"])) == [
        "AICOST_PROMETHEUS_ULR is no setting and does nothing: did you mean AICOST_PROMETHEUS_URL?",
        "AICOST_ZZZ is no setting and does nothing",
    ]


@pytest.mark.parametrize("name", ["AICOST_SERVICE_HOST", "AICOST_PORT_8080_TCP_ADDR", "AICOST_METRICS_SERVICE_PORT"])
def test_what_kubernetes_sets_is_not_told(name: str) -> None:
    """It makes such variables for every Service named aicost."""
    assert list(unknown([name])) == []
