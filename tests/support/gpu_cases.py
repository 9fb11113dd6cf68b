"""Servers as scenario files describe them: a week of hours like each other, but for what `when`, `pods` and `cards` say.

A load is written in percent, MiB, watts and bytes a second; what is not written was not told. Money is US dollars.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aicost.core.declarations import LatencyClass
from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.loads import CardLoad, ServerLoad
from aicost.core.money import NANOS_PER_UNIT
from aicost.core.products import model_of
from aicost.core.recommendations.advice import Advice, Answer, Part, Target
from aicost.core.recommendations.gpu.evidence import BATCH_KINDS, Device, Offer, ServerEvidence
from aicost.core.recommendations.gpu.hardware import Hardware, instance, of_product
from aicost.core.recommendations.gpu.memory import weights_mib
from aicost.core.recommendations.gpu.room import Room
from aicost.core.recommendations.kinds import KINDS
from aicost.core.usage import SIGNALS, Tokens
from aicost.core.window import DAY, HOUR, Instant, Window, instant

CORPUS = Path(__file__).parents[1] / "core" / "recommendations" / "corpus" / "gpu"
END = instant("2026-11-02T00:00:00Z")
"""A Monday."""
_SIGNALS = dict(zip(("smActive", "grEngineActive", "gpuUtil"), SIGNALS, strict=True))
_GROUPS = {kind: group for group, kind in sorted(KINDS, reverse=True)}
"""Of every kind that is known: a case of another fails. A Job is Kubernetes' own where a case does not say `Job.GROUP`."""


def cases() -> list[Path]:
    """Every scenario file."""
    return sorted(CORPUS.glob("*.yaml"))


@cache
def read(path: Path) -> Mapping[str, Any]:
    """What a file says."""
    said: Mapping[str, Any] = yaml.load(path.read_text(), yaml.CSafeLoader)
    return said


def servers(case: Mapping[str, Any]) -> list[ServerEvidence]:
    """The servers of a case."""
    evidence = case["evidence"]
    return [a_server(each) for each in (evidence if isinstance(evidence, list) else [evidence])]


def dollars(amount: str | float) -> int:
    """Nano-dollars."""
    return int(Decimal(str(amount)) * NANOS_PER_UNIT)


