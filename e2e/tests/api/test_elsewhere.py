"""What `aicost check` reads of the cluster by the real kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aicost.cli.elsewhere import Named, in_cluster
from aicost.cli.tunnel import Place
from aicost.cli.uncounted import NotCountedError
from e2e.tests.api.conftest import NAMESPACE

if TYPE_CHECKING:
    from e2e.controlplane import ControlPlane
    from e2e.tests.api.conftest import Apply

POD = {"metadata": {"labels": {"app": "base"}}, "spec": {"containers": [{"name": "app", "image": "example.com/app"}]}}


def test_what_others_take_their_pods_from_is_got_by_name(
    control_plane: ControlPlane, apply: Apply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its namespace; what is not there is none, and of a kind that the cluster does not know nothing is known."""
    for name, value in control_plane.environment().items():
        monkeypatch.setenv(name, str(value))
    metadata = {"name": "base", "namespace": NAMESPACE}
    apply({"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": POD})
    fetch = in_cluster(Place("elsewhere", kubeconfig=str(control_plane.kubeconfig)))
    found = fetch(Named("", "PodTemplate", NAMESPACE, "base"))
    assert found is not None
    assert found["template"]["metadata"] == {"labels": {"app": "base"}}
    assert fetch(Named("apps", "Deployment", NAMESPACE, "absent")) is None
    assert fetch(Named("apps", "ReplicaSet", "no-such-namespace", "absent")) is None
    with pytest.raises(NotCountedError, match="the server doesn't have a resource type"):
        fetch(Named("example.org", "ClusterUnheard", "", "absent"))
