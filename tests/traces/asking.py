"""The pods of Alibaba's trace as servers: what they asked for, and for how long, is all that it tells.

What a pod asked of a card is taken as what it uses of it, all the time; memory of cards is not told.
Source: as of tests.traces.alibaba.
"""

from __future__ import annotations

from collections.abc import Iterator

from aicost.core.identity import ObjectRef, WorkloadRef
from aicost.core.loads import CardLoad
from aicost.core.recommendations.advice import HOURS_OF_A_MONTH, Part, Target
from aicost.core.recommendations.gpu.evidence import Device, ServerEvidence
from aicost.core.recommendations.gpu.hardware import of_model
from aicost.core.usage import SIGNALS
from aicost.core.window import DAY, HOUR, Instant, Window
from tests.traces.alibaba import MILLI, Asked, nodes, placed, pods

MODELS = {"T4": "T4-16GB", "V100M16": "V100-16GB", "V100M32": "V100-32GB", "A10": "A10-24GB"}
"""As people price them; `G2`, `G3` and `P100` are not in aicost's table of cards."""


def servers(per_hour: int) -> Iterator[ServerEvidence]:
    """All pods that hold cards, at one price for all of them in nano-units."""
    models = {name: model for name, (model, _) in nodes().items()}
    for pod, node in placed(pods()):
        model = MODELS.get(models[node], models[node])
        hours = min((pod.end - pod.start) // HOUR, 7 * DAY // HOUR)
        target = Target(ObjectRef("apps", "Deployment", pod.name), "app")
        yield ServerEvidence(
            workload=WorkloadRef("trace", pod.name),
            target=target,
            window=Window(Instant(0), Instant(max(1, hours) * HOUR)),
            device=Device("nvidia.com/gpu", model, max(1, pod.cards), hardware=of_model(model)),
            part=Part(("gpu", "trace", str(target)), per_hour * HOURS_OF_A_MONTH * max(1, pod.cards)),
            currency="USD",
            replicas=(1,) * max(1, hours),
            device_hours=max(1, hours) * max(1, pod.cards),
            loads=tuple(_load(pod, card, hour) for card in range(max(1, pod.cards)) for hour in range(hours)),
            nodes=(node,),
        )


def _load(pod: Asked, card: int, hour: int) -> CardLoad:
    busy = pod.milli * 1_000_000 // MILLI
    where = Window(Instant(hour * HOUR), Instant((hour + 1) * HOUR))
    numbers = {"mean_ppm": busy, "high_ppm": busy, "peak_ppm": busy, "duty_peak_ppm": busy}
    return CardLoad("trace", pod.name, f"GPU-{card}", where, SIGNALS[0], 120, **numbers)
