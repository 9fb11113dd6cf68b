"""Doctor with a credential that is wrong in one way at a time, against OpenAI's emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.demonstration import stage
from e2e.demonstration.providers import KEY
from e2e.tests.cli.conftest import PROJECT_KEY, Patient

CHECK = "UsageSource openai-prod"


@pytest.fixture(autouse=True)
def mended(patient: Patient) -> Iterator[None]:
    """The credential is good again when the test ends."""
    yield
    patient.secret()


def test_a_secret_for_another_host(patient: Patient) -> None:
    """It is not sent, and the row says that the host differs."""
    patient.secret(host="evil.example")
    said = patient.doctor()
    assert said.not_ok() == {CHECK: "MISSING"}
    assert "its key host names another host" in said.found(CHECK)
    assert KEY not in said.output


def test_a_project_key(patient: Patient) -> None:
    """The provider refuses it, and the row says that an admin key is needed; the key is not printed."""
    patient.secret(token=PROJECT_KEY)
    said = patient.doctor()
    assert said.not_ok() == {CHECK: "MISSING"}
    assert "an admin key is needed" in said.found(CHECK)
    assert PROJECT_KEY not in said.output
    assert said.code == 2


def test_no_secret(patient: Patient) -> None:
    """Its name and type are told."""
    patient.plane.kubectl("delete", "secret", stage.SECRET, "-n", stage.NAMESPACE)
    said = patient.doctor()
    assert said.not_ok() == {CHECK: "MISSING"}
    assert f"Secret {stage.NAMESPACE}/{stage.SECRET} does not exist" in said.found(CHECK)


def test_a_host_that_the_settings_do_not_allow(patient: Patient) -> None:
    """The address is refused before any credential is read, with the setting that would allow it."""
    said = patient.doctor(ALLOWED_HOSTS="")
    assert said.not_ok() == dict.fromkeys((CHECK, "UsageSource anthropic-prod", "UsageSource gateway"), "MISSING")
    assert "AICOST_ALLOWED_HOSTS" in said.found(CHECK)


def test_a_gateway_whose_series_are_not_there(patient: Patient) -> None:
    """The operator's own reader asks Prometheus, and the row says whose series are missing, and what to check."""
    spec = {
        "type": "Prometheus",
        "role": "Refine",
        "refines": [{"source": "openai-prod", "apiKeys": ["key_kong"]}],
        "prometheus": {"preset": "Kong"},
    }
    patient.apply(
        {"apiVersion": "aicost.dev/v1alpha1", "kind": "UsageSource", "metadata": {"name": "kong"}, "spec": spec}
    )
    try:
        said = patient.doctor()
        assert said.not_ok() == {"UsageSource kong": "MISSING"}
        assert "2026-11-01" in said.found("UsageSource kong")
    finally:
        patient.plane.kubectl("delete", "usagesource", "kong")


def test_a_role_that_this_version_does_not_read(patient: Patient) -> None:
    """A warning says that nothing is counted from it: a gateway sends no bill."""
    source = {"apiVersion": "aicost.dev/v1alpha1", "kind": "UsageSource", "metadata": {"name": "other"}}
    spec = {"type": "LiteLLM", "role": "Bill", "url": "https://litellm.gw.svc", "secretRef": {"name": stage.SECRET}}
    patient.apply({**source, "spec": spec})
    try:
        assert patient.doctor().not_ok() == {"UsageSource other": "WARN"}
    finally:
        patient.plane.kubectl("delete", "usagesource", "other")
