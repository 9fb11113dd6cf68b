"""Where the API server is and who we are there: from a kubeconfig or from the pod's service account.

Parsing is the `kubernetes` package's; everything that it may raise ends here.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.client import Configuration
from kubernetes.client.rest import should_bypass_proxies

from aicost.ports import Forbidden

_TOKEN = "BearerToken"  # noqa: S105 # the name under which the package files it


@dataclass(frozen=True, slots=True)
class Access:
    """The API server's URL, the TLS to use, and the current Authorization header (re-read when its file rotates)."""

    url: str
    tls: ssl.SSLContext
    authorization: Callable[[], str | None]
    proxy: str | None = None
    server_name: str | None = None


def load(kubeconfig: Path | None = None) -> Access:
    """Access by this file; without one by the pod's service account if in a pod, else by KUBECONFIG or the default.

    Raises:
        Forbidden: it cannot be read or used; the message says which file and why.
    """
    if kubeconfig is None and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _loaded("the pod's service account", config.load_incluster_config)
    named = str(kubeconfig or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    return _loaded(f"kubeconfig {named}", lambda configuration: _read_kubeconfig(named, configuration))


def _read_kubeconfig(named: str, configuration: Configuration) -> None:
    """KUBECONFIG may name several files, of which some may be absent."""
    if not any(Path(path).expanduser().exists() for path in named.split(os.pathsep) if path):
        raise FileNotFoundError("no such file; give --kubeconfig PATH, or set KUBECONFIG")
    config.load_kube_config(  # type: ignore[no-untyped-call] # ships without types
        named, client_configuration=configuration, persist_config=False
    )


def _loaded(what: str, read: Callable[[Configuration], Any]) -> Access:
    configuration = Configuration()
    try:
        read(configuration)
        return Access(
            url=configuration.host,
            tls=_tls(configuration),
            authorization=lambda: _authorization(configuration),
            proxy=_proxy(configuration),
            server_name=configuration.tls_server_name,
        )
    except yaml.YAMLError as error:
        # What the parser says may quote the line that it stumbled over, and with it a token.
        where = f" (line {mark.line + 1})" if (mark := getattr(error, "problem_mark", None)) else ""
        raise Forbidden(f"no access to the Kubernetes API by {what}: it is not YAML{where}") from None
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Forbidden(f"no access to the Kubernetes API by {what}: {error}") from error


def _authorization(configuration: Configuration) -> str | None:
    """Raises OSError, as reading any other file would."""
    try:
        header: str | None = configuration.get_api_key_with_prefix(_TOKEN)
    except config.ConfigException as error:
        raise OSError(str(error)) from error
    return header


def _proxy(configuration: Configuration) -> str | None:
    """The kubeconfig's, else HTTPS_PROXY, unless NO_PROXY names the server: the environment rules of the package."""
    proxy: str | None = configuration.proxy
    return proxy if proxy and not should_bypass_proxies(configuration.host, configuration.no_proxy or "") else None


def _tls(configuration: Configuration) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context
