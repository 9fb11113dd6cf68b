"""The cards that nodes have now: which product each is, what it costs now, and whether it is shared. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from aicost.cli.doctor.checks.unknown import untold
from aicost.cli.doctor.facts import ClusterFacts, Unknown
from aicost.cli.doctor.findings import Finding, missing, ok, warn
from aicost.cluster.nodes import SeenNode
from aicost.core.cards import CONTRADICTORY, UNCOUNTED, Cards
from aicost.core.meanings import MEANINGS
from aicost.core.money import decimal
from aicost.core.prices import PriceBook, PricedBy
from aicost.core.products import AS_OF, model_of
from aicost.core.reasons import GapReason
from aicost.core.window import Instant, date

_SHOWN = 3
_NONE = "Nothing, if there should be none. Else install NVIDIA's device plugin and GPU Feature Discovery."
Held = tuple[SeenNode, Cards]


def cards(cluster: ClusterFacts, now: Instant) -> Iterator[Finding]:
    """A finding for each product, for nodes that name none, and for nodes that share their cards."""
    if isinstance(cluster.nodes, Unknown):
        yield untold("GPU nodes", cluster.nodes)
        return
    with_cards = [(node, cards) for node in cluster.nodes for cards in node.cards]
    if not with_cards:
        yield warn("GPU nodes", f"none of {len(cluster.nodes)} nodes shows a GPU", _NONE)
        return
    named = {node.ref for node, _ in with_cards}
    yield ok("GPU nodes", f"{len(named)} of {len(cluster.nodes)} nodes, {_count(with_cards)} cards")
    products: dict[str, list[Held]] = defaultdict(list)
    for held in with_cards:
        products[held[1].product].append(held)
    if nameless := products.pop("", []):
        yield missing(
            "GPU nodes without a product", f"{_nodes(nameless)}: no label tells it", MEANINGS[GapReason.NO_PRODUCT][1]
        )
    book = cluster.declared.translated.declared.prices
    for product, of in sorted(products.items()):
        yield priced(product, of, book, now)
    yield from shared([held for held in with_cards if held[1].sharing])


def shared(cut: Sequence[Held]) -> Iterator[Finding]:
    """Whether it is known into what cards are cut, and how many they are."""
    unknown = [held for held in cut if not held[1].slots]
    for reason in (GapReason.LABELS_CONTRADICT, GapReason.LAYOUT_UNKNOWN):
        contradict = reason is GapReason.LABELS_CONTRADICT
        if of := [held for held in unknown if (held[1].sharing == CONTRADICTORY) is contradict]:
            meaning, remedy = MEANINGS[reason]
            yield missing("GPU nodes that share cards", f"{_nodes(of)}: {meaning}", remedy)
    if uncounted := [held for held in cut if held[1].sharing == UNCOUNTED]:
        found = f"{_nodes(uncounted)}: no label counts cards with MIG strategy single; dcgm-exporter's series do, once an hour is told"
        yield warn("GPU nodes that share cards", found, MEANINGS[GapReason.LAYOUT_UNKNOWN][1])
    elif cut and not unknown:
        ways = ", ".join(sorted({held[1].sharing for held in cut}))
        yield ok("GPU nodes that share cards", f"{_nodes(cut)} ({ways}): each device is charged its share of a card")


def priced(product: str, of: Sequence[Held], book: PriceBook | None, now: Instant) -> Finding:
    """What the PriceBook says of the product's cards on their nodes at this moment."""
    model = model_of(product)
    check = f"Price of {product}"
    prices = {node.ref.name: book.gpu(model, node.labels, now) if book else None for node, _ in of}
    bare = [held for held in of if prices[held[0].ref.name] is None]
    named = f"model {model}" if model != product else f"no model in the table of {AS_OF}, priced by its own name"
    if bare:
        found = f"{named}: no price today for {_count(bare)} cards on {_nodes(bare)}"
        rate = f'{{model: {model}, rates: [{{from: "{date(now)}", perHour: "..."}}]}}'
        return missing(check, found, f"Add to the PriceBook's gpus, from when it is to be charged: {rate}")
    rates = sorted({f"{decimal(of.per_hour.nanos)} {of.per_hour.currency}" for of in prices.values() if of})
    found = f"{named}: {_count(of)} cards at {', '.join(rates)} an hour"
    if any(price and price.by is PricedBy.BUILT_IN for price in prices.values()):
        return warn(check, f"{found}, by a built-in list price", MEANINGS[GapReason.BUILT_IN_PRICE][1])
    return ok(check, found)


def _count(held: Iterable[Held]) -> int:
    return sum(cards.count for _, cards in held)


def _nodes(held: Iterable[Held]) -> str:
    names = sorted({node.ref.name for node, _ in held})
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
