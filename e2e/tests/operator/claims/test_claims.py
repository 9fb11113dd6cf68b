"""Dynamic resource allocation: claims that the real scheduler allocates from ResourceSlices, charged to the second."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from aicost.core.window import Instant, rfc3339
from e2e.operator_process import OperatorProcess
from e2e.tests.operator.live.conftest import CARDS, GPU, NAMESPACE, PER_SECOND, PRODUCT, Live, idle, known_until
from e2e.tests.operator.live.test_outages import reasons
from e2e.tests.operator.live.test_seconds import assert_nothing_lost
from e2e.tests.operator.resources import Body, charged, until

API, DRIVER = "resource.k8s.io/v1", "gpu.nvidia.com"
WHOLE, CUT, MADE = "live-whole", "live-cut-for-claims", "live-cut-by-claims"
PRODUCT_NAME = "NVIDIA A100-SXM4-80GB"
INSTANCES = ("3g.40gb", "2g.20gb", "1g.10gb", "1g.10gb")
"""What the other node's one card is cut into: in eighths 4, 2 and twice 1."""
EIGHTH = PER_SECOND / 8


def a_device(name: str, kind: str, **attributes: str) -> Body:
    """As NVIDIA's driver publishes it, with the attributes that matter here."""
    told = {"type": kind, "productName": PRODUCT_NAME, **attributes}
    return {"name": name, "attributes": {key: {"string": value} for key, value in told.items()}}


def a_slice(node: str, *devices: Body, name: str = "gpus", of: int = 1, **more: object) -> Body:
    pool = {"name": node, "generation": 1, "resourceSliceCount": of}
    spec = {"driver": DRIVER, "nodeName": node, "pool": pool, **({"devices": list(devices)} if devices else more)}
    return {"apiVersion": API, "kind": "ResourceSlice", "metadata": {"name": f"{node}-{name}"}, "spec": spec}


def memory(first: int, of: int) -> Body:
    """So many memory slices of a card, as its counters."""
    return {f"memory-slice-{index}": {"value": "1"} for index in range(first, first + of)}


def made(name: str, first: int, of: int, kind: str, **attributes: str) -> Body:
    """A way to cut the card that is made when it is claimed: it takes of the card's counters."""
    takes = {"counterSet": "gpu-0-counter-set", "counters": memory(first, of)}
    return {**a_device(name, kind, **attributes), "consumesCounters": [takes]}


def on_demand(node: str) -> Iterator[Body]:
    """One card and every way to cut it that matters here, as the driver publishes them since Kubernetes 1.35."""
    of = {"parentUUID": "GPU-made", "profile": "3g.40gb"}
    halves = (made(f"gpu-0-mig-3g40gb-9-{first}", first, 4, "mig", **of) for first in (0, 4))
    yield a_slice(node, made("gpu-0", 0, 8, "gpu", uuid="GPU-made"), *halves, of=2)
    counters = [{"name": "gpu-0-counter-set", "counters": memory(0, 8)}]
    yield a_slice(node, name="counters", of=2, sharedCounters=counters)


def a_class(name: str, kind: str, **more: str) -> Body:
    of = f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == '{kind}'"
    spec = {"selectors": [{"cel": {"expression": of}}], **more}
    return {"apiVersion": API, "kind": "DeviceClass", "metadata": {"name": name}, "spec": spec}


def a_request(of: str, **more: object) -> Body:
    return {"devices": {"requests": [{"name": "device", "exactly": {"deviceClassName": of, **more}}]}}


def a_template(name: str, of: str, **more: object) -> Body:
    meta = {"name": name, "namespace": NAMESPACE}
    return {
        "apiVersion": API,
        "kind": "ResourceClaimTemplate",
        "metadata": meta,
        "spec": {"spec": a_request(of, **more)},
    }


def a_claim(name: str) -> Body:
    meta = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": "ResourceClaim", "metadata": meta, "spec": a_request(DRIVER)}


@pytest.fixture
def claimable(scene: Live) -> Iterator[Live]:
    """With a node of four whole cards, one whose only card is cut, and one whose only card claims cut as they need it."""
    scene.join(WHOLE, {PRODUCT: PRODUCT_NAME.replace(" ", "-"), "nvidia.com/gpu.count": "4"}, {})
    scene.join(CUT, {}, {})
    scene.join(MADE, {}, {})
    scene.resources.kubectl("label", "--overwrite", "namespace", NAMESPACE, "resource.kubernetes.io/admin-access=true")
    scene.resources.apply(
        a_slice(WHOLE, *(a_device(f"gpu-{index}", "gpu", uuid=f"GPU-whole-{index}") for index in range(4))),
        a_slice(
            CUT,
            *(
                a_device(f"gpu-0-mig-{index}", "mig", uuid=f"MIG-{index}", parentUUID="GPU-cut", profile=profile)
                for index, profile in enumerate(INSTANCES)
            ),
        ),
        *on_demand(MADE),
        a_class(DRIVER, "gpu", extendedResourceName=GPU),
        a_class("mig.nvidia.com", "mig"),
        a_template("card", DRIVER),
        a_template("look", DRIVER, adminAccess=True, allocationMode="All"),
        a_template("half", "mig.nvidia.com", selectors=[profile_is("3g.40gb")]),
        a_claim("shared"),
        a_claim("kept"),
    )
    yield scene
    scene.resources.kubectl("delete", "pods", "--all", "-n", NAMESPACE, "--force", "--grace-period=0")
    scene.resources.kubectl("delete", "resourceclaims,resourceclaimtemplates", "--all", "-n", NAMESPACE)
    scene.resources.kubectl("delete", "resourceslices,deviceclasses", "--all")
    scene.resources.kubectl("delete", "node", WHOLE, CUT, MADE)


