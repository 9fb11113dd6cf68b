"""The closed set of reasons that users may read: gaps, refusals, condition reasons. docs/reference/reasons.md is made from it."""

from __future__ import annotations

from enum import StrEnum


class GapReason(StrEnum):
    """Why something is known to be missing. The value is what status shows; `meaning` and `remedy` go to the docs."""

    NO_PRICE = "NoPrice"
    NO_PRODUCT = "NoProduct"
    NO_NODE = "NoNode"
    NO_POD_HISTORY = "NoPodHistory"
    NO_UTILISATION = "NoUtilisation"
    NO_TOKEN_COUNTS = "NoTokenCounts"  # noqa: S105 # counts, not a secret
    SHARING_NOT_EVALUATED = "SharingNotEvaluated"
    OVER_ALLOCATED = "OverAllocated"
    BILL_UNAVAILABLE = "BillUnavailable"
    BILL_MALFORMED = "BillMalformed"
    BILL_PENDING = "BillPending"
    CREDENTIAL_INVALID = "CredentialInvalid"
    GROUPING_REFUSED = "GroupingRefused"
    NO_EXCHANGE_RATE = "NoExchangeRate"


class Refusal(StrEnum):
    """Why a claim or a whole workload is not accepted."""

    UNIT_NOT_FOUND = "UnitNotFound"
    UNIT_NOT_GRANTED = "UnitNotGranted"
    SOURCE_NOT_FOUND = "SourceNotFound"
    GRANT_MISSING = "GrantMissing"
    CLAIMED_BY_ANOTHER = "ClaimedByAnother"


MEANINGS: dict[GapReason | Refusal, tuple[str, str]] = {
    GapReason.NO_PRICE: (
        "No price covers the card's model on that node at that time.",
        "Add the model to the PriceBook's `gpus`, with a rate that begins early enough.",
    ),
    GapReason.NO_PRODUCT: (
        "The node has GPUs but no label that names their product.",
        "Run NVIDIA GPU Feature Discovery, or set the label nvidia.com/gpu.product on the node.",
    ),
    GapReason.NO_NODE: (
        "Pods held GPUs on a node of which nobody told how many it has.",
        "Check that kube-state-metrics exports kube_node_status_capacity and kube_node_created: `aicost doctor` tells.",
    ),
    GapReason.NO_POD_HISTORY: (
        "Neither the pod watch nor kube-state-metrics covers that time.",
        "Check that Prometheus answers and scrapes kube-state-metrics: `aicost doctor` tells.",
    ),
    GapReason.NO_UTILISATION: (
        "No DCGM sample of the cards that the workload held.",
        "Check that Prometheus scrapes dcgm-exporter on those nodes: `aicost doctor` tells. Cost does not depend on it.",
    ),
    GapReason.NO_TOKEN_COUNTS: (
        "The token counters of the workload's model server could not be read.",
        "Check that Prometheus answers and scrapes the server's /metrics page.",
    ),
    GapReason.SHARING_NOT_EVALUATED: (
        "The node slices its cards (MIG, time-slicing or MPS) in a way that this version does not evaluate.",
        "Nothing is charged for these cards; their card hours are counted in the gap.",
    ),
    GapReason.OVER_ALLOCATED: (
        "Pods held more cards than the node has; the cost is parked instead of being divided wrongly.",
        "Compare the node's labels with its capacity, and look for two kube-state-metrics in Prometheus.",
    ),
    GapReason.BILL_UNAVAILABLE: (
        "The provider's answer for that day could not be had; what was known before stays.",
        "Nothing, if the provider recovers: the day is read again. Else see the message.",
    ),
    GapReason.BILL_MALFORMED: (
        "The provider's answer for that day could not be understood; nothing of it was used.",
        "The day is read again every hour. If it stays, report the message to the project.",
    ),
    GapReason.BILL_PENDING: ("The source was not read yet.", "Wait for the first poll after a start."),
    GapReason.CREDENTIAL_INVALID: (
        "The provider refused the credential, or it is missing.",
        "Store an admin key in a Secret of type aicost.dev/credential in aicost's credential namespace.",
    ),
    GapReason.GROUPING_REFUSED: (
        "The provider refused to split the bill by one dimension; claims by it find nothing.",
        "Claim by project, or ask the provider to enable the grouping.",
    ),
    GapReason.NO_EXCHANGE_RATE: (
        "A bill is in another currency than the PriceBook's, and no rate was declared.",
        "Add the currency to the PriceBook's `exchangeRates`.",
    ),
    Refusal.UNIT_NOT_FOUND: (
        "The business unit that the workload names does not exist.",
        "Create the BusinessUnit or correct spec.businessUnit.",
    ),
    Refusal.UNIT_NOT_GRANTED: (
        "The business unit does not list the workload's namespace.",
        "Ask its owner to add the namespace to the BusinessUnit's `namespaces`.",
    ),
    Refusal.SOURCE_NOT_FOUND: (
        "The usage source that the workload names does not exist.",
        "Create the UsageSource or correct spec.usage[].source.",
    ),
    Refusal.GRANT_MISSING: (
        "The usage source grants none of the claimed values to the workload's namespace.",
        "Ask the platform team to add a grant to the UsageSource.",
    ),
    Refusal.CLAIMED_BY_ANOTHER: (
        "Another workload claims the same pods or usage more precisely, or claimed them first.",
        "Make the selectors disjoint; the message names the winner.",
    ),
}
"""What each reason means and what to do about it: the source of docs/reference/reasons.md."""
