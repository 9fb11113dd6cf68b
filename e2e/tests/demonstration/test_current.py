"""`make demo CLUSTER=current`, on a cluster that is somebody's."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from e2e.demonstration import removal, stage
from e2e.tests.demonstration.conftest import Plane, Player
from e2e.tests.demonstration.printed import masked
from e2e.tests.demonstration.test_local import EXPECTED

GPU_NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "dgx-1"},
    "status": {"capacity": {"nvidia.com/gpu": "8"}},
}
SUPPORT = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "support"}}
THEIRS = {"apiVersion": "aicost.dev/v1alpha1", "kind": "BusinessUnit", "metadata": {"name": "theirs"}, "spec": {}}


@contextmanager
def _there(plane: Plane, thing: dict[str, Any]) -> Iterator[None]:
    plane.control.kubectl("create", "-f", "-", stdin=json.dumps(thing))
    yield
    plane.control.kubectl("delete", "-f", "-", stdin=json.dumps(thing))


@contextmanager
def _kinds(plane: Plane) -> Iterator[None]:
    crds = stage.ROOT / "crds"
    plane.control.kubectl("create", "-f", crds)
    plane.control.kubectl("wait", "--for=condition=Established", "-f", crds, "--timeout=30s")
    yield
    plane.control.kubectl("delete", "-f", crds)


def test_it_is_the_same_there_and_leaves_it_as_it_was(player: Player, plane: Plane) -> None:
    """The same results; before it says where and what it makes; afterwards there is what was there, and no more."""
    before = plane.inventory()
    played = player.play("current", kubeconfig=plane.control.kubeconfig)
    assert (played.code, played.left) == (0, []), played.progress
    assert masked(played.results) == EXPECTED.read_text()
    said = played.progress.partition("installing")[0]
    for word in (plane.control.server, '"local"', "cluster-admin", "aicost, support, search", "h100-a, h100-b"):
        assert word in said
    assert plane.settled(before) == before


@pytest.mark.parametrize("moment", ["installing", "starting the operator"])
def test_ctrl_c_takes_it_out_too(player: Player, plane: Plane, moment: str) -> None:
    """Half made or whole, and although the keys are pressed again and again, nothing of it stays in the cluster."""
    before = plane.inventory()
    played = player.interrupt("current", after=moment, kubeconfig=plane.control.kubeconfig, times=20)
    assert (played.code, played.results, played.left) == (130, "", []), played.progress
    assert plane.settled(before) == before


def test_what_a_killed_one_left_goes_by_the_commands_it_told(player: Player, plane: Plane) -> None:
    """The next one refuses and tells them again; they take everything out."""
    before = plane.inventory()
    killed = player.interrupt("current", after="writing", kubeconfig=plane.control.kubeconfig, by=signal.SIGKILL)
    assert (killed.code, killed.left) == (-signal.SIGKILL, [])
    played = player.play("current", kubeconfig=plane.control.kubeconfig)
    assert (played.code, played.results) == (1, "")
    for command in played.progress.splitlines()[-1].split(";"):
        program, *arguments = command.split()
        assert program == "kubectl"
        plane.control.kubectl(*arguments)
    assert plane.settled(before) == before


@pytest.mark.parametrize(
    ("thing", "named"), [(SUPPORT, "namespace/support"), (GPU_NODE, "GPUs of the node dgx-1")], ids=["name", "cards"]
)
def test_it_refuses_what_is_in_its_way(player: Player, plane: Plane, thing: dict[str, Any], named: str) -> None:
    """It says what is there and what to do, and touches nothing."""
    with _there(plane, thing):
        before = plane.inventory()
        played = player.play("current", kubeconfig=plane.control.kubeconfig)
        assert (played.code, played.results, played.left) == (1, "", [])
        assert named in played.progress
        assert "Nothing was touched. Use a cluster without" in played.progress
        assert plane.inventory() == before


def test_it_refuses_a_cluster_with_aicost(player: Player, plane: Plane) -> None:
    """A PriceBook, as any object of its kinds, is somebody's money."""
    book = next(each for each in stage.examples() if each["kind"] == "PriceBook")
    with _kinds(plane), _there(plane, book):
        before = plane.inventory()
        played = player.play("current", kubeconfig=plane.control.kubeconfig)
        assert (played.code, played.results, played.left) == (1, "", [])
        assert "pricebook.aicost.dev/default" in played.progress
        assert plane.inventory() == before


def test_it_refuses_who_is_not_cluster_admin(player: Player, plane: Plane) -> None:
    """Before anything is made that its user could then not take out."""
    account = plane.control.service_account_kubeconfig("default", "default")
    played = player.play("current", kubeconfig=account)
    assert (played.code, played.left) == (1, [])
    assert "you are not cluster-admin" in played.progress


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "no usable current context"), (None, "does not answer")],
    ids=["no context", "no server"],
)
def test_it_says_what_is_wrong_with_the_kubeconfig(
    player: Player, plane: Plane, tmp_path_factory: pytest.TempPathFactory, content: str | None, said: str
) -> None:
    """Without a context or an answer there is one message, and no trace of Python."""
    file: Path = tmp_path_factory.mktemp("kube") / "config"
    whole = plane.control.kubeconfig.read_text().replace(plane.control.server, "https://127.0.0.1:1")
    file.write_text(whole if content is None else content)
    played = player.play("current", kubeconfig=file)
    assert (played.code, played.left) == (1, [])
    assert said in played.progress
    assert "Traceback" not in played.progress


def test_it_leaves_kinds_that_somebody_uses_meanwhile(plane: Plane) -> None:
    """Its own things go all the same, and the message names what kept the kinds."""
    before = plane.inventory()
    stage.install(plane.control, "run-1")
    plane.control.kubectl("wait", "--for=condition=Established", "-f", stage.ROOT / "crds", "--timeout=30s")
    with _there(plane, THEIRS), pytest.raises(removal.LeftBehindError, match=r"businessunit\.aicost\.dev/theirs"):
        removal.remove(plane.control, "run-1")
    plane.control.kubectl("delete", "-f", stage.ROOT / "crds")
    assert plane.settled(before) == before
