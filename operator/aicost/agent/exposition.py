"""The page /metrics: Prometheus' text format, written as dcgm-exporter writes it.

prometheus_client cannot: it adds `_total` to the name of every counter, and DCGM's energy counter has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aicost.agent.fields import FIELDS, Field
from aicost.agent.holders import Holder
from aicost.agent.readings import Card, Reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
AGE = Field("aicost_agent_sample_age_seconds", "Seconds since the values of a card were read.", decimals=3)
HOLDERS_KNOWN = Field(
    "aicost_agent_holders_known",
    "1 while the kubelet says who holds the cards; while it is 0 no series of cards are shown. Absent if it is not asked.",
)
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Host:
    """What every series says of where it was read."""

    name: str
    driver: str


def page(host: Host, readings: Sequence[tuple[Reading, Sequence[Holder]]], now: float, known: bool | None) -> str:
    """All series of readings with their holders; `known` is whether those are, None where nobody is asked."""
    lines = [line for field in FIELDS for line in _family(field, _rows(host, field, readings))]
    lines += _family(AGE, ((_labels(_named(reading.card)), now - reading.at) for reading, _ in readings))
    if known is not None:
        lines += _family(HOLDERS_KNOWN, [("", float(known))])
    return "".join(f"{line}\n" for line in lines)


def _rows(
    host: Host, field: Field, readings: Iterable[tuple[Reading, Sequence[Holder]]]
) -> Iterator[tuple[str, float]]:
    """The device's value once for each who holds it, as dcgm-exporter does; once without a name if nobody does."""
    for reading, holders in readings:
        if field in reading.values:
            for holder in holders or (None,):
                yield _labels(_all(host, reading.card, holder)), reading.values[field]


def _family(field: Field, rows: Iterable[tuple[str, float]]) -> list[str]:
    samples = [f"{field.name}{labels} {field.text(value)}" for labels, value in rows]
    head = [f"# HELP {field.name} {field.help}", f"# TYPE {field.name} {field.kind}"]
    return [*head, *samples] if samples else []


def _all(host: Host, card: Card, holder: Holder | None) -> dict[str, str]:
    """In dcgm-exporter's order; a label without a value is left out, which means the same to Prometheus."""
    labels = {**_named(card), "Hostname": host.name, "DCGM_FI_DRIVER_VERSION": host.driver}
    if holder:
        labels |= {"container": holder.container, "namespace": holder.namespace, "pod": holder.pod}
        labels |= {"vgpu": holder.vgpu}
    return labels


def _named(card: Card) -> dict[str, str]:
    labels = {"gpu": str(card.index), "UUID": card.uuid, "pci_bus_id": card.pci_bus_id}
    labels |= {"device": f"nvidia{card.index}", "modelName": card.model}
    if card.instance:
        labels |= {"GPU_I_PROFILE": card.instance.profile, "GPU_I_ID": str(card.instance.id)}
    return labels


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items() if value) + "}"
