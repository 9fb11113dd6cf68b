"""Structural schemas of custom kinds, cut down to what patches touch and what is required on the way there.

Their names, types, required fields and merge keys are those of the CustomResourceDefinitions that the projects publish;
nothing is preserved that a schema does not know, so that a path that does not exist changes nothing and is found out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = dict[str, Any]
INT: JSON = {"type": "integer", "format": "int32"}
TEXT: JSON = {"type": "string"}
BOOL: JSON = {"type": "boolean"}
QUANTITY: JSON = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
NUMBERS = {"replicas": INT, "minReplicas": INT, "maxReplicas": INT}


def an_object(*required: str, **properties: JSON) -> JSON:
    """With these properties and no others."""
    return {"type": "object", "properties": properties, **({"required": [*required]} if required else {})}


def a_map(of: JSON) -> JSON:
    """By any name."""
    return {"type": "object", "additionalProperties": of}


def a_list(of: JSON, key: str = "") -> JSON:
    """Merged by a key, where it has one."""
    merged = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]} if key else {}
    return {"type": "array", "items": of, **merged}


SECRET = an_object(secretKeyRef=an_object("key", name=TEXT, key=TEXT))
VARIABLE = an_object("name", name=TEXT, value=TEXT, valueFrom=SECRET)
RESOURCES = an_object(limits=a_map(QUANTITY), requests=a_map(QUANTITY))
_OF_CONTAINERS = {"name": TEXT, "image": TEXT, "env": a_list(VARIABLE, "name"), "resources": RESOURCES}
CONTAINERS = a_list(an_object("name", **_OF_CONTAINERS), "name")
POD = an_object("containers", containers=CONTAINERS, restartPolicy=TEXT)
TEMPLATE = an_object(metadata=an_object(labels=a_map(TEXT)), spec=POD)
GROUP = an_object(
    *("groupName", "maxReplicas", "minReplicas", "template"),
    **{"groupName": TEXT, "numOfHosts": INT, "rayStartParams": a_map(TEXT), "template": TEMPLATE, **NUMBERS},
)
HEAD = an_object("template", rayStartParams=a_map(TEXT), template=TEMPLATE)
RAY_CLUSTER = an_object("headGroupSpec", headGroupSpec=HEAD, workerGroupSpecs=a_list(GROUP), suspend=BOOL)
ROLE = an_object(replicas=INT, restartPolicy=TEXT, template=TEMPLATE)
RUN_POLICY = an_object(cleanPodPolicy=TEXT, suspend=BOOL)
JOB = an_object("template", parallelism=INT, template=TEMPLATE)
REPLICATED = an_object("name", "template", name=TEXT, replicas=INT, template=an_object(spec=JOB))
WORKERS = an_object("workerTemplate", leaderTemplate=TEMPLATE, workerTemplate=TEMPLATE, size=INT)
MODEL = an_object("modelFormat", modelFormat=an_object("name", name=TEXT), storageUri=TEXT, **_OF_CONTAINERS)
PREDICTOR = an_object(
    minReplicas=INT, maxReplicas=INT, labels=a_map(TEXT), model=MODEL, containers=CONTAINERS, restartPolicy=TEXT
)
TRAINER = an_object(env=a_list(VARIABLE, "name"), numNodes=INT, numProcPerNode=INT, resourcesPerNode=RESOURCES) | {
    "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "field is immutable"}]
}


def _trained(name: str, **more: JSON) -> JSON:
    return an_object(name, **{name: a_map(ROLE)}, runPolicy=RUN_POLICY, **more)


TASK = an_object(name=TEXT, replicas=INT, minAvailable=INT, template=TEMPLATE)
VOLCANO = an_object(minAvailable=INT, queue=TEXT, tasks=a_list(TASK)) | {
    "x-kubernetes-validations": [
        {"rule": "self == oldSelf", "message": "job updates may not change fields other than minAvailable and replicas"}
    ]
}
"""In the place of Volcano's webhook, which takes those two alone: no patch is about them."""


SCHEMAS: Mapping[str, JSON] = {
    "InferenceService": an_object("predictor", predictor=PREDICTOR),
    "JAXJob": _trained("jaxReplicaSpecs"),
    "Job": VOLCANO,
    "JobSet": an_object(replicatedJobs=a_list(REPLICATED, "name"), suspend=BOOL),
    "LLMInferenceService": an_object(
        model=an_object("uri", uri=TEXT), replicas=INT | {"minimum": 0}, labels=a_map(TEXT), template=POD, worker=POD
    ),
    "LeaderWorkerSet": an_object("leaderWorkerTemplate", replicas=INT, leaderWorkerTemplate=WORKERS),
    "MPIJob": _trained("mpiReplicaSpecs", slotsPerWorker=INT),
    "Notebook": an_object(template=an_object(spec=POD)),
    "PaddleJob": _trained("paddleReplicaSpecs"),
    "PyTorchJob": _trained("pytorchReplicaSpecs", nprocPerNode=TEXT, elasticPolicy=an_object(nProcPerNode=INT)),
    "RayCluster": RAY_CLUSTER,
    "RayJob": an_object(entrypoint=TEXT, rayClusterSpec=RAY_CLUSTER, suspend=BOOL),
    "RayService": an_object(serveConfigV2=TEXT, rayClusterConfig=RAY_CLUSTER),
    "Rollout": an_object(replicas=INT, selector=an_object(matchLabels=a_map(TEXT)), template=TEMPLATE),
    "TFJob": _trained("tfReplicaSpecs"),
    "TrainJob": an_object("runtimeRef", runtimeRef=an_object("name", name=TEXT), suspend=BOOL, trainer=TRAINER),
    "XGBoostJob": _trained("xgbReplicaSpecs"),
}
"""Of the spec of each kind."""
