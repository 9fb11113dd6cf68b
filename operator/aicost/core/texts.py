"""Text from outside: what of it nobody would see, or would read as the end of a line."""

from __future__ import annotations

import re

UNSEEN = r"\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
"""Unicode's controls, line ends and marks of direction (UAX 9), as a character class of Python and of CEL's strings."""
_UNSEEN = re.compile(f"[{UNSEEN}]")


def is_seen(text: str) -> bool:
    """Whether all of it is seen as it is."""
    return _UNSEEN.search(text) is None


def seen(text: str) -> str:
    """On one line and in its own direction: each character that is not seen stands as its escape."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
