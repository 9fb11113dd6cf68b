"""Advice as tables: by unit with the largest saving first, sums never stacked; and what is not advised, with why. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from aicost.core.money import decimal
from aicost.core.recommendations.promises import Demand
from aicost.core.texts import seen
from aicost.reports.advice import AdviceDocument, Advised, Item, Past
from aicost.reports.layout import Style, Table, section

HEADERS = ("UNIT", "WORKLOAD", "ADVICE", "AT LEAST", "AT MOST", "CURRENCY", "EFFECT", "BASIS")
PAST = "Promised and realised in a month of 730 hours, by the days since the change was made"
PAST_HEADERS = (
    *("WORKLOAD", "ADVICE", "SINCE", "ENDED", "MADE"),
    *("AT LEAST", "AT MOST", "REALISED", "LOAD", "DAYS", "CURRENCY"),
)
TITLE = "Advice, by what it saves in a month of 730 hours"


def render_advice(document: AdviceDocument, style: Style, *, why: bool = False) -> str:
    """The whole page: sums and advice by unit, what to change for each, and with `why` what is not advised."""
    where = f" in cluster {document.cluster}" if document.cluster else ""
    workloads = [each for each in document.workloads if each.advice]
    parts = []
    if workloads:
        parts += [section(f"{TITLE}{where}", *advice_table(workloads), style=style), *_details(workloads, style)]
    else:
        parts.append(f"nothing is advised{where}")
    if table := past_table(document.history)[1]:
        parts.append(section(PAST, PAST_HEADERS, table, style=style))
    if why:
        parts.append(_refusals(document.workloads, style))
    return "\n\n".join(parts)


def advice_table(workloads: Sequence[Advised]) -> Table:
    """Units by what they could save, in each the largest advice first; what is in brackets is in no sum."""
    rows: list[tuple[str, ...]] = []
    for (unit, currency), mine in _by_unit(workloads):
        low, high = sum(each.low for each in mine), sum(each.high for each in mine)
        rows.append((unit, "", "", decimal(low), decimal(high), currency, "", ""))
        items = [(of, item) for of in mine for item in of.advice]
        rows += (_row(of, item) for of, item in sorted(items, key=_rank))
    return HEADERS, rows


def past_table(history: Iterable[Past]) -> Table:
    """What ended or was followed, the latest first; what is only told still stands above."""
    past = [each for each in history if each.ended or each.made]
    rows = [
        (
            str(each.ref),
            each.id,
            each.since,
            each.ended or "still told",
            each.made or "not seen",
            decimal(each.low),
            decimal(each.high),
            "not known" if each.realised is None else decimal(each.realised),
            _load(each.load),
            str(each.days),
            each.currency,
        )
        for each in sorted(past, key=lambda each: (each.since, str(each.ref), each.id), reverse=True)
    ]
    return PAST_HEADERS, rows


def _load(of: Demand | None) -> str:
    """What was asked of it since, held against what was asked before."""
    if of is None:
        return "not compared"
    return f"{of.after * 100 // of.before} % of {of.unit}" if of.before else f"{of.after} {of.unit}, none before"


def _by_unit(workloads: Iterable[Advised]) -> list[tuple[tuple[str, str], list[Advised]]]:
    units: dict[tuple[str, str], list[Advised]] = defaultdict(list)
    for each in workloads:
        if each.advice:
            units[each.unit, each.currency].append(each)
    return sorted(units.items(), key=lambda unit: (-sum(each.low for each in unit[1]), unit[0]))


def _rank(of: tuple[Advised, Item]) -> tuple[int, int, str, str]:
    advised, item = of
    return -item.low, -item.high, str(advised.ref), item.told.id


def _row(of: Advised, item: Item) -> tuple[str, ...]:
    amounts = decimal(item.low), decimal(item.high)
    shown = tuple(f"({each})" for each in amounts) if item.alternative_to else amounts
    return "", str(of.ref), item.told.id, *shown, of.currency, item.told.effect, item.told.basis


def _details(workloads: Iterable[Advised], style: Style) -> list[str]:
    told = sorted(((of, item) for of in workloads for item in of.advice), key=_rank)
    return [_detail(of, item, style) for of, item in told]


def _detail(of: Advised, item: Item, style: Style) -> str:
    """What to change, why, what must be true first, and the patch."""
    told = item.told
    title = f"{of.ref}: {told.id}"
    lines = [
        f"{told.target.kind} {told.target.name}: {told.current} -> {told.proposed}",
        told.reason,
        *(f"requires: {each}" for each in told.requires),
        *([f"instead of {item.alternative_to}, not beside it"] if item.alternative_to else []),
        f"seen in {told.evidence.window}: {_numbers(item)}",
    ]
    if style == "table":
        return "\n".join([title, *(f"  {seen(line)}" for line in lines)])
    patch = f"\n\n```yaml\n{told.patch}```" if told.patch else ""
    return "\n".join([f"### {title}", "", *(f"- {_plain(line)}" for line in lines)]) + patch


def _numbers(item: Item) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(item.told.evidence.numbers.items())) or "no numbers"


def _plain(line: str) -> str:
    """As Markdown that shows the text itself."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|" else letter for letter in seen(line))


def _refusals(workloads: Iterable[Advised], style: Style) -> str:
    rows = [(str(of.ref), each.kind, each.target, each.reason, each.message) for of in workloads for each in of.refused]
    if not rows:
        return "nothing that was looked at was refused"
    return section("Not advised", ("WORKLOAD", "LEVER", "TARGET", "REASON", "WHY"), rows, style=style)
