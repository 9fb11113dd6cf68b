"""What commands that talk to the operator share: their options, and one question to its API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click
import httpx

from aicost.cli.tunnel import Place
from aicost.core.window import Period
from aicost.ports import Malformed, Unavailable

SECONDS = 60.0
Read = TypeVar("Read")
_REFUSED = (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND, httpx.codes.CONFLICT)
_OPTIONS = (
    click.option(
        "--server",
        metavar="URL",
        envvar="AICOST_SERVER",
        default="",
        show_envvar=True,
        help="The read API, instead of a port-forward.",
    ),
    click.option(
        "-n",
        "--namespace",
        envvar="AICOST_NAMESPACE",
        default="aicost",
        show_default=True,
        show_envvar=True,
        help="The operator's namespace.",
    ),
    click.option(
        "--deployment",
        metavar="NAME",
        default="",
        help="The operator's Deployment; by default it is found by its label.",
    ),
    click.option("--context", default="", help="Context of the kubeconfig."),
    click.option("--kubeconfig", type=click.Path(dir_okay=False), default="", help="Path of a kubeconfig."),
)


@dataclass(frozen=True, slots=True)
class Where:
    """Where the operator is: at a given URL, or behind a port-forward to a place."""

    server: str
    place: Place


def reaches_operator(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where the operator is; it gets them as one argument `where`."""

    @wraps(command)
    def given(
        *args: Any, server: str, namespace: str, deployment: str, context: str, kubeconfig: str, **others: Any
    ) -> None:
        command(*args, where=Where(server, Place(namespace, deployment, context, kubeconfig)), **others)

    for option in reversed(_OPTIONS):
        given = option(given)
    return given


def month(_: click.Context, __: click.Parameter, value: str) -> str:
    """A month as it is written, or nothing."""
    try:
        return Period(value).month if value else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def asked(url: str, path: str, params: dict[str, str], *, seconds: float = SECONDS) -> httpx.Response:
    """The operator's answer to a question. Raises Malformed for what it refuses, Unavailable for anything else."""
    return _answered("GET", url, path, seconds, params=params)


def told(url: str, path: str, body: dict[str, Any]) -> httpx.Response:
    """The operator's answer to an order; raises likewise."""
    return _answered("POST", url, path, 10 * SECONDS, json=body)


def read(parse: Callable[[Any], Read], answer: httpx.Response, what: str) -> Read:
    """What an answer says. Raises Malformed for anything else."""
    try:
        return parse(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"{answer.url} did not answer {what} ({error}): is that the operator's read API?") from error


def _answered(method: str, url: str, path: str, seconds: float, **given: Any) -> httpx.Response:
    try:
        answer = httpx.request(method, f"{url}{path}", timeout=seconds, trust_env=False, **given)
    except httpx.HTTPError as error:
        raise Unavailable(
            f"the operator's read API at {url} does not answer: {error}; look whether the operator runs, and at that address"
        ) from error
    said = _said(answer) if answer.is_error else ""
    if said and answer.status_code in _REFUSED:
        raise Malformed(said)
    if answer.is_error:
        why = said or "see its logs"
        raise Unavailable(f"the operator's read API at {url} answered HTTP {answer.status_code}: {why}")
    return answer


def _said(answer: httpx.Response) -> str:
    """The operator's own words; none where something else answered, or an operator that has no such page."""
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return ""
