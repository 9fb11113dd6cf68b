"""Recognising one account behind two credentials without keeping either: by digests, of credentials for this process only."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from aicost.ports import ORGANISATION

_KEY = secrets.token_bytes(32)
"""It is nowhere else, so that no digest tells anything about a credential once the process is gone."""


def digest_of(kind: str, value: str) -> str:
    """The same for the same kind and value, and for no other."""
    return hmac.digest(_KEY, f"{kind} {value}".encode(), "sha256").hex()


def organisation_of(named: str) -> str:
    """The same in every process: the ledger keeps it, so that a new Secret of an organisation is known for one. Its id is no secret."""
    return ORGANISATION + hashlib.sha256(named.encode()).hexdigest()
