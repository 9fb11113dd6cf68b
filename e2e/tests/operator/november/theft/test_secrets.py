"""Credentials: of one namespace, of one type, each to its one host, and read anew; no other Secret is ever sent anywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.controlplane.errors import CommandFailedError
from e2e.demonstration import stage
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.november.conftest import KEY, Scene
from e2e.tests.operator.november.theft.conftest import a_source, billed, refused_for, unmoved
from e2e.tests.operator.resources import Body, Resources, until

SECRET = stage.SECRET
THEFT = "theft"
FOREIGN = "sk-of-search-4d1f"


def a_secret(namespace: str, name: str, *, kind: str = "aicost.dev/credential", **data: str) -> Body:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind, "stringData": data}


@contextmanager
def token(resources: Resources, value: str) -> Iterator[None]:
    """The credential of OpenAI's source is another one meanwhile."""
    _put(resources, value)
    yield
    _put(resources, KEY)


def _put(resources: Resources, value: str) -> None:
    data = {"data": {"token": base64.b64encode(value.encode()).decode()}}
    resources.kubectl("patch", "secret", SECRET, "-n", stage.NAMESPACE, "--type=merge", "-p", json.dumps(data))


def test_a_secret_of_another_namespace_cannot_be_named(resources: Resources) -> None:
    """There is no field for it, and no name leads there."""
    for reference, words in (
        ({"name": SECRET, "namespace": "search"}, 'unknown field "spec.secretRef.namespace"'),
        ({"name": "../../search/secrets/theirs"}, "never its namespace"),
        ({"name": "search/theirs"}, "never its namespace"),
    ):
        manifest = json.dumps(a_source(THEFT, secretRef=reference))
        with pytest.raises(CommandFailedError, match=words):
            resources.kubectl("create", "--validate=strict", "-f", "-", stdin=manifest)


def test_a_secret_that_the_chart_does_not_list_is_not_read(robbed: Scene, operator: OperatorProcess) -> None:
    """Also where it is there, in the right namespace: the API server refuses it, and the source says what to do."""
    resources = robbed.resources
    host = robbed.providers.reached["OpenAI"].host
    url = robbed.providers.reached["OpenAI"].url
    stolen = a_secret(stage.NAMESPACE, "not-listed", host=host, token=FOREIGN)
    resources.apply(stolen, a_secret("search", "not-listed", host=host, token=FOREIGN))
    try:
        with unmoved(operator, resources, f"UsageSource/{THEFT}", "BusinessUnit/unallocated"):
            of = {"secretRef": {"name": "not-listed"}, "include": {"projects": ["proj_support"]}}
            resources.apply(a_source(THEFT, url=url, **of))
            said = refused_for(resources, THEFT, "CredentialInvalid")
        assert f"Secret {stage.NAMESPACE}/not-listed may not be read" in said
        assert "credentials.secretNames" in said
        assert FOREIGN not in json.dumps(resources.all())
    finally:
        for namespace in (stage.NAMESPACE, "search"):
            resources.kubectl("delete", "secret", "not-listed", "-n", namespace)


def test_a_credential_goes_only_to_the_host_that_its_secret_names(robbed: Scene, operator: OperatorProcess) -> None:
    """Whoever may write a source, and has a host that settings allow, does not get OpenAI's key sent there."""
    resources, litellm = robbed.resources, robbed.providers.litellm
    host = robbed.providers.reached["LiteLLM"].host
    with unmoved(operator, resources, f"UsageSource/{THEFT}", "BusinessUnit/unallocated"):
        resources.apply(a_source(THEFT, url=f"http://{host}/v1", secretRef={"name": SECRET}))
        said = refused_for(resources, THEFT, "CredentialInvalid")
    assert f"Secret {stage.NAMESPACE}/{SECRET} may not be sent to {host}" in said
    assert [asked for asked in litellm.asked if asked.path.startswith("/v1/organization")] == []


def test_a_secret_of_another_type_is_not_used(robbed: Scene) -> None:
    """A token or certificate that lies in the credential namespace is no credential, whatever it is called."""
    resources = robbed.resources
    was = json.loads(resources.kubectl("get", "secret", SECRET, "-n", stage.NAMESPACE, "-o", "json"))
    data = {key: base64.b64decode(value).decode() for key, value in was["data"].items()}
    try:
        resources.kubectl("delete", "secret", SECRET, "-n", stage.NAMESPACE)
        resources.apply(a_secret(stage.NAMESPACE, SECRET, kind="Opaque", **data))
        wrong = "is not of type aicost.dev/credential"
        said = refused_for(resources, "openai-prod", "CredentialInvalid", wrong)
        assert "--type=aicost.dev/credential" in said
        assert billed(resources) == "3200.00"
    finally:
        resources.kubectl("delete", "secret", SECRET, "-n", stage.NAMESPACE)
        resources.apply(a_secret(stage.NAMESPACE, SECRET, **data))
    until(lambda: resources.status("usrc", "openai-prod")["summary"]["state"] == "OK", "it is read again")


def test_a_rotated_credential_counts_at_the_next_poll(robbed: Scene) -> None:
    """A key that was revoked is refused in words and not asked with again and again; the new one is read without a restart."""
    resources = robbed.resources
    robbed.openai.organisation = replace(robbed.openai.organisation, admin_keys=frozenset({"sk-admin-rotated"}))
    refused_for(resources, "openai-prod", "CredentialInvalid")
    assert billed(resources) == "3200.00"
    with token(resources, "sk-admin-rotated"):
        until(lambda: resources.status("usrc", "openai-prod")["summary"]["state"] == "OK", "the new key is used")
        robbed.openai.organisation = replace(robbed.openai.organisation, admin_keys=frozenset({KEY}))
    until(lambda: resources.status("usrc", "openai-prod")["summary"]["state"] == "OK", "the old key is back")


def test_a_key_of_a_project_is_told_from_an_admins(robbed: Scene) -> None:
    """It may not read the bill: the source says which kind of key is needed, and shows none."""
    resources = robbed.resources
    key = "sk-proj-canary-77aa"
    robbed.openai.organisation = replace(robbed.openai.organisation, scopeless_keys=frozenset({key}))
    with token(resources, key):
        refused_for(resources, "openai-prod", "CredentialInvalid", "an admin key is needed")
        assert key not in json.dumps(resources.all())


def test_no_credential_is_in_anything_that_is_written(robbed: Scene, operator: OperatorProcess) -> None:
    """Not in the log at DEBUG, a status, an Event, a page, a report, nor the ledger's files, whatever was tried before."""
    resources = robbed.resources
    ledger = Path(operator.settings["LEDGER_URL"].removeprefix("sqlite:///"))
    files = [operator.process.log, *ledger.parent.glob(f"{ledger.name}*")]
    assert {ledger, operator.process.log} <= set(files)
    shown = [
        json.dumps(resources.all()),
        resources.kubectl("get", "events", "-A", "-o", "json"),
        *(operator.get(page).text for page in ("metrics", "readyz", "healthz")),
        *(operator.ask(question).text for question in ("report", "basis", "verify")),
        *(file.read_bytes().decode(errors="replace") for file in files),
    ]
    for secret in (KEY, FOREIGN, "sk-admin-rotated", "sk-proj-canary-77aa"):
        assert [text[:80] for text in shown if secret in text] == []
