"""Settings for a command."""

from __future__ import annotations

import pytest

from aicost.cli.settings import read_settings
from aicost.ports import Malformed


def test_a_wrong_setting_is_named_but_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its variable, with what it should be."""
    monkeypatch.setenv("AICOST_CLOSE_DAY", "sk-secret")
    monkeypatch.setenv("AICOST_CYCLE", "0")
    with pytest.raises(Malformed, match=r"AICOST_CYCLE: .* greater than 0") as caught:
        read_settings()
    assert "AICOST_CLOSE_DAY: " in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are separated by commas."""
    monkeypatch.setenv("AICOST_ALLOWED_HOSTS", "a:80,b:443")
    assert read_settings().allowed_hosts == {"a:80", "b:443"}
