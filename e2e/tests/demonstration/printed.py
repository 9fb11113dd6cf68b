"""What a run printed, without what is another in every run: pods' random names, ages, digests, how often it looked."""

from __future__ import annotations

import re

_POD = re.compile(r"(train-20261101-|(?:llm|rank|rank-encoder|chat|scoring)-[0-9a-z]{8,10}-)[0-9a-z]{5}\b")
_AGE = re.compile(r"(?<= )(\d+m)?\d+s$|(?<= )\d+m$", re.MULTILINE)
_DIGEST = re.compile(r"^digest [0-9a-f]{64}$", re.MULTILINE)
_EVALUATIONS = re.compile(r"^Then \d+ more", re.MULTILINE)


def masked(results: str) -> str:
    """The text with marks in their places."""
    return _EVALUATIONS.sub("Then * more", _DIGEST.sub("digest *", _AGE.sub("*", _POD.sub(r"\1*****", results))))
