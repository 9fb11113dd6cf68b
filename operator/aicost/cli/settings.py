"""Reads the settings for a command; a wrong one is an error in words that names the variable, a strange one is named."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aicost.ports import Malformed
from aicost.settings import PREFIX, Settings

_WORDS = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "value_error": "{error}",
}
"""What is wrong, by pydantic's type of error."""
_OTHERS = re.compile(r"AICOST_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_.*)?)|AICOST_SERVER")
"""Variables that Kubernetes makes for Services named aicost, and the one that `aicost report` reads."""


def read_settings() -> Settings:
    """The settings from the environment. Raises Malformed."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [f"{_variable(str(p['loc'][0]))} {_words(p)}" for p in error.errors(include_input=False)]
        raise Malformed(f"settings: {'; '.join(problems)}") from error


def unknown(variables: Iterable[str]) -> Iterator[str]:
    """A sentence for each variable that looks like a setting and is none."""
    known = {_variable(name) for name in Settings.model_fields}
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known and not _OTHERS.fullmatch(name):
            alike = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            yield f"{name} is no setting and does nothing" + (f": did you mean {alike[0]}?" if alike else "")


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def _words(problem: ErrorDetails) -> str:
    template = _WORDS.get(problem["type"])
    return template.format(**problem.get("ctx", {})) if template else str(problem["msg"])
