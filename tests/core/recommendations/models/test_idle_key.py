"""DropIdleKey: only of a key that was there all the time, over days that somebody told of."""

from __future__ import annotations

from dataclasses import replace

from aicost.core.bills import BillDay, bill_entries
from aicost.core.declarations import Source, UsageClaim, Workload
from aicost.core.identity import WorkloadRef
from aicost.core.ledger import Entry
from aicost.core.recommendations.advice import Advice, Answer, Refused
from aicost.core.recommendations.models.idle_key import idle_keys, keys_seen
from aicost.core.usage import Tokens, UsageRow
from aicost.core.window import DAY, Window
from tests.support.builders import a_row, at, dims, ownership, usd

WEEK = Window(at(0), at(7 * DAY))
SOURCES = {"openai": Source("openai", "OpenAI", "Bill"), "gateway": Source("gateway", "LiteLLM", "Refine")}
CHAT = WorkloadRef("support", "chat")


def asked(
    keys_used: dict[int, str], *, source: str = "openai", since: int = -DAY, billed: tuple[Entry, ...] = ()
) -> list[Answer]:
    """A workload claims key `k`; on each day a key was used, or without a name something by nobody knows which."""
    workload = Workload(CHAT, "care", at(since), usage=(UsageClaim(source, dims(apiKey="k")),))
    rows = [
        UsageRow(
            source,
            Window(at(day * DAY), at((day + 1) * DAY)),
            dims(model="m", **({"apiKey": key} if key else {})),
            Tokens(1),
        )
        for day, key in keys_used.items()
    ]
    return list(idle_keys(workload, SOURCES, lambda: keys_seen(rows, billed), WEEK, "USD"))


def test_a_key_that_nobody_used_all_week_is_named() -> None:
    """It saves nothing, and says so."""
    (answer,) = asked(dict.fromkeys(range(7), "other"))
    assert isinstance(answer, Advice)
    assert (answer.saving.high, answer.current) == (0, "key k")
    assert answer.id == "drop-idle-key-usagesource-openai-k"


def test_a_day_of_which_nobody_told_says_nothing_of_the_key() -> None:
    """Missing is not zero."""
    (answer,) = asked(dict.fromkeys(range(6), "other"))
    assert isinstance(answer, Refused)
    assert "6 of 7" in answer.message


def test_usage_that_is_not_told_by_key_says_nothing_of_the_key() -> None:
    """A provider that refuses the grouping tells of projects only: on one such day the key may have been used."""
    for unknown in range(1, 8):
        (answer,) = asked({**dict.fromkeys(range(7), "other"), **dict.fromkeys(range(unknown), "")})
        assert isinstance(answer, Refused)
        assert f"{7 - unknown} of 7" in answer.message


def test_a_key_of_which_something_was_billed_is_in_use() -> None:
    """Images and searches are in no report of tokens."""
    row = a_row(usd(1), project="p", apiKey="k", lineItem="images")
    day = BillDay("openai", "openai", Window(at(0), at(DAY)), (row,))
    entries, _ = bill_entries((day,), ownership())
    assert asked(dict.fromkeys(range(7), "other"), billed=entries) == []
    other = bill_entries((replace(day, source="other"),), ownership())[0]
    assert len(asked(dict.fromkeys(range(7), "other"), billed=other)) == 1


def test_used_new_and_other_keys_are_none() -> None:
    """One request is use; a key that was claimed within the week may be for tomorrow; a gateway's keys are its own."""
    assert asked({**dict.fromkeys(range(7), "other"), 3: "k"}) == []
    assert asked(dict.fromkeys(range(7), "other"), since=1) == []
    assert asked(dict.fromkeys(range(7), "other"), source="gateway") == []
