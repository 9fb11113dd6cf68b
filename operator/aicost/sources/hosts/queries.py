"""The queries about hosts: a constant number for a day, whatever the number of nodes and pods.

Each of `HOURLY` is asked at the ends of hours about the hour before; the millisecond leaves the sample at the end
itself to the next hour. `$nodes` is the pattern of the nodes' names, `$only` and `$cadvisor` stand for the labels of
the trusted scrapes.
"""

from __future__ import annotations

from aicost.sources.kube_state_metrics.queries import identities

_HOUR = "[1h] offset 1ms"


def _on_nodes(function: str, metric: str, *matchers: str, over: str = _HOUR) -> str:
    """Of series that name a node: also where the scrape moved the name out of the way of its target's own."""
    named = ('exported_node="",node=~$nodes', "exported_node=~$nodes")
    series = (f"{metric}{{{','.join((*matchers, name, '$only'))}}}" for name in named)
    return "(" + " or ".join(f"{function}({each}{over})" for each in series) + ")"


def _named(query: str) -> str:
    """With the pod's own namespace and name, also where the scrape moved them."""
    for label in ("namespace", "pod"):
        query = f'label_replace({query}, "{label}", "$1", "exported_{label}", "(.+)")'
    return query


def _used(of_container: str, apart: str) -> str:
    """Of pods on the nodes, all containers together; what two scrapes tell of one counts once."""
    one = f"max by (job, namespace, pod, {apart}) ({_named(of_container)})"
    pods = f"group by (namespace, pod) ({_named(_on_nodes('last_over_time', 'kube_pod_info'))})"
    return f"sum by (job, namespace, pod) ({one} and on (namespace, pod) {pods})"


_BOTH = 'resource=~"cpu|memory"'
_CONTAINERS = 'container!="",container!="POD",$cadvisor'
HOURLY = {
    "capacity": _on_nodes("max_over_time", "kube_node_status_capacity", _BOTH),
    "node_samples": _on_nodes("count_over_time", "kube_node_status_capacity", 'resource="cpu"'),
    "pod_samples": _on_nodes("count_over_time", "kube_pod_info"),
    "requests": _on_nodes("sum_over_time", "kube_pod_container_resource_requests", _BOTH),
    "init_requests": _on_nodes("sum_over_time", "kube_pod_init_container_resource_requests", _BOTH),
    "ended_samples": (
        f'sum_over_time(kube_pod_status_phase{{phase=~"Succeeded|Failed",$only}}{_HOUR}) > 0'
        f" and on (uid) {_on_nodes('last_over_time', 'kube_pod_info')}"
    ),
    "cpu_used": _used(f"rate(container_cpu_usage_seconds_total{{{_CONTAINERS}}}{_HOUR})", "container, id"),
    "memory_used": _used(f"avg_over_time(container_memory_working_set_bytes{{{_CONTAINERS}}}{_HOUR})", "container"),
}
"""By the field of `Readings` that they fill."""
IDENTITIES = identities(_on_nodes("last_over_time", "kube_pod_info", over="[$wide]"))
"""Asked once at the end of the window, by the field of kube-state-metrics' `Answers`."""
