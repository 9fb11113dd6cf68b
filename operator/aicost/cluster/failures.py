"""What may go wrong with a request to the API server, as errors of the ports: one mapping, with words for people.

Subclasses are for callers inside this package that can do something about the special case; to everybody else they
are what they inherit from. Messages carry the server's own short text for Kubernetes' Status objects only.
"""

from __future__ import annotations

import json
from http import HTTPStatus

import httpx

from aicost.cluster.requests import Request
from aicost.ports import Forbidden, Malformed, Unavailable

_LONGEST_QUOTE = 300
_ENOUGH_FOR_STATUS = 64 * 1024


class NotFoundError(Unavailable):
    """The object, or its whole kind, is not there (404)."""


class ConflictError(Unavailable):
    """Somebody else was faster (409)."""


class ExpiredError(Unavailable):
    """The resource version or the continue token is too old (410): list again."""


class ThrottledError(Unavailable):
    """The server asks for a pause of `seconds` (429, or 503 with Retry-After)."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


_MEANINGS: dict[int, tuple[type[Unavailable | Forbidden], str]] = {
    401: (Forbidden, "the API server does not know who we are; check the token or client certificate"),
    403: (Forbidden, "allow {grant} for the operator's ServiceAccount"),
    404: (NotFoundError, "it is not there, or its CRD is not installed"),
    408: (Unavailable, "it is asked again"),
    409: (ConflictError, "it changed in between; it is read again"),
    410: (ExpiredError, "that is too long ago for the API server; everything is listed again"),
}


def failure(request: Request, cause: httpx.HTTPError | httpx.Response) -> Unavailable | Malformed | Forbidden:
    """The error to raise for a request that got no answer (an exception) or this answer (status 400 and above)."""
    if isinstance(cause, httpx.Response):
        return answered(request, cause.status_code, cause.content, cause.headers.get("retry-after"))
    what = str(cause) or type(cause).__name__
    return Unavailable(f"{request}: no answer from the API server ({what}); it is asked again")


def answered(
    request: Request, status: int, content: bytes, retry_after: str | None = None
) -> Unavailable | Malformed | Forbidden:
    """The error for an answer with an error's status code, also one that arrives inside a watch."""
    said = f"{request} answered {status}{_quoted(content)}"
    if seconds := _pause(status, retry_after):
        return ThrottledError(f"{said}: the API server asks to wait {seconds:g} s", seconds)
    if status in _MEANINGS:
        error, advice = _MEANINGS[status]
        return error(f"{said}: {advice.format(grant=request.grant)}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"{said}: it is asked again")
    return Malformed(f"{said}: operator and API server do not understand each other; compare their versions and CRDs")


def _pause(status: int, retry_after: str | None) -> float:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _seconds(retry_after) or 1.0
    return _seconds(retry_after) if status == HTTPStatus.SERVICE_UNAVAILABLE else 0.0


def _seconds(retry_after: str | None) -> float:
    """Kubernetes sends whole seconds, never a date."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else 0.0


def _quoted(content: bytes) -> str:
    """The message of a Status object, or nothing: any other body may come from whatever stands in between."""
    try:
        status = json.loads(content) if len(content) <= _ENOUGH_FOR_STATUS else None
    except ValueError:
        return ""
    if not isinstance(status, dict) or status.get("kind") != "Status":
        return ""
    message = " ".join(str(status.get("message", "")).split())[:_LONGEST_QUOTE]
    return f' ("{message}")' if message else ""
