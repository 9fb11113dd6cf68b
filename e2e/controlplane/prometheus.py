"""One real Prometheus: back-filled history, scrapes, stop and start again on the same port and data."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

import httpx
import yaml

from e2e.controlplane.binaries import Tools
from e2e.controlplane.commands import output_of
from e2e.controlplane.errors import ControlPlaneError
from e2e.controlplane.ports import free_ports
from e2e.controlplane.processes import Process, Run
from e2e.controlplane.readiness import wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

NEEDED = ("prometheus", "promtool")
QUERY_TIMEOUT_S = 30


class Prometheus:
    """Its folder is made at construction and removed by `close`; as a context it is started on entry."""

    def __init__(
        self,
        scrape_configs: Sequence[Mapping[str, Any]] = (),
        *,
        settings: Mapping[str, Any] | None = None,
        tools: Tools | None = None,
    ) -> None:
        """Take `scrape_configs` and, in `settings`, any other top-level part of Prometheus' configuration."""
        self._tools = tools or Tools(NEEDED)
        self._owns_tools = tools is None
        self._run = Run()
        (self._port,) = free_ports(1)
        self._process: Process | None = None
        self.configure(scrape_configs, settings)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The base URL; it stays the same over restarts."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def folder(self) -> Path:
        """The run's temporary folder: configuration, data, log; a good place for `file_sd` files."""
        return self._run.folder

    def configure(self, scrape_configs: Sequence[Mapping[str, Any]], settings: Mapping[str, Any] | None = None) -> None:
        """Write the configuration; a running server takes it at `reload`."""
        content = {**(settings or {}), "scrape_configs": list(scrape_configs)}
        self._config.write_text(yaml.safe_dump(content))

    def backfill(self, *openmetrics: Path) -> None:
        """Make blocks out of OpenMetrics files that end with `# EOF`, all at once; the server must not run meanwhile.

        Files must not overlap in time. Back-filled series carry no staleness marks.
        """
        if self._process:
            raise ControlPlaneError("stop Prometheus before you back-fill: it reads new blocks at its start")
        self._data.mkdir(exist_ok=True)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._make_block, openmetrics))

    def _make_block(self, openmetrics: Path) -> None:
        """One block per month at most: with the default of two hours the file is read again for each of them."""
        promtool = self._tools.require("promtool")
        limits = ("--max-block-duration=720h", "--quiet")
        output_of([promtool, "tsdb", "create-blocks-from", "openmetrics", *limits, openmetrics, self._data])

    def start(self) -> None:
        """Start (again) and return when it answers queries."""
        options = [
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self._data}",
            "--storage.tsdb.retention.time=10y",  # a back-filled month must not be deleted for its age
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ]
        self._process = self._run.spawn("prometheus", [self._tools.require("prometheus"), *options])
        wait_until_ready(self._process, f"{self.url}/-/ready")

    def stop(self, *, kill: bool = False) -> None:
        """End it, in order or as a crash would; data and port stay."""
        if self._process and kill:
            self._process.kill()
        elif self._process:
            self._process.terminate()
        self._process = None

    def reload(self) -> None:
        """Make the running server read its configuration again."""
        httpx.post(f"{self.url}/-/reload", trust_env=False, timeout=QUERY_TIMEOUT_S).raise_for_status()

    def query(self, promql: str, at: datetime | None = None) -> list[dict[str, Any]]:
        """The `result` of an instant query, now or at a moment."""
        form = {"query": promql, **({} if at is None else {"time": str(at.timestamp())})}
        answer = httpx.post(f"{self.url}/api/v1/query", data=form, trust_env=False, timeout=QUERY_TIMEOUT_S)
        if answer.is_error:
            raise ControlPlaneError(f"query {promql!r}: {answer.status_code} {answer.text}")
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def close(self) -> None:
        """Kill it and remove its folder. Twice is harmless."""
        self._run.close()
        if self._owns_tools:
            self._tools.close()

    @property
    def _config(self) -> Path:
        return self._run.folder / "prometheus.yaml"

    @property
    def _data(self) -> Path:
        return self._run.folder / "data"
