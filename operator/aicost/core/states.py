"""The closed set of words that the column STATE has. docs/reference/reasons.md is made from it."""

from __future__ import annotations

STATES: dict[str, tuple[str, str]] = {
    "OK": ("Nothing is missing, refused or over its budget.", "Nothing."),
    "Warn": ("80 percent of the budget are spent.", "Look at what costs most: `aicost report`."),
    "Over": ("More than the budget is spent. aicost stops nothing.", "Spend less, or raise the budget."),
    "Partial": (
        "Data is missing, so that the cost may be too small.",
        "Read status.gaps and the condition DataAvailable: their reason stands below.",
    ),
    "Conflict": ("Another workload wins pods or usage that this one claims too.", "Read the condition Conflict."),
    "Denied": ("A claim, or the whole workload, is not granted.", "Read the condition ClaimDenied."),
    "Pending": ("The source was not read yet.", "Wait for the first poll after a start."),
    "Refused": (
        "The source's credential or URL is not accepted, or the cost that it would divide.",
        "Read the condition DataAvailable, and RechargeRefused of a meter.",
    ),
    "Unread": (
        "This version reads no source of that type, role or preset.",
        "Nothing is counted from it: remove it or wait.",
    ),
    "Missing": ("Something in use has no price: its cost is a gap, not zero.", "Add what status.missing names."),
    "Invalid": ("The spec cannot be used.", "Read the condition Ready: its message says what to correct."),
}
"""The words of the column STATE, all kinds together, with what to do about each."""
