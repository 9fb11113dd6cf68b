"""Large organisations at OpenAI and Anthropic that do the same every day: so many projects, keys and models, made when asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from e2e.emulators import anthropic_organisation, openai_organisation
from e2e.emulators.anthropic import AnthropicEmulator
from e2e.emulators.openai import OpenAIEmulator

MODELS_OF_A_KEY = 2
KINDS = ("input_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class Size:
    """How large: keys are spread over projects, and each calls two of the models; a page has so many rows at most."""

    projects: int = 200
    keys: int = 2000
    models: int = 60
    rows_per_page: int = 1000

    @property
    def used(self) -> Iterator[tuple[str, str, str]]:
        """Each project, key and model that are used together."""
        for key in range(self.keys):
            for nth in range(MODELS_OF_A_KEY):
                yield f"p{key % self.projects:04}", f"key_{key:05}", f"model-{(key + nth * 7) % self.models:02}"


class EverydayOpenAI(OpenAIEmulator):
    """OpenAI's API; each line of the bill is a dollar and a cent. A day's results are not cut into pages, as its own are not."""

    def __init__(self, size: Size) -> None:
        super().__init__(openai_organisation.Organisation(refused=()))
        self._everyday_costs = tuple(
            openai_organisation.Cost("", "1.01", project, key, f"{model}, {kind}")
            for project, key, model in size.used
            for kind in KINDS
        )
        self._everyday_usage = tuple(
            openai_organisation.Usage("", model, 100, 20, project=project, api_key=key)
            for project, key, model in size.used
        )

    def admit(self, request: web.Request) -> None:
        super().admit(request)
        self.organisation = _on(
            self.organisation, _day(request), costs=self._everyday_costs, usage=self._everyday_usage
        )


class EverydayAnthropic(AnthropicEmulator):
    """Anthropic's API; each line of the bill is 101 cents."""

    def __init__(self, size: Size) -> None:
        super().__init__(anthropic_organisation.Organisation(rows_per_page=size.rows_per_page, refreshed_at=None))
        self._everyday_costs = tuple(
            anthropic_organisation.Spend("", "101", project, key, model=model, token_type=kind)
            for project, key, model in size.used
            for kind in KINDS
        )
        self._everyday_usage = tuple(
            anthropic_organisation.Usage("", model, 100, output_tokens=20, workspace=project, api_key=key)
            for project, key, model in size.used
        )

    def admit(self, request: web.Request) -> None:
        super().admit(request)
        self.organisation = _on(
            self.organisation, _day(request), costs=self._everyday_costs, usage=self._everyday_usage
        )


def _on(organisation: Any, day: str, **rows: tuple[Any, ...]) -> Any:
    return replace(organisation, **{name: tuple(replace(row, day=day) for row in of) for name, of in rows.items()})


def _day(request: web.Request) -> str:
    start = request.query.get("start_time", request.query.get("starting_at", ""))
    return datetime.fromtimestamp(int(start), UTC).date().isoformat() if start.isdecimal() else start[:10]
