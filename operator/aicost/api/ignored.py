"""Fields that the API accepts and this version does not evaluate, where that changes amounts: status must say so."""

from __future__ import annotations

from aicost.api.source import SourceSpec


def ignored_of_source(spec: SourceSpec) -> tuple[str, ...]:
    """Its fields that change nothing yet, beside those of types and roles that are not read at all."""
    has_workspaces = spec.type in ("Anthropic", "OpenRouter")
    return _those(
        ("residual", spec.residual == "Elsewhere"),
        ("include.workspaces", spec.include is not None and bool(spec.include.workspaces) and not has_workspaces),
        ("include.projects", spec.include is not None and bool(spec.include.projects) and has_workspaces),
        ("invoices", bool(spec.invoices)),
    )


def _those(*fields: tuple[str, bool]) -> tuple[str, ...]:
    return tuple(f"spec.{name}" for name, is_set in fields if is_set)
