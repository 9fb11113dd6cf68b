"""`python -m e2e.emulators openai|anthropic|openrouter|litellm|langfuse FILE`: one provider's API on loopback, until interrupted.

The YAML file has the fields of the provider's organisation or proxy, and `faults`. The URL is printed first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from e2e.emulators.anthropic import AnthropicEmulator
from e2e.emulators.anthropic_organisation import Organisation as AnthropicOrganisation
from e2e.emulators.emulator import Emulator
from e2e.emulators.faults import Fault, scripted
from e2e.emulators.langfuse import LangfuseEmulator, Project
from e2e.emulators.litellm import LiteLLMEmulator, Proxy
from e2e.emulators.openai import OpenAIEmulator
from e2e.emulators.openai_organisation import Organisation as OpenAIOrganisation
from e2e.emulators.openrouter import Account, OpenRouterEmulator

EMULATORS: Mapping[str, Callable[[Mapping[str, Any], Sequence[Fault]], Emulator[Any]]] = {
    "openai": lambda data, faults: OpenAIEmulator(OpenAIOrganisation.of(data), faults),
    "anthropic": lambda data, faults: AnthropicEmulator(AnthropicOrganisation.of(data), faults),
    "openrouter": lambda data, faults: OpenRouterEmulator(Account.of(data), faults),
    "litellm": lambda data, faults: LiteLLMEmulator(Proxy.of(data), faults),
    "langfuse": lambda data, faults: LangfuseEmulator(Project.of(data), faults),
}


@click.command()
@click.argument("provider", type=click.Choice(sorted(EMULATORS)))
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--port", default=0, show_default=True, help="0: any free one.")
def main(provider: str, scenario: Path, port: int) -> None:
    """Serve until interrupted."""
    data = yaml.safe_load(scenario.read_text())
    faults = scripted(data.pop("faults", ()))
    with EMULATORS[provider](data, faults).serving(port) as serving:
        click.echo(serving.url)
        threading.Event().wait()


if __name__ == "__main__":
    main()
