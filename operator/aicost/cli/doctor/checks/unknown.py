"""What to say of something that could not be found out."""

from __future__ import annotations

from aicost.cli.doctor.facts import Unknown
from aicost.cli.doctor.findings import Finding, warn

_ASK = "Mend what the message says, or run doctor in the pod: kubectl exec -n aicost deployment/aicost -- aicost doctor"


def untold(check: str, unknown: Unknown) -> Finding:
    """The check could not be made."""
    return warn(check, f"could not be told: {unknown.why}", _ASK)
