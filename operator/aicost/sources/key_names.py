"""What holders call their keys at a gateway: a name that could be another key's is none."""

from __future__ import annotations

import re

_HASH = re.compile(r"[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether a key may be called so. Gateways tell a key without a name by the SHA-256 of it, and that may be granted.

    They see to it that no two keys have one name, but not that none is named like another one's hash.
    """
    return _HASH.fullmatch(text) is None
