"""The queries about hosts: a constant number for a day, whatever the number of nodes and pods.

Each of `HOURLY` is asked at the ends of hours about the hour before; the millisecond leaves the sample at the end
itself to the next hour. `$nodes` is the pattern of the nodes' names, `$only` and `$cadvisor` stand for the labels of
the trusted scrapes.
"""

from __future__ import annotations

from aicost.sources.kube_state_metrics.queries import identities


def _on_nodes(shape: str, *matchers: str) -> str:
    """The shape with matchers of series that name a node: also where the scrape moved the name to keep its target's own."""
    named = ('exported_node="",node=~$nodes', "exported_node=~$nodes")
    return "(" + " or ".join(shape.replace("%", ",".join((*matchers, name, "$only"))) for name in named) + ")"


def _named(query: str) -> str:
    """With the pod's own namespace and name, also where the scrape moved them."""
    for label in ("namespace", "pod"):
        query = f'label_replace({query}, "{label}", "$1", "exported_{label}", "(.+)")'
    return query


def _once(of_container: str, *apart: str) -> str:
    """What two scrapes of one kubelet tell of a container counts once."""
    return f"max by ({', '.join((*_PLACE, *apart))}) ({_named(of_container)})"


def _together(of_containers: str) -> str:
    """All containers of a pod, of pods that were on the nodes."""
    pods = f"group by (namespace, pod) ({_named(_PODS)})"
    return f"sum by ({', '.join(_PLACE)}) ({of_containers} and on (namespace, pod) {pods})"


_PLACE = ("job", "node", "instance", "namespace", "pod")
"""By what use is told apart: labels of the target say on which node it was."""
_HOUR = "[1h] offset 1ms"
_STEPS = "[1h:$step] offset 1ms"
_PODS = _on_nodes(f"last_over_time(kube_pod_info{{%}}{_HOUR})")
_BOTH = 'resource=~"cpu|memory"'
_NODE = "job, namespace, node, exported_node"
_CREATED = f'count_values by ({_NODE}) ("created", max by ({_NODE}) (kube_node_created{{%}}))'
_CAPACITY = f"kube_node_status_capacity{{{_BOTH},%}} * on ({_NODE}) group_left (created) {_CREATED}"
_CONTAINERS = 'container!="",container!="POD",$cadvisor'
_MEMORY = f"container_memory_working_set_bytes{{{_CONTAINERS}}}{_HOUR}"
_SAMPLES = f"max by ({', '.join(_PLACE)}) ({_named(f'count_over_time({_MEMORY})')})"
HOURLY = {
    "capacity": f"max_over_time({_on_nodes(_CAPACITY)}{_STEPS})",
    "first_seen": _on_nodes(f"min_over_time(timestamp(kube_pod_info{{%}}){_STEPS})"),
    "last_seen": _on_nodes(f"max_over_time(timestamp(kube_pod_info{{%}}){_STEPS})"),
    "scheduled": f"last_over_time(kube_pod_status_scheduled_time{{$only}}{_HOUR}) and on (uid) {_PODS}",
    "completed": f"last_over_time(kube_pod_completion_time{{$only}}{_HOUR}) and on (uid) {_PODS}",
    "terminated": (
        f'avg_over_time(kube_pod_status_phase{{phase=~"Succeeded|Failed",$only}}{_HOUR}) > 0 and on (uid) {_PODS}'
    ),
    "requests": _on_nodes(f"avg_over_time(kube_pod_container_resource_requests{{%}}{_HOUR})", _BOTH),
    "init_requests": _on_nodes(f"avg_over_time(kube_pod_init_container_resource_requests{{%}}{_HOUR})", _BOTH),
    "sidecars": (
        f'last_over_time(kube_pod_init_container_info{{restart_policy="Always",$only}}{_HOUR}) and on (uid) {_PODS}'
    ),
    "cpu_used": _together(
        _once(f"rate(container_cpu_usage_seconds_total{{{_CONTAINERS}}}{_HOUR})", "container", "id") + " * 3600"
    ),
    "memory_used": (
        f"{_together(_once(f'sum_over_time({_MEMORY})', 'container'))} / on ({', '.join(_PLACE)}) ({_SAMPLES} > 1)"
    ),
}
"""By the field of `Readings` that they fill. Of one sample of memory nobody knows for how long it was so, as no rate is
known of one sample of CPU time."""
IDENTITIES = identities(_on_nodes("last_over_time(kube_pod_info{%}[$wide])"))
"""Asked once at the end of the window, by the field of kube-state-metrics' `Answers`."""
