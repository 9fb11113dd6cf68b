"""The closed set of reasons that users may read: gaps, refusals, conditions. What each means: core/meanings.py."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias


class GapReason(StrEnum):
    """Why something is known to be missing. The value is what status shows; `meaning` and `remedy` go to the docs."""

    NO_PRICE = "NoPrice"
    BUILT_IN_PRICE = "BuiltInPrice"
    NO_TOKEN_PRICE = "NoTokenPrice"  # noqa: S105 # a price, not a secret
    NO_AUDIO_PRICE = "NoAudioPrice"
    NO_USAGE_PRICE = "NoUsagePrice"
    USAGE_ESTIMATED = "UsageEstimated"
    TIER_UNCERTAIN = "TierUncertain"
    NO_PRODUCT = "NoProduct"
    NO_NODE = "NoNode"
    NO_POD_HISTORY = "NoPodHistory"
    NO_CLAIM_HISTORY = "NoClaimHistory"
    NO_HOST_HISTORY = "NoHostHistory"
    NO_HOST_USE = "NoHostUse"
    DEVICE_NOT_PUBLISHED = "DeviceNotPublished"
    NO_UTILISATION = "NoUtilisation"
    NO_TOKEN_COUNTS = "NoTokenCounts"  # noqa: S105 # counts, not a secret
    AMOUNT_TOO_LARGE = "AmountTooLarge"
    LAYOUT_UNKNOWN = "LayoutUnknown"
    LABELS_CONTRADICT = "LabelsContradict"
    SHARES_EXCEED_CARD = "SharesExceedCard"
    MORE_THAN_OWNED = "MoreThanOwned"
    OVER_ALLOCATED = "OverAllocated"
    BILL_UNAVAILABLE = "BillUnavailable"
    BILL_MALFORMED = "BillMalformed"
    BILL_PENDING = "BillPending"
    BILL_LATE = "BillLate"
    NOT_IN_BILL = "NotInBill"
    SOURCE_NOT_EVALUATED = "SourceNotEvaluated"
    SOURCE_NOT_USED = "SourceNotUsed"
    CREDENTIAL_INVALID = "CredentialInvalid"
    URL_REFUSED = "UrlRefused"
    GROUPING_REFUSED = "GroupingRefused"
    NO_EXCHANGE_RATE = "NoExchangeRate"
    METER_UNAVAILABLE = "MeterUnavailable"
    NO_SERVING_TIME = "NoServingTime"
    SIZES_UNKNOWN = "SizesUnknown"


class Refusal(StrEnum):
    """Why a claim or a whole workload is not accepted."""

    UNIT_NOT_FOUND = "UnitNotFound"
    UNIT_NOT_GRANTED = "UnitNotGranted"
    SOURCE_NOT_FOUND = "SourceNotFound"
    GRANT_MISSING = "GrantMissing"
    CLAIMED_BY_ANOTHER = "ClaimedByAnother"


class ConditionReason(StrEnum):
    """Why a condition is as it is, or an Event is told, where that is neither missing data nor a refused claim."""

    ACCEPTED = "Accepted"
    INVALID_SPEC = "InvalidSpec"
    PARENT_CYCLE = "ParentCycle"
    COMPLETE = "Complete"
    GRANTED = "Granted"
    NO_CONFLICT = "NoConflict"
    DEFAULT_OF_ANOTHER = "DefaultOfAnother"
    RESERVED_BY_ANOTHER = "ReservedByAnother"
    FIELD_NOT_EVALUATED = "FieldNotEvaluated"
    RECEIVER_NOT_FOUND = "ReceiverNotFound"
    NOTHING_TO_DIVIDE_BY = "NothingToDivideBy"
    WITHIN_BUDGET = "WithinBudget"
    OVER_BUDGET = "OverBudget"
    SERVER_NOT_FOUND = "ServerNotFound"
    SERVER_METERED_TWICE = "ServerMeteredTwice"
    RECHARGE_CYCLE = "RechargeCycle"
    RECOMMENDED = "Recommended"
    RERATED = "Rerated"
    HOSTS_INCLUDED = "HostsIncluded"


class CheckReason(StrEnum):
    """What a month's check-list says beside missing data."""

    HOURS_NOT_SETTLED = "HoursNotSettled"
    BILL_INCOMPLETE = "BillIncomplete"
    INVOICE_MISSING = "InvoiceMissing"
    EXCHANGE_RATE = "ExchangeRate"
    UNCLAIMED = "Unclaimed"


Reason: TypeAlias = GapReason | Refusal | ConditionReason | CheckReason
"""Every reason that a condition, an Event or a month's check-list may have."""
