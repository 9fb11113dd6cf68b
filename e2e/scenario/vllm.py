"""vLLM's counters: they start with the server's pod and end with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from e2e.scenario.model import Pod, Server
from e2e.scenario.series import Piece, piece

HOUR = 3600
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def server_pieces(server: Server, pod: Pod) -> Iterator[Piece]:
    """The counters of a server."""
    for metric, per_hour in server.per_hour.items():
        name, _, own = metric.partition("{")
        labels = {"engine": "0", "model_name": server.model, **dict(_LABEL.findall(own))}
        yield piece(name, labels, 0, pod.scheduled, pod.ended or pod.gone, slope=per_hour / HOUR)
