"""Which of the answers to believe where the settings name no scrape of kube-state-metrics. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from aicost.sources.kube_state_metrics.facts import Answers, Samples
from aicost.sources.matchers import Target, of_the_right_scrape, target, the_only


def believed(answers: Answers) -> Answers:
    """What comes from the one target that tells of nodes. Raises Malformed where there are several.

    So a scraped pod that writes series of pods is not believed, and one that writes those of nodes too is found out.
    A pod's series have a namespace of their own; the target's is known only where the scrape kept both apart.
    """
    one = teller((*answers.nodes_first_seen, *answers.nodes_last_seen, *answers.nodes_created))
    if one is None:
        return Answers()
    return replace(answers, **{field.name: told_by(one, getattr(answers, field.name)) for field in fields(answers)})


def teller(nodes: Samples) -> Target | None:
    """The one target that tells of nodes, None where none does. Raises Malformed where there are several."""
    remedy = of_the_right_scrape("kubeStateMetricsMatchers")
    return the_only((target(sample.labels) for sample in nodes), "kube-state-metrics", remedy)


def told_by(one: Target, samples: Samples) -> Samples:
    """The samples that come from it."""
    return tuple(sample for sample in samples if _is_from(one, sample.labels))


def _is_from(one: Target, labels: Mapping[str, str]) -> bool:
    job, namespace = target(labels)
    return job == one[0] and ("exported_namespace" not in labels or namespace == one[1])
