"""Free TCP ports on the loopback address."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 15_000


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on, all held at once while they are chosen.

    They lie below the range from which the system takes the near end of outgoing connections, so none of those can
    take a port between this choice and its use, nor while a server is stopped to be started again.
    """
    with contextlib.ExitStack() as held:
        return [_hold(held) for _ in range(count)]


def _hold(held: contextlib.ExitStack) -> int:
    candidates = range(LOWEST, max(LOWEST + 1_000, _first_of_outgoing()))
    for port in random.sample(candidates, k=1_000):
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            taken.close()
            continue
        held.enter_context(taken)
        return port
    raise OSError("no free port on 127.0.0.1 among a thousand tried")


def _first_of_outgoing() -> int:
    return int(_RANGE_FILE.read_text().split()[0]) if _RANGE_FILE.exists() else 32_768
