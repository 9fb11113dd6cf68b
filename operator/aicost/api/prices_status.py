"""The status of a PriceBook: which things in use have a price, and which have none."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from aicost.api.accounts import Decimal
from aicost.api.conditions import Status
from aicost.api.model import Model
from aicost.api.scalars import Count, Date, Instant

Priceable: TypeAlias = Literal["GPU", "Compute", "Tokens", "Usage", "Currency"]
ItemName: TypeAlias = Annotated[str, Field(max_length=256)]


class PricesSummary(Model):
    """What the columns print."""

    priced: Count | None = None
    """How many things in use have a price, built-in ones included."""
    missing: Count | None = None
    """How many have none."""
    built_in: Count | None = None
    """How many have, on some nodes at least, only a built-in list price."""
    state: Literal["OK", "Missing", "Invalid"] | None = None
    """`OK`; `Missing`: something in use has no price, its cost is a gap; `Invalid`: the spec cannot be used, see the
    condition `Ready`."""


class TokenRates(Model):
    """Prices of 1,000,000 tokens, discounts taken off, rounded to a nano-unit. What is absent has none of its own."""

    input: Decimal | None = None
    """Input that is neither read from nor written to a cache."""
    cached_input: Decimal | None = None
    """Input that is read from a cache."""
    cache_write: Decimal | None = None
    """Input that is written to a cache."""
    cache_write_long: Decimal | None = None
    """Input that is written to a cache which keeps it for an hour or longer."""
    output: Decimal | None = None
    """Output, reasoning included."""
    audio_input: Decimal | None = None
    """Audio of the input that is not read from a cache."""
    cached_audio_input: Decimal | None = None
    """Audio of the input that is read from a cache."""
    audio_output: Decimal | None = None
    """Audio of the output."""
    image_input: Decimal | None = None
    """Images of the input that are not read from a cache."""
    cached_image_input: Decimal | None = None
    """Images of the input that are read from a cache."""
    image_output: Decimal | None = None
    """Images of the output."""


class PricedItem(Model):
    """Something in use that has a price."""

    kind: Priceable
    """What it is: `GPU`, `Compute`, `Tokens`, `Usage` (what is not paid by token) or `Currency`."""
    name: ItemName
    """Its name. Example: `H100-80GB`, `openai/gpt-6-sol`, `openai/dall-e-3: images`, `EUR`."""
    price: Decimal | None = None
    """The price that applies now, where it is a single number: absent where nodes have different ones."""
    unit: Annotated[str, Field(max_length=63)] | None = None
    """What the price is for. Example: `card hour`."""
    per_million: TokenRates | None = None
    """Of tokens: the prices that applied last, of requests of the usual length."""
    since: Date | None = None
    """First UTC day of that price; of a built-in one the day on which it was read."""
    origin: Literal["Declared", "Owned", "BuiltIn"]
    """Where it comes from: a rate here, `owned`, or aicost's own list."""
    source: Annotated[str, Field(max_length=256)] | None = None
    """Of a built-in price: whose list price it is. Example: `AWS g6.xlarge, on demand`."""


class MissingItem(Model):
    """Something in use that has no price. Its cost is a gap, not zero."""

    kind: Priceable
    """What it is: `GPU`, `Compute`, `Tokens`, `Usage` (what is not paid by token) or `Currency`."""
    name: ItemName
    """The name to add to the PriceBook. Example: `L40S-48GB`."""
    quantity: Annotated[str, Field(max_length=128)] | None = None
    """How much is not priced, month to date. Example: `24 card hours`."""
    since: Instant | None = None
    """Since when it is in use without a price."""
    message: Annotated[str, Field(max_length=1024)] | None = None
    """Where to add it."""


class Rerated(Model):
    """An edit that changed prices of time that was charged already: open months were rated anew, closed ones never are."""

    at: Instant
    """When the edit was evaluated."""
    since: Instant
    """From when on something has another price, within the months that are open."""
    changes: Annotated[tuple[Annotated[str, Field(max_length=512)], ...], Field(max_length=11)]
    """What has which price now, and which it had before; at most 10, and how many more there are.
    Example: `H100-80GB: 4.00 USD an hour before, 8.00 USD an hour now, from 2026-11-01`."""


class PricesStatus(Status):
    """What is priced and what has no price, written by the operator."""

    summary: PricesSummary | None = None
    """What the columns print."""
    priced: Annotated[tuple[PricedItem, ...], Field(max_length=200)] = ()
    """Things in use that have a price, at most 200."""
    missing: Annotated[tuple[MissingItem, ...], Field(max_length=200)] = ()
    """Things in use that have none, at most 200."""
    rerated: Rerated | None = None
    """The latest edit that rated open months anew. Absent where there was none."""
