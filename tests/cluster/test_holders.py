"""What the pod watch showed becomes holdings, whatever it showed and missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicost.cluster.claims import Claimed
from aicost.cluster.holders import Holders
from aicost.cluster.watches import Change
from aicost.core.holdings import Holding, unreserved
from aicost.core.identity import ObjectRef
from aicost.core.recommendations.live import Asking
from aicost.core.successors import cut_at_successors
from aicost.core.window import Window, rfc3339
from tests.cluster.manifests import a_container, a_pod
from tests.support.builders import a_group, a_holding, at, between


class Story:
    """A watch told by hand."""

    def __init__(self) -> None:
        self.holders = Holders()

    def tells(self, change: Change, seconds: int, pod: dict[str, Any], *, since: int | None = None) -> Story:
        item = self.holders.project(pod)
        assert item is not None
        self.holders.on_event(change, item, at(seconds), at(seconds if since is None else since))
        return self

    def lists(self, seconds: int, *pods: dict[str, Any], since: int | None = None) -> Story:
        items = [item for pod in pods if (item := self.holders.project(pod))]
        self.holders.on_list(items, at(seconds), None if since is None else at(since))
        return self

    def held(self, until: int = 1000) -> list[Holding]:
        return list(self.holders.holdings(at(until)))

    def spans(self, until: int = 1000) -> list[Window]:
        return [holding.window for holding in self.held(until)]


@pytest.fixture
def story() -> Story:
    return Story()


def test_what_runs_is_held_until_now(story: Story) -> None:
    """From the binding to the instant asked for, and nothing before the binding."""
    story.lists(100, a_pod(bound=60, gpus=2))
    assert story.spans(200) == [between(60, 200)]
    assert story.held()[0].count == 2
    assert story.spans(60) == []


def test_a_deleted_pod_ends_when_that_is_seen(story: Story) -> None:
    """Not at its deletion's due time, which lies later."""
    story.lists(100, a_pod(bound=60)).tells("DELETED", 300, a_pod(bound=60, deletionTimestamp=rfc3339(at(330))))
    assert story.spans() == [between(60, 300)]
    assert story.held()[0].assumed_from is None


def test_a_deletion_that_is_heard_late_is_assumed(story: Story) -> None:
    """After a break of the stream the pod may have been gone since it broke: a known successor cuts the holding."""
    story.lists(100, a_pod(bound=60, gpus=8)).tells("DELETED", 340, a_pod(bound=60, gpus=8), since=300)
    story.tells("ADDED", 340, a_pod("next", bound=310, gpus=8), since=300)
    assert story.held()[0].assumed_from == at(300)
    held = cut_at_successors(story.held(), (a_group(window=between(0, 1000), cards=8),))
    assert [holding.window for holding in held] == [between(60, 310), between(310, 1000)]


def test_a_late_end_that_is_told_is_exact(story: Story) -> None:
    """The kubelet wrote when the containers ended: nothing is assumed, however late it is heard."""
    story.lists(100, a_pod(bound=60)).tells("DELETED", 340, a_pod(bound=60, finished=310), since=300)
    assert (story.spans(), story.held()[0].assumed_from) == ([between(60, 310)], None)


def test_a_deleted_pod_ends_with_its_containers_if_they_tell(story: Story) -> None:
    """The kubelet writes the end before the object goes: that is exact."""
    story.lists(100, a_pod(bound=60)).tells("DELETED", 300, a_pod(bound=60, finished=290))
    assert story.spans() == [between(60, 290)]


def test_an_end_stands(story: Story) -> None:
    """The later deletion of a finished pod does not lengthen it, nor does seeing it again."""
    done = a_pod(bound=60, phase="Succeeded", finished=200)
    story.lists(100, a_pod(bound=60)).tells("MODIFIED", 201, done).lists(400, done).tells("DELETED", 500, done)
    assert story.spans() == [between(60, 200)]


def test_a_missed_deletion_is_found_by_the_next_list(story: Story) -> None:
    """It lies between the last moment in step and the list; what nobody else claims goes on to the list."""
    story.lists(100, a_pod(bound=60)).lists(500, since=300)
    assert story.spans() == [between(60, 500)]
    assert story.held()[0].assumed_from == at(300)
    assert story.held(until=400)[0].assumed_from == at(300)


def test_a_missed_deletion_is_bounded_by_its_due_time(story: Story) -> None:
    """A deletion that was under way when the watch broke was over when due, if the next list lacks the pod."""
    story.lists(100, a_pod(bound=60)).tells("MODIFIED", 290, a_pod(bound=60, deletionTimestamp=rfc3339(at(320))))
    story.lists(500, since=300)
    assert story.spans() == [between(60, 320)]


def test_a_pod_first_seen_after_its_end_holds_what_it_tells(story: Story) -> None:
    """Finished before the watch began: exact if it tells, nothing if it does not."""
    silent = a_pod("silent", bound=60, phase="Failed")
    silent["status"] = {"phase": "Failed", "startTime": rfc3339(at(60))}
    story.lists(500, a_pod(bound=60, phase="Succeeded", finished=200), silent)
    assert story.spans() == [between(60, 200)]


