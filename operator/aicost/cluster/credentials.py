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
_GRANT = "list its name in the chart's credentials.secretNames, where it is spelt as in secretRef, and create it there."


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
            raise Forbidden(f"{where} does not exist: {self._creation(name, key, host)}") from None
        except Forbidden as problem:
            raise Forbidden(
                f"{where} may not be read, so that nobody knows whether it exists: {_GRANT} {problem}"
            ) from None
        if secret.get("type") != TYPE:
            anew = f"delete it, then {self._creation(name, key, host)}"
            raise Forbidden(f"{where} is not of type {TYPE}, so it is not used, and a type cannot be changed: {anew}")
        data = secret.get("data") or {}
        allowed = _value(where, data, HOST).lower()
        if allowed != host.lower():
            raise Forbidden(f"{where} may not be sent to {host}: its key {HOST} names another host")
        return _value(where, data, key)

    def _creation(self, name: str, key: str, host: str) -> str:
        """The command that makes it: only who has the credential knows what FILE holds."""
        given = f"--from-literal={HOST}={host} --from-file={key}=FILE"
        return f"kubectl create secret generic {name} -n {self._namespace} --type={TYPE} {given}"


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
