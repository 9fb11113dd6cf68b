"""What advice knows of the live cluster."""

from __future__ import annotations

from aicost.core.identity import ObjectRef
from aicost.core.recommendations.live import NOTHING_LIVE, Asking, Live, Scaler

SET, CHAT, OTHER = (
    ObjectRef("apps", kind, name)
    for kind, name in (("ReplicaSet", "chat-7d"), ("Deployment", "chat"), ("Deployment", "x"))
)
LIVE = Live(
    (
        Asking("support", "chat-1", "app", (("nvidia.com/gpu", 1),), (SET, CHAT)),
        Asking("support", "chat-2", "app", (("nvidia.com/gpu", 1),), (SET, CHAT)),
        Asking("support", "chat-2", "aside", (("nvidia.com/gpu", 1),), (SET, CHAT)),
        Asking("search", "chat-3", "else", (("nvidia.com/gpu", 1),), (SET, CHAT)),
    ),
    (Scaler("support", CHAT, 1, 4, "HorizontalPodAutoscaler chat"),),
)


def test_containers_of_an_owner_at_any_height() -> None:
    """Of its own namespace, each once."""
    assert LIVE.containers("support", CHAT) == LIVE.containers("support", SET) == ("app", "aside")
    assert LIVE.containers("support", OTHER) == ()


def test_whoever_scales_one_of_a_pod_s_owners_is_found() -> None:
    """In its namespace; nobody where nothing is known, too."""
    assert LIVE.scaler("support", (SET, CHAT)) == LIVE.scalers[0] if LIVE.scalers else False
    assert LIVE.scaler("search", (SET, CHAT)) is None
    assert LIVE.scaler("support", (OTHER,)) is None
    assert NOTHING_LIVE.scaler("support", (CHAT,)) is None