def test_identity_is_that_of_the_first_sight(story: Story) -> None:
    """Labels that change later do not move the cost; the owner chain may come later."""
    story.lists(100, a_pod()).tells("MODIFIED", 200, a_pod(labels={"app": "other"}))
    chain = (ObjectRef("apps", "Deployment", "chat"),)
    story.holders.named("uid-chat-0", chain)
    pod = story.held()[0].pod
    assert pod.labels == frozenset({("app", "chat")})
    assert pod.owners == chain


def test_a_name_used_again_is_another_pod(story: Story) -> None:
    """The UID tells them apart."""
    story.lists(100, a_pod(bound=60)).tells("DELETED", 300, a_pod(bound=60))
    story.tells("ADDED", 310, a_pod(bound=310, uid="uid-again"))
    assert story.spans() == [between(60, 300), between(310, 1000)]


def test_what_ended_can_be_forgotten(story: Story) -> None:
    """What still runs cannot."""
    story.lists(100, a_pod(bound=60), a_pod("other", bound=70)).tells("DELETED", 300, a_pod(bound=60))
    story.holders.forget(at(300))
    assert len(story.held()) == 2
    story.holders.forget(at(301))
    assert story.spans() == [between(70, 1000)]


def claimed(story: Story, *pods: str, namespace: str = "support") -> list[tuple[str, Window, str]]:
    """Who holds a card by a claim of that namespace, which was reserved for these pods."""
    itself = unreserved("claim-1", namespace, "shared", at(0))
    own = replace(a_holding(itself, between(0, 1000)), claim="claim-1")
    held = story.holders.holdings(at(1000), [Claimed(own, frozenset(pods))])
    return [(holding.pod.name, holding.window, holding.claim) for holding in held]


def test_pods_hold_by_claims_in_their_own_time(story: Story) -> None:
    """Each from its binding to its end, in place of the claim; one that the watch does not know is not made up."""
    by_claims = [{"name": "gpu", "resourceClaimName": "shared"}]
    for name, bound, finished in (("a", 60, None), ("b", 200, 500)):
        pod = a_pod(name, bound=bound, gpus=0, finished=finished, phase="Succeeded" if finished else "Running")
        story.tells("ADDED", 600, {**pod, "spec": {**pod["spec"], "resourceClaims": by_claims}})
    spans = [("a", between(60, 1000), "claim-1"), ("b", between(200, 500), "claim-1")]
    assert claimed(story, "uid-a", "uid-b", "uid-unseen") == spans


def test_a_claim_charges_no_pod_of_another_namespace(story: Story) -> None:
    """Whoever can write a claim's status could name any pod: only those of its own namespace hold by it."""
    story.lists(100, a_pod("chat-0", bound=60))
    assert [name for name, _, by in claimed(story, "uid-chat-0", namespace="search") if by] == []


def test_an_extended_resource_that_a_claim_hands_out_is_held_once(story: Story) -> None:
    """The scheduler made a claim for it, which tells; what the pod asks for by name is not held beside it."""
    pod = a_pod("chat-0", bound=60)
    mapping = {"containerName": "app", "requestName": "r", "resourceName": "nvidia.com/gpu"}
    status = {"resourceClaimName": "made", "requestMappings": [mapping]}
    story.lists(100, {**pod, "status": {**pod["status"], "extendedResourceClaimStatus": status}})
    assert [(name, by) for name, _, by in claimed(story, "uid-chat-0")] == [("chat-0", "claim-1")]
    assert story.held() == []


def test_pods_that_told_their_end_are_known(story: Story) -> None:
    """Not those that were only seen to be gone, nor what ends later."""
    story.tells("ADDED", 600, a_pod("told", bound=60, finished=500, phase="Succeeded"))
    story.tells("ADDED", 600, a_pod("gone", bound=60)).tells("DELETED", 700, a_pod("gone", bound=60), since=650)
    assert list(story.holders.ended(at(1000))) == [("uid-told", at(500))]
    assert list(story.holders.ended(at(499))) == []


def test_containers_of_live_pods_tell_what_they_ask_for(story: Story) -> None:
    """Each by itself, with the owners of its pod; what ended asks for nothing."""
    sidecar = a_container(2, resource="nvidia.com/mig-1g.10gb", restartPolicy="Always") | {"name": "aside"}
    pod = a_pod(bound=60, gpus=1)
    pod["spec"] |= {"initContainers": [sidecar, {"name": "once"}]}
    pod["spec"]["containers"].append({"name": "proxy"})
    story.lists(100, pod)
    story.holders.named("uid-chat-0", (ObjectRef("apps", "Deployment", "chat"),))
    owners = (ObjectRef("apps", "Deployment", "chat"),)
    assert sorted(story.holders.asking()) == [
        Asking("support", "chat-0", "app", (("nvidia.com/gpu", 1),), owners),
        Asking("support", "chat-0", "aside", (("nvidia.com/mig-1g.10gb", 2),), owners),
    ]
    story.tells("DELETED", 300, pod)
    assert list(story.holders.asking()) == []
