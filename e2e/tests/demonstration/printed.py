"""What a run printed, without what is another in every run: pods' random names, ages, and the digest over their UIDs."""

from __future__ import annotations

import re

_POD = re.compile(r"(train-20261101-|(?:llm|rank|rank-encoder|chat|scoring)-[0-9a-z]{8,10}-)[0-9a-z]{5}\b")
_AGE = re.compile(r"(?<= )(\d+m)?\d+s$|(?<= )\d+m$", re.MULTILINE)
_DIGEST = re.compile(r"^digest [0-9a-f]{64}$", re.MULTILINE)


def masked(results: str) -> str:
    """The text with marks in their places."""
    return _DIGEST.sub("digest *", _AGE.sub("*", _POD.sub(r"\1*****", results)))
