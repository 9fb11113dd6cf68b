"""Reads the settings for a command; a wrong one is an error in words that names the variable."""

from __future__ import annotations

from pydantic import ValidationError

from aicost.ports import Malformed
from aicost.settings import Settings


def read_settings() -> Settings:
    """The settings from the environment. Raises Malformed."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"AICOST_{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in error.errors(include_input=False)
        ]
        raise Malformed(f"settings: {'; '.join(problems)}") from error
