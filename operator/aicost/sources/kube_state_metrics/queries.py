"""The queries to kube-state-metrics' series: a constant number for a window, whatever the number of pods.

Times come from samples' own timestamps, never from what an instant query still sees: back-filled blocks carry no
staleness marks, so that a series that is over answers for five minutes more. `$only` stands in every selector for the
labels of the trusted scrape.
"""

from __future__ import annotations

_DEVICES = 'resource=~"nvidia_com_(gpu|gpu_shared|mig_.+)"'
_REQUESTS = f'kube_pod_container_resource_requests{{{_DEVICES},node!="",$only}}'
_INIT_REQUESTS = f'kube_pod_init_container_resource_requests{{{_DEVICES},node!="",$only}}'
_CAPACITY = f"kube_node_status_capacity{{{_DEVICES},$only}}"
_CREATED = "kube_node_created{$only}"
_ASKED = f"max_over_time({_REQUESTS}[$wide])"
_INIT_ASKED = f"max_over_time({_INIT_REQUESTS}[$wide])"
_HOLDERS = f"({_ASKED} or {_INIT_ASKED})"
_SEEN = f"(timestamp({_REQUESTS}) or timestamp({_INIT_REQUESTS}))"
_OWNERS = 'last_over_time(kube_pod_owner{owner_is_controller="true",$only}[$wide])'
_NODES = f"max_over_time({_CAPACITY}[$wide])"
_LABELLED = "timestamp(kube_node_labels{$only})"
_AGAIN = f"{_CREATED} < max_over_time({_CREATED}[$wide] @ $end)"


def identities(pods: str) -> dict[str, str]:
    """Labels and controllers of pods, which a query for any of their series names by UID."""
    return {
        "pod_labels": f"count_over_time(kube_pod_labels{{$only}}[$wide]) and on (uid) {pods}",
        "pod_owners": f"{_OWNERS} and on (uid) {pods}",
        "replica_set_owners": (
            'last_over_time(kube_replicaset_owner{owner_is_controller="true",$only}[$wide])'
            " and on (namespace, exported_namespace, replicaset) "
            f'label_replace({_OWNERS} and on (uid) {pods}, "replicaset", "$1", "owner_name", "(.*)")'
        ),
        "job_owners": (
            'last_over_time(kube_job_owner{owner_is_controller="true",$only}[$wide])'
            " and on (namespace, exported_namespace, job_name) "
            f'label_replace({_OWNERS} and on (uid) {pods}, "job_name", "$1", "owner_name", "(.*)")'
        ),
    }


QUERIES = {
    "requests": _ASKED,
    "init_requests": _INIT_ASKED,
    "sidecars": (
        f'last_over_time(kube_pod_init_container_info{{restart_policy="Always",$only}}[$wide]) and on (uid) {_HOLDERS}'
    ),
    "first_seen": f"min_over_time({_SEEN}[$window:$step])",
    "last_seen": f"max_over_time({_SEEN}[$window:$step])",
    "scheduled": f"last_over_time(kube_pod_status_scheduled_time{{$only}}[$wide]) and on (uid) {_HOLDERS}",
    "completed": f"last_over_time(kube_pod_completion_time{{$only}}[$wide]) and on (uid) {_HOLDERS}",
    "terminated": (
        f'avg_over_time(kube_pod_status_phase{{phase=~"Succeeded|Failed",$only}}[$window]) > 0 and on (uid) {_HOLDERS}'
    ),
    **identities(_HOLDERS),
    "nodes_first_seen": f"min_over_time(timestamp({_CREATED})[$window:$step])",
    "nodes_last_seen": f"max_over_time(timestamp({_CREATED})[$window:$step])",
    "nodes_created": f"max_over_time({_CREATED}[$wide])",
    "earlier_nodes_created": f"min_over_time(({_AGAIN})[$window:$step])",
    "earlier_nodes_last_seen": f"max_over_time((timestamp({_CREATED}) and {_AGAIN})[$window:$step])",
    "capacity": _NODES,
    "node_labels_first_seen": f"min_over_time({_LABELLED}[$window:$step]) and on (node, exported_node) {_NODES}",
    "node_labels_last_seen": f"max_over_time({_LABELLED}[$window:$step]) and on (node, exported_node) {_NODES}",
}
"""By the field of `Answers` that they fill; `recorded.filled` puts the window and the trusted labels in."""
