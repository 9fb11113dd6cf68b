"""What it takes to read and to evaluate five weeks of a large organisation: requests, seconds and memory, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys

from e2e.emulators.everyday import EverydayAnthropic, EverydayOpenAI, Size

LARGE = Size(projects=200, keys=2000, models=60)


def readings() -> list[tuple[str, str, str]]:
    """A row for each provider, in the columns of the other measurements."""
    return [_reading("OpenAI", EverydayOpenAI(LARGE)), _reading("Anthropic", EverydayAnthropic(LARGE))]


def evaluations() -> list[tuple[str, str, str]]:
    """A row for each thing that may happen to two bills of that size, in the columns of the other measurements."""
    command = [sys.executable, "-m", "bench.evaluating", *map(str, (LARGE.projects, LARGE.keys, LARGE.models))]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()  # noqa: S603 # our own module
    told = map(json.loads, lines)
    return [(of["what"], str(of["cpu"]), f"{of['before']} MiB before, {of['peak']} MiB at most") for of in told]


def _reading(of: str, emulator: EverydayOpenAI | EverydayAnthropic) -> tuple[str, str, str]:
    with emulator.serving() as serving:
        command = [sys.executable, "-m", "bench.reading", of, f"{serving.url}/v1"]
        told = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)  # noqa: S603 # our own module
    what = f"read {of}: 35 days, {LARGE.projects} projects, {LARGE.keys} keys, {LARGE.models} models"
    found = f"{told['rows']} rows, {len(emulator.asked)} requests, {told['MiB']} MiB, {told['gaps']} gaps"
    return what, str(told["cpu"]), found
