"""Identities are values: equal when they mean the same, ordered, and read by people as Kubernetes writes them."""

from __future__ import annotations

from aicost.core.identity import NodeRef, ObjectRef, WorkloadRef, labels
from tests.support.builders import a_pod, at


def test_labels_do_not_care_about_order() -> None:
    """The same labels written in another order are the same value."""
    assert labels({"app": "chat", "tier": "web"}) == labels({"tier": "web", "app": "chat"})


def test_a_selector_matches_what_contains_it() -> None:
    """A selector is a subset of the labels that it matches, by key and value."""
    pod = labels({"app": "chat", "tier": "web"})
    assert labels({"app": "chat"}) <= pod
    assert not labels({"app": "rank"}) <= pod


def test_a_name_reused_is_another_node() -> None:
    """Two nodes of one name, created at two instants, are two nodes."""
    assert NodeRef("a", at(0)) != NodeRef("a", at(1))
    assert str(NodeRef("a", at(0))) == "a"


def test_people_read_namespace_and_name() -> None:
    """Pods and workloads print as namespace/name."""
    assert str(WorkloadRef("support", "chat")) == "support/chat"
    assert str(a_pod("chat-0", "support", uid="1")) == "support/chat-0"


def test_references_sort_by_namespace_first() -> None:
    """Workloads sort by namespace, then name, so that reports are stable."""
    refs = [WorkloadRef("b", "a"), WorkloadRef("a", "z"), WorkloadRef("a", "b")]
    assert [str(ref) for ref in sorted(refs)] == ["a/b", "a/z", "b/a"]
    assert ObjectRef("apps", "Deployment", "a") < ObjectRef("apps", "Deployment", "b")
