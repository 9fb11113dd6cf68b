"""Advice as a document, as tables and as files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from aicost.core.declarations import Declarations
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.recommendations.advice import Basis, Evidence, Lever, Obstacle, Part, Refused, Saving, Target
from aicost.core.recommendations.changes import Operation, Resize, Scale, SetVariable
from aicost.core.recommendations.chosen import Told
from aicost.core.recommendations.operations import located
from aicost.core.recommendations.promises import Demand, Outcome, Promise
from aicost.core.statement import Facts
from aicost.core.window import DAY
from aicost.ports import Malformed
from aicost.reports.advice import AdviceDocument, advice_document
from aicost.reports.advice_files import MARK, Form, advice_files, left_out
from aicost.reports.advice_tables import render_advice
from tests.support.advising import ADVICE, WEEK
from tests.support.builders import a_unit, a_workload, at, facts, usd
from tests.support.expected import expected

EXPECTED = Path(__file__).parent / "expected"
CHAT = Target(ObjectRef("apps", "Deployment", "chat"), "app")
COST = Part(("gpu", "support", "deployment", "chat"), usd(2920).nanos)
SLICE = replace(
    ADVICE,
    lever=Lever.USE_MIG_SLICE,
    target=CHAT,
    current="nvidia.com/gpu: 1",
    proposed="nvidia.com/mig-3g.40gb: 1",
    saving=Saving(usd(1460).nanos, usd(1460).nanos),
    touched=COST,
    reason="It used 31 GiB and an eighth of its card.",
    requires=("a node that offers nvidia.com/mig-3g.40gb",),
    evidence=Evidence(WEEK, 168, {"smActivePeakPercent": "12", "memoryPeakMiB": "31744"}),
    change=Resize("app", (("nvidia.com/gpu", None), ("nvidia.com/mig-3g.40gb", 1))),
)
FEWER = replace(
    SLICE,
    lever=Lever.REDUCE_REPLICAS,
    target=Target(CHAT.object_ref),
    saving=Saving(usd(730).nanos, usd(1000).nanos),
    current="replicas: 2",
    proposed="replicas: 1",
    requires=(),
    change=Scale(1),
)
MODEL = replace(
    SLICE,
    lever=Lever.USE_SMALLER_MODEL,
    basis=Basis.HYPOTHESIS,
    saving=Saving(0, usd(300).nanos),
    touched=Part(("tokens", "anthropic", "claude-sonnet-4-5"), usd(900).nanos),
    current="claude-sonnet-4-5",
    proposed="claude-haiku-4-5",
    requires=("a trial with 400 requests | of each kind",),
    change=SetVariable("app", "MODEL", "claude-haiku-4-5"),
)
NOTEBOOK = replace(ADVICE, saving=Saving(usd(2920).nanos, usd(2920).nanos), touched=COST, change=Scale(0))
TOO_LITTLE = Refused(Lever.USE_SMALLER_GPU, CHAT, Obstacle.TOO_LITTLE_DATA, "two days of seven", SLICE.evidence)
WORKLOADS = (
    a_workload("chat", app="chat"),
    a_workload("lab", "search", "find", app="lab"),
    a_workload("mute", app="x"),
)


def the_facts() -> Facts:
    """Two workloads that were looked at, and one that nobody looked at."""
    told = {
        WorkloadRef("support", "chat"): Told((SLICE, FEWER, MODEL), (TOO_LITTLE,)),
        WorkloadRef("search", "lab"): Told((NOTEBOOK,)),
    }
    declared = Declarations(WORKLOADS, (a_unit("care", "support"), a_unit("find", "search")))
    return replace(facts(declared=declared), advice=told)


DOCUMENT = advice_document(the_facts(), "eu-1")


def test_a_document_survives_json() -> None:
    """Read back it is the same; who was not looked at is not in it."""
    assert AdviceDocument.from_json(json.loads(json.dumps(DOCUMENT.to_json()))) == DOCUMENT
    assert [str(of.ref) for of in DOCUMENT.workloads] == ["search/lab", "support/chat"]


def test_a_workload_s_saving_is_not_stacked() -> None:
    """Fewer replicas of what a slice takes away already save nothing more."""
    (chat,) = (of for of in DOCUMENT.workloads if of.ref.name == "chat")
    assert (chat.low, chat.high) == (usd(1460).nanos, usd(1760).nanos)
    assert [item.alternative_to for item in chat.advice] == [None, SLICE.id, None]


@pytest.mark.parametrize("style", ["table", "markdown"])
def test_it_is_told_by_unit_with_the_largest_first(style: str) -> None:
    """With what to change, why, what must be true first, and what is not advised."""
    said = render_advice(DOCUMENT, "markdown" if style == "markdown" else "table", why=True)
    assert said == expected(EXPECTED / f"advice-{style}.txt", said)


def test_nothing_to_tell_is_said() -> None:
    """Of a cluster by its name."""
    assert render_advice(AdviceDocument("eu-1"), "table") == "nothing is advised in cluster eu-1"
    assert render_advice(AdviceDocument(""), "table", why=True).endswith("nothing that was looked at was refused")


@pytest.mark.parametrize("form", [Form.KUSTOMIZE, Form.STRATEGIC, Form.HELM, Form.VPA])
def test_files_are_as_expected(form: Form) -> None:
    """Each workload in its folder; one of two that exclude each other; a hypothesis where it is asked for."""
    files = advice_files(DOCUMENT, form, hypotheses=True)
    text = "".join(f"=== {path}\n{content}" for path, content in files.items())
    assert text == expected(EXPECTED / f"advice-{form.value}.txt", text)
    assert list(files) == sorted(files)
    assert all(content.startswith(MARK) and yaml.safe_load(content) for content in files.values())


def test_a_hypothesis_is_not_written_unasked() -> None:
    """Its trial comes first. Where the larger of two cannot be written, the other one is."""
    paths = list(advice_files(DOCUMENT, Form.STRATEGIC))
    assert paths == [f"search/lab/{NOTEBOOK.id}.yaml", f"support/chat/{SLICE.id}.yaml"]
    unwritten = replace(
        the_facts(), advice={WorkloadRef("support", "chat"): Told((replace(SLICE, change=None), FEWER))}
    )
    assert list(advice_files(advice_document(unwritten), Form.STRATEGIC)) == [f"support/chat/{FEWER.id}.yaml"]


def test_a_patch_of_a_custom_kind_is_a_merge_patch() -> None:
    """And its file says how to try it."""
    served = replace(NOTEBOOK, target=Target(ObjectRef("serving.kserve.io", "InferenceService", "llm")))
    told = replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((served,))})
    (text,) = advice_files(advice_document(told), Form.STRATEGIC).values()
    command = "# kubectl -n support patch inferenceservice.serving.kserve.io llm --type merge --patch-file THIS_FILE\n"
    assert command in text
    assert yaml.safe_load(text)["spec"] == {"predictor": {"minReplicas": 0}}


def test_a_patch_that_is_a_list_is_a_json_patch() -> None:
    """Its file says so, and a component names its target."""
    lists = replace(
        SLICE,
        target=Target(ObjectRef("ray.io", "RayService", "llm"), "app"),
        operations=(Operation("add", "/spec/x/replicas", 0),),
    )
    document = advice_document(replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((lists,))}))
    (text,) = advice_files(document, Form.STRATEGIC, hypotheses=True).values()
    assert "patch rayservice.ray.io llm --type json --patch-file THIS_FILE\n" in text
    assert yaml.safe_load(text) == [{"op": "add", "path": "/spec/x/replicas", "value": 0}]


def test_a_patch_of_a_manifest_is_tried_on_the_manifest() -> None:
    """For the API server would refuse it of what is there."""
    job = located(replace(SLICE, target=Target(ObjectRef("batch", "Job", "tune"), "app")), None)
    told = replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((job,))})
    (text,) = advice_files(advice_document(told), Form.STRATEGIC).values()
    assert "# kubectl patch --local -o yaml -f ITS_MANIFEST --type strategic --patch-file THIS_FILE\n" in text


def test_a_kind_without_a_version_keeps_its_group() -> None:
    """So that it is no kind of Kubernetes itself: its list is a JSON patch, and no VPA could refer to it."""
    target = Target(ObjectRef("kubeflow.org", "MPIJob", "tune"), "app")
    lists = replace(SLICE, target=target, operations=(Operation("add", "/spec/x/replicas", 0),))
    document = advice_document(replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((lists,))}))
    (text,) = advice_files(document, Form.STRATEGIC).values()
    assert "patch mpijob.kubeflow.org tune --type json --patch-file THIS_FILE\n" in text
    assert "group: kubeflow.org" in advice_files(document, Form.KUSTOMIZE)["support/chat/kustomization.yaml"]
    assert not advice_files(document, Form.VPA)


def test_what_a_form_cannot_say_is_left_out_by_name() -> None:
    """A list of Helm's values takes the place of the chart's own; a VPA with nothing in it says nothing."""
    rid = replace(SLICE, lever=Lever.REMOVE_GPU, change=Resize("app", (("nvidia.com/gpu", None),)))
    told = replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((rid, MODEL))})
    document = advice_document(told)
    removal, model = (f"support/chat: {each.id}" for each in (rid, MODEL))
    assert list(advice_files(document, Form.HELM, hypotheses=True)) == [f"support/chat/{rid.id}.yaml"]
    assert not advice_files(document, Form.VPA, hypotheses=True)
    assert left_out(document, Form.HELM, hypotheses=True) == (model,)
    assert left_out(document, Form.VPA, hypotheses=True) == (removal, model)
    assert (left_out(document, Form.HELM), left_out(document, Form.STRATEGIC, hypotheses=True)) == ((), ())


def test_a_vpa_names_no_version_that_nobody_knows() -> None:
    """It would follow nothing."""
    unheard = replace(SLICE, target=Target(ObjectRef("example.org", "Unheard", "chat"), "app"))
    document = advice_document(replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((unheard,))}))
    assert not advice_files(document, Form.VPA)


def test_no_vpa_follows_a_pod() -> None:
    """Its targetRef names what makes pods; that it is left out is said."""
    pod = located(replace(SLICE, target=Target(ObjectRef("", "Pod", "lab"), "app")), None)
    document = advice_document(replace(the_facts(), advice={WorkloadRef("support", "chat"): Told((pod,))}))
    assert not advice_files(document, Form.VPA)
    assert left_out(document, Form.VPA) == (f"support/chat: {pod.id}",)
    assert list(advice_files(document, Form.STRATEGIC)) == [f"support/chat/{pod.id}.yaml"]


def test_a_component_is_there_before_anything_is_advised() -> None:
    """So that an overlay that names it builds."""
    document = advice_document(replace(the_facts(), advice={WorkloadRef("support", "chat"): Told()}))
    (text,) = advice_files(document, Form.KUSTOMIZE).values()
    assert yaml.safe_load(text)["patches"] == []


@pytest.mark.parametrize("form", [Form.JSON, Form.MARKDOWN, Form.TABLE])
def test_whole_documents_are_one_file(form: Form) -> None:
    """With everything in it."""
    ((name, text),) = advice_files(DOCUMENT, form).items()
    assert name == {Form.JSON: "advice.json", Form.MARKDOWN: "advice.md", Form.TABLE: "advice.txt"}[form]
    assert SLICE.id in text
    if form is Form.JSON:
        assert AdviceDocument.from_json(json.loads(text)) == DOCUMENT


@pytest.mark.parametrize("name", ["..", "../up", "a/b", ".hidden", ""])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    """Whoever answers in the operator's place writes nowhere else."""
    (lab, _) = DOCUMENT.workloads
    forged = AdviceDocument("", (replace(lab, ref=WorkloadRef(name, "x")),))
    with pytest.raises(Malformed, match="nothing was written"):
        advice_files(forged, Form.KUSTOMIZE)


OF_LESS_LOAD = Outcome(at(2 * DAY), 7, COST.monthly_nanos, 5, Demand("requests", 1_000, 755))
PROMISES = (
    Promise(WorkloadRef("search", "lab"), NOTEBOOK, at(0), at(8 * DAY), Outcome(at(2 * DAY), 7, COST.monthly_nanos, 5)),
    Promise(WorkloadRef("search", "rank"), NOTEBOOK, at(0), at(8 * DAY), OF_LESS_LOAD),
    Promise(WorkloadRef("support", "chat"), SLICE, at(DAY), at(3 * DAY)),
    Promise(WorkloadRef("support", "chat"), FEWER, at(2 * DAY), None, Outcome(at(4 * DAY))),
    Promise(WorkloadRef("support", "chat"), MODEL, at(4 * DAY)),
)


def test_what_came_of_advice_stands_beside_its_promise() -> None:
    """The latest first; what is only told still is no history."""
    document = advice_document(replace(the_facts(), promises=PROMISES))
    assert AdviceDocument.from_json(json.loads(json.dumps(document.to_json()))) == document
    said = render_advice(AdviceDocument("", (), document.history), "table")
    assert said == expected(EXPECTED / "advice-history.txt", said)
    assert MODEL.id not in said
