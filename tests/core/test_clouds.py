"""Services of clouds, by the names that their exports have for them."""

from __future__ import annotations

import pytest

from aicost.core.clouds import cloud_of


@pytest.mark.parametrize(
    ("service", "cloud"),
    [
        ("Amazon Bedrock", "aws"),
        ("Claude Opus 4.8 (Amazon Bedrock Edition)", "aws"),
        ("Azure OpenAI Service", "azure"),
        ("Cognitive Services", "azure"),
        ("Vertex AI", "google"),
        ("Gemini API", "google"),
        ("Amazon Elastic Compute Cloud", ""),
        ("", ""),
    ],
)
def test_whose_models_a_service_bills(service: str, cloud: str) -> None:
    """As list prices name the cloud; machines and disks are no models."""
    assert cloud_of(service) == cloud
