"""Logs: one JSON object a line, in UTC, with what a message is about."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from aicost.cli.logs import log_as_json


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging is as it was for the tests that come after."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("kopf", "httpx")}
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_has_its_time_in_utc(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 3339 with Z, wherever the operator runs; an object is a field of its own."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    log_as_json("INFO")
    logging.getLogger("aicost").info("told %s", "once", extra={"object": "AIWorkload support/chat"})
    (line,) = logged(capsys)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "INFO", "logger": "aicost", "message": "told once", "object": "AIWorkload support/chat"}


def test_the_time_is_the_record_s(capsys: pytest.CaptureFixture[str]) -> None:
    """To the millisecond."""
    log_as_json("INFO")
    record = logging.LogRecord("aicost", logging.INFO, "", 0, "x", None, None)
    record.created = 1793491200.25
    logging.getLogger("aicost").handle(record)
    (line,) = logged(capsys)
    assert line["time"] == "2026-11-01T00:00:00.250Z"
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)


def test_kopf_is_heard_but_for_what_it_says_at_every_start(capsys: pytest.CaptureFixture[str]) -> None:
    """That it ignores signals is as it should be: the command handles them."""
    log_as_json("INFO")
    kopf = logging.getLogger("kopf._core.reactor.running")
    kopf.warning("OS signals are ignored: running not in the main thread.")
    kopf.info("chatter")
    kopf.warning("a task failed")
    assert [line["message"] for line in logged(capsys)] == ["a task failed"]