def profile_is(name: str) -> Body:
    return {"cel": {"expression": f"device.attributes['{DRIVER}'].profile == '{name}'"}}


def by_template(scene: Live, name: str, app: str, template: str, on: str = WHOLE) -> Instant:
    """Run a pod with a claim of its own."""
    return claiming(scene, name, app, {"resourceClaimTemplateName": template}, on)


def by_claim(scene: Live, name: str, app: str, claim: str) -> Instant:
    """Run a pod that shares a claim."""
    return claiming(scene, name, app, {"resourceClaimName": claim}, WHOLE)


def claiming(scene: Live, name: str, app: str, of: Body, on: str) -> Instant:
    where = {"nodeSelector": {"kubernetes.io/hostname": on}, "resourceClaims": [{"name": "gpu", **of}]}
    return scene.run_with(name, app, {"claims": [{"name": "gpu"}]}, where)


def allocate_for_no_pod(scene: Live, claim: str, device: str, at: Instant) -> None:
    """As a scheduler of another kind might."""
    result = {"request": "device", "driver": DRIVER, "pool": WHOLE, "device": device}
    allocation = {"devices": {"results": [result]}, "allocationTimestamp": rfc3339(at)}
    text = json.dumps({"status": {"allocation": allocation}})
    scene.resources.kubectl(
        "patch", "resourceclaim", claim, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", text
    )


def unclaimed(status: Body) -> Decimal:
    return Decimal(status["pools"]["unclaimed"])


def test_claims_cost_what_was_allocated_by_them(claimable: Live, operator: OperatorProcess) -> None:
    """Each card and instance to the second: alone, shared in time by two pods, by an extended resource, by a successor."""
    claimable.declare("draw", "lead", "join", "cut", "make", "look")
    operator.start()
    operator.ready()
    draw_from = by_template(claimable, "draw-1", "draw", "card")
    lead_from = by_claim(claimable, "lead", "lead", "shared")
    half_from = {on: by_template(claimable, app, app, "half", on) for app, on in (("cut", CUT), ("make", MADE))}
    join_from = by_claim(claimable, "join", "join", "shared")
    by_template(claimable, "look", "look", "look")
    before = claimable.reaching("join", join_from + 2)
    draw_until = Instant(known_until(before) + 2)
    claimable.finish("draw-1", draw_until)
    claimable.finish("join", draw_until)
    again_from = claimable.run("draw-2", "draw", 1, GPU, WHOLE)
    draw, lead = claimable.reaching("draw", again_from + 3), claimable.workload("lead")
    assert charged(draw) == (draw_until - draw_from + known_until(draw) - again_from) * PER_SECOND
    together = (draw_until - join_from) * PER_SECOND / 2
    assert charged(claimable.workload("join")) == together
    alone = join_from - lead_from + known_until(lead) - draw_until
    assert charged(lead) == alone * PER_SECOND + together
    for app, on in (("cut", CUT), ("make", MADE)):
        half = claimable.workload(app)
        assert charged(half) == (known_until(half) - half_from[on]) * 4 * EIGHTH
    assert charged(claimable.workload("look")) == 0
    assert_nothing_lost(operator)


def test_what_nobody_reserves_is_the_namespaces_and_the_rest_idle(claimable: Live, operator: OperatorProcess) -> None:
    """An allocated claim without a pod is unclaimed in its namespace; who held cards before claims were watched, a gap."""
    operator.start()
    operator.ready()
    before = claimable.resources.status("bu", "unallocated")
    assert "NoClaimHistory" in reasons(before)
    begin, allocated = known_until(before), Instant(int(time.time()))
    allocate_for_no_pod(claimable, "kept", "gpu-3", allocated)
    after = until(lambda: further(claimable, allocated + 3), "its cost is known") or {}
    now = known_until(after)
    assert unclaimed(after) - unclaimed(before) == (now - allocated) * PER_SECOND
    held = (now - allocated) * PER_SECOND
    assert idle(after) - idle(before) == (now - begin) * (CARDS + 6) * PER_SECOND - held
    assert_nothing_lost(operator)


def test_claims_go_on_while_the_operator_is_away(claimable: Live, operator: OperatorProcess) -> None:
    """Who shared a claim before, joined or ended meanwhile pays its very seconds, though its own claim is gone."""
    claimable.declare("stay", "come", "leave")
    operator.start()
    operator.ready()
    stay_from = by_claim(claimable, "stay", "stay", "shared")
    leave_from = by_template(claimable, "leave", "leave", "card")
    seen = known_until(claimable.reaching("leave", leave_from + 2))
    assert operator.stop() == 0
    come_from = by_claim(claimable, "come", "come", "shared")
    leave_until = Instant(seen + 2)
    claimable.finish("leave", leave_until)
    until(lambda: "leave" not in claimable.resources.kubectl("get", "resourceclaims", "-A"), "its claim is gone")
    operator.start()
    operator.ready()
    stay = claimable.reaching("stay", come_from + 3)
    assert charged(claimable.workload("leave")) == (leave_until - leave_from) * PER_SECOND
    come, together = claimable.workload("come"), PER_SECOND / 2
    assert charged(come) == (known_until(come) - come_from) * together
    assert charged(stay) == (come_from - stay_from) * PER_SECOND + (known_until(stay) - come_from) * together
    assert_nothing_lost(operator)


def further(scene: Live, to: int) -> Body | None:
    """What `unallocated` says, once it reaches so far."""
    scene.stir()
    status = scene.resources.status("bu", "unallocated")
    return status if known_until(status) >= to else None
