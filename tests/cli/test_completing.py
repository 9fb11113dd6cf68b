"""Objects that take their pods from another one are counted with it, or said not to be known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.cli.completing import merged
from aicost.cli.elsewhere import Named
from aicost.cli.manifests import read
from tests.cli.test_manifests import manifest, parsed
from tests.support.custom_kinds import GPU, SPECS, a_template, an_object

STEP = "trainer.kubeflow.org/trainjob-ancestor-step"
Json = dict[str, Any]


def a_job(step: str, container: str, cards: int, **spec: Any) -> Json:
    """A job of a runtime, whose one container asks for cards."""
    asks = {"name": container, "resources": {"limits": {GPU: cards}} if cards else {}}
    pods = {"metadata": {"labels": {"app": step}}, "spec": {"containers": [asks]}}
    labels = {"metadata": {"labels": {STEP: step}}} if step else {}
    return {"name": container, "replicas": 1, "template": {**labels, "spec": {"template": pods, **spec}}}


TRAINS = a_job("trainer", "node", 2)


def a_runtime(*jobs: Json, kind: str = "ClusterTrainingRuntime", **policy: Any) -> Json:
    """What the example's TrainJob names."""
    of = manifest(kind, "trainer.kubeflow.org/v1alpha1", mlPolicy=policy, template={"spec": {"replicatedJobs": jobs}})
    return {**of, "metadata": {"name": "torch-distributed", "namespace": "support"}}


def a_train_job(**trainer: Any) -> Json:
    return manifest(
        "TrainJob",
        "trainer.kubeflow.org/v1alpha1",
        runtimeRef={"name": "torch-distributed"},
        trainer=trainer,
    )


def counted(*objects: Json) -> list[tuple[int, int]]:
    """Cards of a pod, and pods, of the one object of them that runs any."""
    found = parsed(*objects)
    assert found.beyond == ()
    return [(pods["devices"][GPU], pods["most"]) for server in found.servers for pods in server["pods"]]


@pytest.mark.parametrize(
    ("trainer", "policy", "pods"),
    [
        ({}, {}, (2, 1)),
        ({}, {"numNodes": 3, "torch": {"numProcPerNode": "auto"}}, (2, 3)),
        ({"numNodes": 4}, {"numNodes": 3}, (2, 4)),
        ({"resourcesPerNode": {"limits": {GPU: 8}}}, {"numNodes": 3}, (8, 3)),
        ({"resourcesPerNode": {"requests": {GPU: 1}}, "numNodes": 2}, {"numNodes": 3}, (1, 2)),
        ({"resourcesPerNode": {}}, {"jax": {}}, (2, 1)),
    ],
)
def test_a_train_job_is_counted_with_its_runtime(trainer: Json, policy: Json, pods: tuple[int, int]) -> None:
    """What it says itself comes before what its runtime says; no runtime runs by itself."""
    assert counted(a_train_job(**trainer), a_runtime(TRAINS, **policy)) == [pods]


def test_all_jobs_of_a_runtime_count() -> None:
    """Of what loads the model there is one; what nobody labels has the pods and devices that the runtime gives it."""
    jobs = (a_job("model-initializer", "model-initializer", 1), TRAINS, a_job("", "node", 4, parallelism=3))
    jobs[0]["replicas"] = 5
    asks = {"resourcesPerNode": {"limits": {GPU: 1}}, "numNodes": 2}
    assert counted(a_train_job(**asks), a_runtime(*jobs)) == [(1, 1), (1, 2), (4, 3)]


def test_without_a_policy_the_runtime_s_own_number_counts() -> None:
    """Its job's, unless the TrainJob says another."""
    runtime = a_runtime(a_job("trainer", "node", 2, parallelism=3))
    del runtime["spec"]["mlPolicy"]
    assert [counted(a_train_job(**told), runtime) for told in ({}, {"numNodes": 2})] == [[(2, 3)], [(2, 2)]]


def test_a_train_job_is_told_by_its_own_name_and_its_pods_labels() -> None:
    """These an AIWorkload claims it by."""
    (server,) = parsed(a_train_job(), a_runtime(TRAINS)).servers
    assert (server["kind"], server["group"], server["name"]) == ("TrainJob", "trainer.kubeflow.org", "x")
    assert server["labels"] == {"app": "trainer"}


