"""Card groups out of samples."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.cards import IN_INSTANCES, UNCOUNTED
from aicost.core.window import Window
from aicost.sources.kube_state_metrics.facts import Answers
from aicost.sources.kube_state_metrics.nodes import card_groups
from tests.sources.kube_state_metrics.samples import DAY, GPU, INTERVAL, NODE, a_sample, minute

H100 = {"label_nvidia_com_gpu_product": "NVIDIA-H100-80GB-HBM3", "label_pool": "care"}
NODE_OF_8 = Answers(
    nodes_first_seen=(a_sample(minute(0), NODE),),
    nodes_last_seen=(a_sample(minute(1440), NODE),),
    nodes_created=(a_sample(minute(-9000), NODE),),
    capacity=(a_sample(8, NODE, GPU),),
    node_labels_first_seen=(a_sample(minute(0), NODE, H100),),
    node_labels_last_seen=(a_sample(minute(1440), NODE, H100),),
)


def test_a_node_that_was_there_all_day() -> None:
    """Its cards are one group over the window, with the node's product and labels, known since its creation."""
    (group,) = card_groups(NODE_OF_8, DAY, INTERVAL)
    assert (group.cards, group.product, group.sharing) == (8, "NVIDIA-H100-80GB-HBM3", "")
    assert (group.node.name, group.node.created) == ("n1", minute(-9000))
    assert group.window.start == DAY.start
    assert group.window.end >= DAY.end
    assert ("pool", "care") in group.labels


def test_a_node_costs_from_its_creation_to_one_interval_after_its_last_sample() -> None:
    """Cards cost while the node exists, also before the first scrape of it and before the driver is there."""
    young = replace(
        NODE_OF_8,
        nodes_created=(a_sample(minute(100), NODE),),
        nodes_last_seen=(a_sample(minute(500), NODE),),
    )
    (group,) = card_groups(young, DAY, INTERVAL)
    assert group.window == Window(minute(100), minute(501))


def test_nobody_says_that_cards_were_idle_before_anything_watched() -> None:
    """Without samples in the first hours an old node's cards count from the first sample, less one interval."""
    (group,) = card_groups(replace(NODE_OF_8, nodes_first_seen=(a_sample(minute(300), NODE),)), DAY, INTERVAL)
    assert group.window.start == minute(299)


def test_a_name_given_again_is_another_node() -> None:
    """The earlier node ends with its last sample, the later one begins with its own creation."""
    again = replace(
        NODE_OF_8,
        nodes_created=(a_sample(minute(700), NODE),),
        earlier_nodes_created=(a_sample(minute(-9000), NODE),),
        earlier_nodes_last_seen=(a_sample(minute(600), NODE),),
    )
    earlier, later = card_groups(again, DAY, INTERVAL)
    assert (earlier.node.created, earlier.window) == (minute(-9000), Window(DAY.start, minute(601)))
    assert (later.node.created, later.window.start) == (minute(700), minute(700))


def test_the_most_that_the_window_saw_counts() -> None:
    """A plugin that restarts, and a second kube-state-metrics, change nothing."""
    seen = (a_sample(8, NODE, GPU, instance="a"), a_sample(7, NODE, GPU, instance="b"))
    (group,) = card_groups(replace(NODE_OF_8, capacity=seen), DAY, INTERVAL)
    assert group.cards == 8


def test_other_labels_begin_another_group() -> None:
    """Labels choose prices: the hours before a node moved to another pool keep the pool they had."""
    spot = {**H100, "label_pool": "spot"}
    moved = replace(
        NODE_OF_8,
        node_labels_first_seen=(a_sample(minute(0), NODE, H100), a_sample(minute(600), NODE, spot)),
        node_labels_last_seen=(a_sample(minute(599), NODE, H100), a_sample(minute(1440), NODE, spot)),
    )
    pools = [(dict(group.labels)["pool"], group.window) for group in card_groups(moved, DAY, INTERVAL)]
    assert pools[0] == ("care", Window(DAY.start, minute(600)))
    assert pools[1][0] == "spot"
    assert pools[1][1].start == minute(600)
    assert len(pools) == 2


def test_a_node_without_cards_has_no_group() -> None:
    """No capacity and no label that counts cards."""
    assert card_groups(replace(NODE_OF_8, capacity=()), DAY, INTERVAL) == ()


def test_a_node_that_says_it_has_more_cards_than_can_be_has_none_that_count() -> None:
    """A broken or forged sample makes no cards, however large a number it holds."""
    for many in (2**63, 1e300):
        assert card_groups(replace(NODE_OF_8, capacity=(a_sample(many, NODE, GPU),)), DAY, INTERVAL) == ()


def test_how_the_gpu_operator_cut_cards_counts_them() -> None:
    """By its labels, as kube-state-metrics spells them: without these nobody counts the cards of MIG strategy `single`."""
    told = {
        "label_nvidia_com_gpu_product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb",
        "label_nvidia_com_mig_config": "all-3g.40gb",
    }
    for named, found in (({"label_nvidia_com_mig_config_state": "success"}, (4, IN_INSTANCES)), ({}, (4, UNCOUNTED))):
        seen = replace(
            NODE_OF_8,
            node_labels_first_seen=(a_sample(minute(0), NODE, told | named),),
            node_labels_last_seen=(a_sample(minute(1440), NODE, told | named),),
        )
        (group,) = card_groups(seen, DAY, INTERVAL)
        assert (group.cards, group.sharing) == found
