"""What a manifest's GPUs will cost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from aicost.core.cards import GPU
from aicost.core.identity import ObjectRef, labels
from aicost.core.layout import Slot
from aicost.core.quotes import Between, Pods, Room, Server, added, pace, quote, replaced_once
from aicost.core.recommendations.gpu.evidence import Offer
from aicost.core.recommendations.gpu.hardware import Hardware, of_model
from aicost.core.recommendations.live import NOTHING_LIVE, Asking, Live, Scaler
from aicost.core.window import DAY
from tests.support.builders import a_group, at, owned_by, usd

CHAT = ObjectRef("apps", "Deployment", "chat")


def hardware(model: str) -> Hardware:
    """A card that is known."""
    found = of_model(model)
    assert found is not None
    return found


H100, L4 = hardware("H100-80GB"), hardware("L4-24GB")
DEAR = Offer(GPU, "H100-80GB", H100, usd(4).nanos, 2, product="NVIDIA-H100-80GB-HBM3")
CHEAP = Offer(GPU, "L4-24GB", L4, usd(1).nanos, 1, product="NVIDIA-L4")
SHARED = Offer("nvidia.com/gpu.shared", "L4-24GB", L4, usd(0, 250_000_000).nanos, 1, replicas=4)
NOWHERE = Offer("nvidia.com/mig-1g.10gb", "H100-80GB", H100, usd(0, 500_000_000).nanos, 0, profile="1g.10gb")
OFFERS = (DEAR, CHEAP, SHARED, NOWHERE)


def a_server(count: int = 1, *, resource: str = GPU, replicas: int = 2, product: str = "") -> Server:
    """A Deployment of two pods."""
    return Server("support", CHAT, labels({"app": "chat"}), (Pods(((resource, count),), replicas, replicas, product),))


def month(hourly: int) -> int:
    """Nano-units of 730 hours."""
    return usd(hourly * 730).nanos


def test_it_costs_what_may_serve_it() -> None:
    """From the cheapest to the dearest; one that is named costs what it costs."""
    assert quote(a_server(2), owned_by(), OFFERS, NOTHING_LIVE).monthly == Between(month(4), month(16))
    assert quote(a_server(product="NVIDIA-L4"), owned_by(), OFFERS, NOTHING_LIVE).monthly == Between(month(2), month(2))


@pytest.mark.parametrize("server", [a_server(resource=NOWHERE.resource), a_server(product="NVIDIA-B200")])
def test_what_no_node_offers_has_no_price(server: Server) -> None:
    """And so is not known to fit anywhere."""
    found = quote(server, owned_by(), OFFERS, NOTHING_LIVE)
    assert found.monthly is None
    assert added((found,), Fraction(1), month(99)) is None


def test_what_runs_under_its_name_is_taken_off() -> None:
    """In its namespace only; what does not change adds nothing, whatever card it gets."""
    live = Live(
        (
            Asking("support", "chat-1", "app", ((GPU, 1),), (CHAT,)),
            Asking("search", "chat-2", "app", ((GPU, 8),), (CHAT,)),
        )
    )
    more = quote(a_server(product="NVIDIA-L4"), owned_by(), OFFERS, live)
    assert more.now == Between(month(1), month(1))
    assert added((more,), Fraction(2), month(99)) == Between(month(2), month(2))
    same = quote(a_server(replicas=1), owned_by(), OFFERS, live)
    assert added((same,), Fraction(1), month(99)) == Between(min(0, month(1) - month(4)), 0)
    assert added((more,), None, month(99)) is None


def test_a_pod_of_its_own_is_taken_off_too() -> None:
    """By its name, with all that it asks for; a quote says of what it is and whose."""
    asks = ((GPU, 1), (SHARED.resource, 2))
    server = Server("support", ObjectRef("", "Pod", "chat-1"), labels({}), (Pods(asks, 1, 1, CHEAP.product),))
    shared = replace(SHARED, per_hour=usd(2).nanos, product=CHEAP.product)
    offers = (CHEAP, shared, replace(shared, per_hour=usd(3).nanos))
    found = quote(server, owned_by(), offers, Live((Asking("support", "chat-1", "app", asks, ()),)))
    assert (found.server, found.owner) == (server, owned_by())
    assert found.monthly == found.now == Between(month(5), month(7))


def running(count: int) -> tuple[Asking, ...]:
    """So many pods of chat with a card each."""
    return tuple(Asking("support", f"chat-{place}", "app", ((GPU, 1),), (CHAT,)) for place in range(count))


@pytest.mark.parametrize(("paid", "extra"), [(99, 0), (10, 0), (2, 16)])
def test_what_began_since_the_day_is_not_in_its_pace(paid: int, extra: int) -> None:
    """Ten at 1.00 run, of which the unit's pace has so much: two are left, and nothing makes room that is not paid."""
    less = quote(a_server(product="NVIDIA-L4"), owned_by(), OFFERS, Live(running(10)))
    most = month(2 - 10 + extra // 2)
    assert added((less,), Fraction(2), 2 * month(paid)) == Between(2 * most, 2 * most)
    same = quote(a_server(replicas=10, product="NVIDIA-L4"), owned_by(), OFFERS, Live(running(10)))
    assert added((same,), Fraction(1), month(paid)) == Between(month(extra // 2), month(extra // 2))


ROLLS = ObjectRef("argoproj.io", "Rollout", "chat")


def test_what_it_replaces_is_taken_off_too() -> None:
    """Five pods of a Deployment become five of a Rollout: nothing is added. Its own number is not theirs."""
    server = replace(a_server(replicas=5, product="NVIDIA-L4"), ref=ROLLS, replaces=CHAT)
    found = quote(server, owned_by(), OFFERS, Live(running(5)))
    assert found.now == Between(month(5), month(5))
    assert added((found,), Fraction(1), month(5)) == Between(0, 0)
    one = replace(server, pods=(Pods(((GPU, 1),), 1, 1, "NVIDIA-L4", told=False),))
    assert quote(one, owned_by(), OFFERS, Live(running(5))).monthly == Between(month(1), month(1))
    both = (*running(2), Asking("support", "chat-new", "app", ((GPU, 1),), (ROLLS,)))
    assert quote(server, owned_by(), OFFERS, Live(both)).now == Between(month(3), month(3))


def test_what_is_replaced_is_taken_off_once() -> None:
    """By the first of two, of its own namespace; and by none where it is asked for itself."""
    one = replace(a_server(), ref=ROLLS, replaces=CHAT)
    two = replace(one, ref=replace(ROLLS, name="other"))
    away = replace(two, namespace="search")
    assert [each.replaces for each in replaced_once((one, two, away))] == [CHAT, None, CHAT]
    assert [each.replaces for each in replaced_once((one, a_server()))] == [None, None]
    plain = (a_server(), replace(a_server(), ref=ROLLS))
    assert replaced_once(plain) == plain


HPA, KEDA = (Scaler("support", CHAT, 3, 6, f"{kind} chat") for kind in ("HorizontalPodAutoscaler", "ScaledObject"))


@pytest.mark.parametrize(
    ("replicas", "by", "least", "most"), [(2, HPA, 3, 6), (9, HPA, 3, 6), (0, HPA, 0, 0), (0, KEDA, 3, 6)]
)
def test_an_autoscaler_s_range_counts(replicas: int, by: Scaler, least: int, most: int) -> None:
    """Whatever the manifest says; none that says zero wakes a HorizontalPodAutoscaler."""
    server = a_server(replicas=replicas, product="NVIDIA-L4")
    found = quote(server, owned_by(), OFFERS, Live(running(1), (by,)))
    assert found.monthly == Between(month(least), month(most))


def test_an_autoscaler_of_another_kind_sets_what_is_not_known() -> None:
    """Its replicas may be many pods each."""
    sets = ObjectRef("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "chat")
    server = replace(a_server(), ref=sets)
    assert quote(server, owned_by(), OFFERS, Live((), (replace(HPA, target=sets),))).monthly is None


@pytest.mark.parametrize(("count", "told", "pods"), [(4, False, 4), (4, True, 1), (0, False, 1)])
def test_what_runs_goes_on_where_the_manifest_says_no_number(count: int, *, told: bool, pods: int) -> None:
    """As `kubectl apply` leaves it; one where none runs."""
    server = a_server(replicas=1, product="NVIDIA-L4")
    server = replace(server, pods=(replace(server.pods[0], told=told),))
    found = quote(server, owned_by(), OFFERS, Live(running(count)))
    assert found.monthly == Between(month(pods), month(pods))


def test_cheaper_devices_are_named() -> None:
    """Of nodes, never shared in time, the dearest three; for who asks for one device a pod that has a price."""
    found = quote(a_server(product=DEAR.product), owned_by(), OFFERS, NOTHING_LIVE)
    assert found.cheaper == (CHEAP,)
    more = [
        replace(CHEAP, model=model, per_hour=CHEAP.per_hour + less) for model, less in (("a", 0), ("b", 2), ("c", 2))
    ]
    for offers in ((*OFFERS, *more), (*reversed(more), *OFFERS)):
        assert [of.model for of in quote(a_server(product=DEAR.product), owned_by(), offers, NOTHING_LIVE).cheaper] == [
            "b",
            "c",
            CHEAP.model,
        ]
    free = (replace(CHEAP, per_hour=0),)
    assert quote(a_server(product=DEAR.product), owned_by(), free, NOTHING_LIVE).cheaper == ()
    assert quote(a_server(2, product=DEAR.product), owned_by(), OFFERS, NOTHING_LIVE).cheaper == ()
    assert quote(a_server(), owned_by(), OFFERS, NOTHING_LIVE).cheaper == ()


@pytest.mark.parametrize(
    ("most", "fits"), [(Between(0, 40), True), (Between(0, 41), False), (Between(-9, -1), True), (None, None)]
)
def test_it_fits_where_the_dearest_does(most: Between | None, *, fits: bool | None) -> None:
    """To the last nano-unit; what is not known is not said to fit."""
    assert Room("care", "USD", 100, 60, most).fits is fits


@pytest.mark.parametrize(("most", "fits"), [(40, None), (41, False)])
def test_a_pace_that_is_not_whole_makes_nothing_fit(most: int, *, fits: bool | None) -> None:
    """It is at least so much: what that breaks is broken for certain."""
    assert Room("care", "USD", 100, 60, Between(0, most), whole=False).fits is fits


def test_a_day_s_pace_is_that_of_a_month_of_730_hours() -> None:
    """As savings are, to the nano-unit."""
    assert pace(usd(24).nanos) == usd(730).nanos
    assert pace(10**18 + 24) == 10**18 * 730 // 24 + 730


def test_shapes_of_pods_are_summed_from_their_fewest_to_their_most() -> None:
    """Whatever runs under the name of the whole is taken off once; one without a price leaves all without."""
    scaled, lead = Pods(((GPU, 2),), 1, 3, DEAR.product), Pods(((GPU, 1),), 1, 1, CHEAP.product)
    live = Live((Asking("support", "chat-1", "app", ((GPU, 1),), (CHAT,)),))
    found = quote(Server("support", CHAT, labels({}), (scaled, lead)), owned_by(), OFFERS, live)
    assert (found.monthly, found.now) == (Between(month(9), month(25)), Between(month(1), month(4)))
    assert found.cheaper == ()
    none = Pods(((NOWHERE.resource, 1),), 1, 1)
    assert quote(Server("support", CHAT, labels({}), (lead, none)), owned_by(), OFFERS, live).monthly is None


@pytest.mark.parametrize("wrong", [(((GPU, 1),), -1, 1), (((GPU, 1),), 2, 1), (((GPU, 0),), 1, 1)])
def test_numbers_of_pods_and_devices_are_numbers_of_things(wrong: tuple[tuple[tuple[str, int], ...], int, int]) -> None:
    """At most is no less than at least."""
    with pytest.raises(ValueError, match=r"^counts of replicas and devices are no numbers of things$"):
        Pods(*wrong)


def test_a_daemon_has_as_many_pods_as_there_are_nodes_for_it() -> None:
    """With its labels and a device that it asks for; what says how many it has stays as it is."""
    pool = labels({"pool": "a"})
    there = [
        a_group(node="one", pool="a"),
        a_group(node="two", pool="a"),
        a_group(node="three"),
        a_group(node="four", pool="a", sharing="mig", slots=(Slot(NOWHERE.resource, 7),)),
    ]
    daemon = Pods(((GPU, 1),), 1, 1, nodes=pool)
    assert daemon.on(there, at(0)) == Pods(((GPU, 1),), 0, 2)
    later = daemon.on(there, at(99 * DAY))
    assert quote(Server("support", CHAT, labels({}), (later,)), owned_by(), OFFERS, NOTHING_LIVE).monthly is None
    assert Pods(((GPU, 1),), 1, 3).on(there, at(0)) == Pods(((GPU, 1),), 1, 3)