def test_a_runtime_of_a_namespace_is_its_own() -> None:
    """Another namespace's of that name is none."""
    job = a_train_job()
    job["spec"]["runtimeRef"]["kind"] = "TrainingRuntime"
    runtime = a_runtime(TRAINS, kind="TrainingRuntime")
    assert counted(job, runtime) == [(2, 1)]
    runtime["metadata"]["namespace"] = "other"
    assert (
        "TrainingRuntime torch-distributed, from which it takes its pods, is in none of the files"
        in (parsed(job, runtime).beyond[0])
    )


@pytest.mark.parametrize(
    "ref", [{"kind": "Secret", "apiGroup": "v1."}, {"kind": "TrainingRuntime", "apiGroup": "x.org"}]
)
def test_of_another_kind_of_runtime_nobody_is_asked(ref: Json) -> None:
    """Neither a file nor a cluster."""
    job = a_train_job()
    job["spec"]["runtimeRef"] |= ref

    def fetch(of: Named) -> Json:
        raise AssertionError(of)

    (why,) = read([("x.yaml", json.dumps(job))], "support", fetch).beyond
    assert "which its runtimeRef names, makes of it is not known" in why


PATCHED = {"runtimePatches": [{"manager": "x", "spec": {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-L4"}}}]}


@pytest.mark.parametrize(
    ("runtime", "more", "why"),
    [
        (a_runtime(TRAINS, numNodes=2, mpi={"runLauncherAsNode": True}), {}, "by mlPolicy.mpi is not known"),
        (a_runtime(TRAINS, torch={"elasticPolicy": {"maxNodes": 4}}), {}, "by mlPolicy.torch.elasticPolicy"),
        (a_runtime(a_job("", "node", 2)), {}, "which job of ClusterTrainingRuntime torch-distributed is its trainer"),
        (a_runtime(TRAINS), PATCHED, "it patches which nodes"),
        ({**a_runtime(), "spec": {}}, {}, "cannot be understood: TypeError"),
    ],
)
def test_what_a_runtime_leaves_open_is_not_known(runtime: Json, more: Json, why: str) -> None:
    """Which is said of the TrainJob: the file is a manifest all the same."""
    job = a_train_job()
    job["spec"] |= more
    found = parsed(job, runtime)
    assert found.servers == ()
    assert why in found.beyond[0]


@pytest.mark.parametrize(
    ("group", "kind", "body"),
    [
        ("apps/v1", "Deployment", {"spec": {"replicas": 0, "template": a_template(cards=2)}}),
        ("apps/v1", "ReplicaSet", {"spec": {"replicas": 0, "template": a_template(cards=2)}}),
        ("v1", "PodTemplate", {"template": a_template(cards=2)}),
    ],
)
def test_a_rollout_is_counted_with_its_workload_s_pods(group: str, kind: str, body: Json) -> None:
    """As many as it says itself; what it takes them from has its own number."""
    target = {"apiVersion": group, "kind": kind, "metadata": {"name": "base", "namespace": "support"}, **body}
    ref = {"apiVersion": group, "kind": kind, "name": "base"}
    rollout = manifest("Rollout", "argoproj.io/v1alpha1", replicas=3, workloadRef=ref)
    found = [each for each in counted(rollout, target) if each[1]]
    assert found == [(2, 3)]


@pytest.mark.parametrize(("scale_down", "most"), [(None, [2, 3]), ("never", [2, 3]), ("onsuccess", [2])])
def test_what_a_rollout_scales_down_runs_no_more(scale_down: str | None, most: list[int]) -> None:
    """Its Deployment goes on beside it otherwise."""
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"} | (
        {"scaleDown": scale_down} if scale_down else {}
    )
    rollout = manifest("Rollout", "argoproj.io/v1alpha1", replicas=2, workloadRef=ref)
    objects = rollout, manifest("Deployment", replicas=3, template=a_template())
    assert [pods for _, pods in counted(*objects)] == most
    told = {"group": "apps", "kind": "Deployment", "name": "x"} if most == [2] else None
    assert parsed(*objects).servers[0].get("replaces") == told


def test_a_workload_of_another_kind_is_not_known() -> None:
    """Where that keeps its pods nobody says."""
    ref = {"apiVersion": "example.org/v1", "kind": "Unheard", "name": "base"}
    (why,) = parsed(manifest("Rollout", "argoproj.io/v1alpha1", workloadRef=ref)).beyond
    assert "where Unheard base, which its workloadRef names, keeps its pods is not known" in why


def a_base(name: str, cards: int | None, namespace: str = "support", **spec: Any) -> Json:
    asks = {} if cards is None else {"resources": {"limits": {GPU: cards}}}
    whole = {"template": {"containers": [{"name": "main", **asks}]}, **spec}
    version = "serving.kserve.io/v1alpha1"
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": "LLMInferenceServiceConfig", "metadata": metadata, "spec": whole}


def a_service(*bases: str, **spec: Any) -> Json:
    refs = [{"name": name} for name in bases]
    whole = {"model": {"uri": "hf://x"}, "baseRefs": refs, **spec}
    return manifest("LLMInferenceService", "serving.kserve.io/v1alpha1", **whole)


MAIN = {"containers": [{"name": "main", "resources": {"limits": {GPU: 8}}}]}
BESIDE = {"containers": [{"name": "beside", "resources": {"limits": {GPU: 1}}}]}


@pytest.mark.parametrize(
    ("service", "pods"),
    [
        (a_service("one"), (1, 1)),
        (a_service("one", replicas=3), (1, 3)),
        (a_service("one", "two"), (2, 5)),
        (a_service("two", "one"), (1, 5)),
        (a_service("one", "two", template=MAIN, replicas=2), (8, 2)),
        (a_service("one", template=BESIDE), (2, 1)),
        (a_service("far"), (4, 1)),
    ],
)
def test_a_service_is_counted_with_its_bases(service: Json, pods: tuple[int, int]) -> None:
    """The last of them counts, and what it says itself before all; containers go by their names, KServe's namespace comes last."""
    bases = a_base("one", 1), a_base("two", 2, replicas=5), a_base("far", 4, "kserve"), a_base("two", 7, "kserve")
    assert counted(service, *bases) == [pods]


@pytest.mark.parametrize(
    ("base", "why"),
    [
        (a_base("one", None), "what KServe's own template asks for is not known"),
        (a_base("one", 1, baseRefs=[{"name": "more"}]), "what the baseRefs of LLMInferenceServiceConfig one add"),
        (a_base("one", 1, worker=MAIN), "nothing says how many pods it may have at most"),
        (a_base("one", 1, "other"), "LLMInferenceServiceConfig one, from which it takes its pods, is in none"),
        (a_base("one", "{{ .Cards }}"), "what it takes from elsewhere cannot be read"),  # type: ignore[arg-type] # a template's
    ],
)
def test_a_base_that_does_not_say_all_is_not_known(base: Json, why: str) -> None:
    """What is not named is not none."""
    found = parsed(a_service("one"), base)
    assert found.servers == ()
    assert why in found.beyond[0]


def test_what_no_file_has_the_cluster_is_asked_for() -> None:
    """And what a file has is not: that is about to be."""
    asked: list[Named] = []

    def fetch(of: Named) -> Json | None:
        asked.append(of)
        return a_runtime(TRAINS, numNodes=7) if of.name == "torch-distributed" else None

    text = [("x.yaml", json.dumps(an_object("TrainJob")))]
    (server,) = read(text, "support", fetch).servers
    assert server["pods"][0]["most"] == SPECS["trainer.kubeflow.org/v1alpha1", "TrainJob"]["trainer"]["numNodes"]
    assert asked == [Named("trainer.kubeflow.org", "ClusterTrainingRuntime", "", "torch-distributed")]
    read([*text, ("runtime.yaml", json.dumps(a_runtime(TRAINS)))], "support", fetch)
    (why,) = read([("x.yaml", json.dumps(a_service("one")))], "support", fetch).beyond
    assert "is in none of the files and the cluster: add it with -f" in why
    assert [of.namespace for of in asked] == ["", "support", "kserve"]


VALUES = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: (
        st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
        | st.dictionaries(st.sampled_from("xy"), inner, max_size=2).map(
            lambda by: [{"name": name, "of": of} for name, of in by.items()]
        )
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from("ab"), VALUES))
def test_merging_twice_is_merging_once(over: Json) -> None:
    """And what says nothing changes nothing."""
    base = {"a": {"a": 1}, "b": [{"name": "x", "of": {"a": 1}}]}
    once = merged(base, over)
    assert merged(once, over) == once
    assert merged(base, {}) == base
