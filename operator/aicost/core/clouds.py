"""Clouds that bill models of others among their services: which cloud's models a service's charges are of.

FOCUS has no column for this: a service is known by its name, as Amazon, Microsoft and Google write it in their exports.
"""

from __future__ import annotations

from types import MappingProxyType

_SERVICES = MappingProxyType(
    {
        "aws": ("bedrock",),
        "azure": ("azure openai", "cognitive services", "foundry", "azure ai"),
        "google": ("vertex", "gemini", "generative language"),
    }
)
"""By the provider, as list prices name it: what the names of its services of models have, in small letters."""


def cloud_of(service: str) -> str:
    """The provider whose models a service's charges are of; empty for any other service."""
    name = service.lower()
    return next((cloud for cloud, words in _SERVICES.items() if any(word in name for word in words)), "")
