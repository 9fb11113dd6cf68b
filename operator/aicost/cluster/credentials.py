"""Provider credentials: Secrets of one namespace, of one type, each for one host. Read anew each time, never logged.

The Secret itself names the host that it may be sent to (its data key `host`), so that whoever can write a UsageSource
cannot have somebody else's key sent to a server of his own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from aicost.cluster.connection import Connection
from aicost.cluster.failures import NotFoundError
from aicost.cluster.requests import SECRETS, Request
from aicost.ports import Forbidden

TYPE = "aicost.dev/credential"
HOST = "host"


class SecretCredentials:
    """Implements ports.Credentials on the Secrets of `namespace`."""

    def __init__(self, connection: Connection, namespace: str) -> None:
        self._connection = connection
        self._namespace = namespace

    async def token(self, name: str, key: str, host: str) -> str:
        where = f"Secret {self._namespace}/{name}"
        try:
            secret = await self._connection.send(Request("get", SECRETS, self._namespace, name))
        except NotFoundError:
            raise Forbidden(f"{where} does not exist: create it with type {TYPE}, keys {key} and {HOST}") from None
        if secret.get("type") != TYPE:
            raise Forbidden(f"{where} is not of type {TYPE}, so it is not used: create it anew with that type")
        data = secret.get("data") or {}
        allowed = _value(where, data, HOST).lower()
        if allowed != host.lower():
            raise Forbidden(f"{where} may not be sent to {host}: its key {HOST} names another host")
        return _value(where, data, key)


def _value(where: str, data: Mapping[str, Any], key: str) -> str:
    """One line of printable ASCII, without the line end that editors add. No error tells any of it."""
    if key not in data:
        raise Forbidden(f"{where} has no key {key}: add it")
    try:
        value = base64.b64decode(data[key], validate=True).decode("ascii").rstrip("\r\n")
    except (binascii.Error, ValueError, TypeError):
        value = ""
    if not value or not value.isprintable() or " " in value:
        raise Forbidden(f"{where}: key {key} is not one line of printable characters without blanks: store it again")
    return value