def a_server(said: Mapping[str, Any]) -> ServerEvidence:
    """One server."""
    named, _, name = said["server"].partition("/")
    kind, _, group = named.partition(".")
    replicas, count, days = said.get("replicas", 1), said.get("count", 1), said.get("days", 7)
    window = Window(Instant(END - days * DAY), END)
    device = _device(said, count)
    counted = said.get("tokens")
    models = said.get("models", [])
    told = [weights_mib(model) for model in models]
    hours = [Instant(hour.start) for hour in window.pieces(HOUR)]
    numbers = tuple(said.get("replicasByDay", [replicas] * days))
    return ServerEvidence(
        workload=WorkloadRef("support", said.get("workload", "chat")),
        target=Target(ObjectRef(group or _GROUPS[kind], kind, name)),
        window=window,
        device=device,
        part=Part(("gpu", "support", kind.lower(), name), dollars(said.get("monthly", 2920))),
        currency="USD",
        replicas=tuple(numbers[(hour - window.start) // DAY] for hour in hours),
        device_hours=int(said.get("deviceHours", replicas * count * days * 24)),
        loads=tuple(_loads(said, name, replicas, count, hours)),
        caches=tuple(_caches(said, name, replicas, hours)),
        tokens=None if counted is None else Tokens(input=counted, output=counted // 10),
        models=frozenset(models),
        weights_mib=None if not told or None in told else max(each for each in told if each),
        purpose=said.get("purpose", "Inference"),
        latency=LatencyClass(said.get("latency", "Interactive")),
        isolated=said.get("isolation", "Required") == "Required",
        alone=said.get("alone", False),
        nodes=tuple(said.get("nodes", ["gpu-1"])),
        autoscaled=said.get("autoscaled", False),
        batch=kind in BATCH_KINDS,
        in_parts=said.get("inParts", False),
        offers=tuple(_offer(each) for each in said.get("offers", [])),
        container=said.get("container", "app"),
        room=_room(said.get("room", {}), count),
    )


def _room(said: Mapping[str, Any], each: int) -> Room:
    """`free` are the hours of the clock in which `pods` of its shape have room, on the first of the nodes."""
    free, pods, nodes = said.get("free", []), said.get("pods", 1), tuple(said.get("nodes", ()))
    first = tuple(pods * each if hour in free else 0 for hour in range(24))
    return Room(
        nodes=nodes,
        idle=tuple((0,) * 24 if place else first for place, _ in enumerate(nodes)),
        each=each,
        at_once=said.get("atOnce", 1),
        longest_hours=said.get("longest", 1),
        held=100,
        paid=said.get("paidPercent", 0),
    )


def _device(said: Mapping[str, Any], count: int) -> Device | None:
    if "product" not in said:
        return None
    product, name = said["product"], said.get("profile", "")
    card = of_product(product)
    part = instance(card, name, model_of(product)) if card and name else card
    resource = said.get("resource", f"nvidia.com/mig-{name}" if name else "nvidia.com/gpu")
    sharing = said.get("sharing", "mig" if name else "")
    return Device(resource, model_of(product), count, sharing, name, part)


def _offer(said: Mapping[str, Any]) -> Offer:
    product, name = said["product"], said.get("profile", "")
    model = model_of(product)
    card = of_product(product) or Hardware(1, 1, 1, 1)
    part = (instance(card, name, model) if name else card) or card
    resource = said.get("resource", f"nvidia.com/mig-{name}" if name else "nvidia.com/gpu")
    where = tuple(sorted(said.get("where", {}).items()))
    per_hour, nodes = dollars(said["perHour"]), said.get("nodes", 0)
    return Offer(resource, model, part, per_hour, nodes, name, said.get("replicas", 1), product, where)


def _loads(said: Mapping[str, Any], name: str, replicas: int, count: int, hours: list[Instant]) -> Iterator[CardLoad]:
    told = hours[: round(len(hours) * said.get("told", 100) / 100)]
    for pod in range(replicas):
        for card in range(said.get("toldCards", count)):
            for hour in told:
                load = dict(said.get("load", {}))
                load |= said.get("pods", {}).get(pod, {}) | said.get("cards", {}).get(card, {})
                for each in said.get("when", []):
                    if _then(each, hour):
                        load |= each["load"]
                if load:
                    yield _load(load, f"{name}-{pod}", f"GPU-{name}-{pod}-{card}", hour)


def _then(each: Mapping[str, Any], hour: Instant) -> bool:
    """Whether an hour is meant: `days` count from the window's first day, a Monday in a week; `from` and `to` are its hours."""
    day, clock = (hour - (END - 28 * DAY)) // DAY % 7, hour % DAY // HOUR
    return (
        day in each.get("days", range(7))
        and each.get("from", 0) <= clock < each.get("to", 24)
        and hour < END - each.get("before", 0) * DAY
    )


def _load(said: Mapping[str, Any], pod: str, card: str, hour: Instant) -> CardLoad:
    named = next(name for name in _SIGNALS if name in said)
    peak = _ppm(said[named])
    low, high = said.get("watts", (None, None))
    return CardLoad(
        namespace="support",
        pod=pod,
        card=card,
        hour=Window(hour, Instant(hour + HOUR)),
        signal=_SIGNALS[named],
        samples=said.get("samples", 120),
        mean_ppm=min(peak, _ppm(said.get("mean", said[named]))),
        high_ppm=min(peak, _ppm(said.get("p95", said[named]))),
        peak_ppm=peak,
        duty_peak_ppm=_ppm(said["gpuUtil"]) if "gpuUtil" in said else None,
        bandwidth_mean_ppm=_ppm(said["bandwidth"]) if "bandwidth" in said else None,
        bandwidth_peak_ppm=_ppm(said["bandwidth"]) if "bandwidth" in said else None,
        memory_peak_mib=said.get("memory"),
        power_low_mw=None if low is None else low * 1000,
        power_peak_mw=None if high is None else high * 1000,
        pcie_peak_bytes=said.get("pcie"),
    )


def _caches(said: Mapping[str, Any], name: str, replicas: int, hours: list[Instant]) -> Iterator[ServerLoad]:
    for pod in range(replicas) if "kvCache" in said else ():
        for hour in hours:
            yield ServerLoad("support", f"{name}-{pod}", Window(hour, Instant(hour + HOUR)), _ppm(said["kvCache"]))


def _ppm(percent: float) -> int:
    return round(percent * 10_000)


def told(answer: Answer) -> dict[str, Any]:
    """An answer as scenario files say it."""
    if not isinstance(answer, Advice):
        return {"refused": answer.obstacle.value}
    saving = [f"{each / NANOS_PER_UNIT:.2f}" for each in (answer.saving.low, answer.saving.high)]
    return {
        "basis": answer.basis.value,
        "effect": answer.effect.value,
        "proposed": answer.proposed,
        "saving": saving,
    }
