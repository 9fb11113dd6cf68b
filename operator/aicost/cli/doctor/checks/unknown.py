"""What to say of something that could not be found out."""

from __future__ import annotations

from aicost.cli.doctor.facts import Unknown
from aicost.cli.doctor.findings import Finding, unknown

IN_POD = (
    "run doctor in the operator's pod: kubectl exec -n NAMESPACE deployment/NAME -- aicost doctor; "
    "kubectl get deployment -A -l app.kubernetes.io/name=aicost tells both names"
)
"""The release chooses the names."""


def untold(check: str, fact: Unknown) -> Finding:
    """The check could not be made."""
    return unknown(check, f"could not be told: {fact.why}", f"Mend what the message says, or {IN_POD}")
