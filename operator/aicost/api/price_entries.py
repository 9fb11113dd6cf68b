"""The entries of a PriceBook: GPUs, owned cards, MIG shares, CPU and memory, tokens, exchange rates."""

from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import Field, StrictInt

from aicost.api.lists import KeyedBy, at_least_one
from aicost.api.model import Model, Rule
from aicost.api.scalars import Amount, CurrencyCode, Date, Flag, Fraction, Key, Percent, PositiveAmount, matching
from aicost.api.selectors import NodeSelector, SomeNodes

GpuModel: TypeAlias = Annotated[str, Field(min_length=1, max_length=63)]
Provider: TypeAlias = Annotated[
    str,
    Field(max_length=63),
    matching("[a-z0-9]([-a-z0-9_]*[a-z0-9])?", "name the provider in lower case, such as openai or anthropic"),
]
HourlyPrice: TypeAlias = Annotated[
    str,
    Field(max_length=17),
    matching(
        r"[0-9]{1,7}(\.[0-9]{1,9})?",
        'write the price of one card for one hour in quotes, zero or more, such as "4.00": '
        "at most 7 digits before and 9 after the point, no sign, exponent or currency",
    ),
]
"""Bounded so that an hour of 900 cards on one node still fits the 64 bits in which the ledger keeps nano-units."""
Start: TypeAlias = Annotated[Date, Field(alias="from")]


class GpuRate(Model):
    """Price of a card from a day on."""

    start: Start
    """First UTC day of the price. Example: `"2026-01-01"`."""
    per_hour: HourlyPrice
    """Price of a whole card for an hour, a decimal string below 10,000,000. Example: `"4.00"`."""


class Gpu(Model):
    """Prices of one GPU model, on some nodes or all."""

    model: GpuModel
    """Model and memory, as `aicost doctor` names the cards that it finds. Example: `H100-80GB`."""
    nodes: NodeSelector | None = None
    """Nodes that the prices are for. Default: all."""
    includes_host: Flag = True
    """Whether the price covers the node's CPU and memory, as cloud prices of GPU machines do. Default: `true`.
    Where it does not, they cost what `compute` says: pods take the larger of request and use, the rest is idle."""
    rates: Annotated[
        tuple[GpuRate, ...],
        Field(max_length=100),
        KeyedBy("start"),
        at_least_one("list at least one rate, or leave the entry out: a card without a price is not free"),
    ]
    """The price and its changes."""


class OwnedCards(Model):
    """Cards that were bought together. Cost per month = (capex - residual) / months + opexPerMonth."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """Name of the asset, unique in the list. Example: `dgx`."""
    model: GpuModel
    """Model and memory of the cards. Example: `H100-80GB`."""
    nodes: SomeNodes
    """Nodes that the cards are in."""
    count: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    """How many cards were bought. Where nodes show more, the cost is parked. Example: `64`."""
    start: Start
    """First UTC day of use. Example: `"2025-07-01"`."""
    months: Annotated[StrictInt, Field(ge=1, le=240)]
    """Months over which the price is spread, 1 to 240. Example: `48`."""
    capex: Amount
    """What all cards together cost, a decimal string. Example: `"2400000"`."""
    residual: Amount = "0"
    """What they will be worth at the end, a decimal string. Default: `"0"`."""
    opex_per_month: Amount = "0"
    """Power, space, support for all of them per month, a decimal string. Default: `"0"`."""
    includes_host: Flag = True
    """Whether that covers the nodes' CPU and memory. Default: `true`. Where it does not, `compute` prices them."""

    rules = (
        Rule(
            "quantity(self.residual).compareTo(quantity(self.capex)) <= 0",
            "lower residual: cards cannot be worth more at the end than they cost (capex)",
            lambda cards: Decimal(cards.residual) <= Decimal(cards.capex),
        ),
    )


class MigShare(Model):
    """Share of a card that an instance of a MIG profile costs."""

    model: GpuModel
    """Model and memory of the card. Example: `A100-80GB`."""
    profile: Annotated[
        str,
        Field(max_length=63),
        matching(
            r"([1-9]c\.)?[1-9]g\.[1-9][0-9]{0,3}gb([+.-][a-z]+)*",
            "write the profile as NVIDIA names it, such as 3g.40gb or 1g.10gb+me",
        ),
    ]
    """MIG profile, as NVIDIA or as Kubernetes names it: `1g.10gb+me` and `1g.10gb.me` are the same. Example: `3g.40gb`."""
    share: Fraction
    """Share of the card's price, greater than 0 and at most 1, a decimal string. Example: `"0.5"`."""


class Compute(Model):
    """Prices of CPU and memory from a day on."""

    start: Start
    """First UTC day of the prices. Example: `"2026-01-01"`."""
    cpu_core_hour: Amount
    """Price of a core for an hour, a decimal string. Example: `"0.03"`."""
    memory_gi_b_hour: Annotated[Amount, Field(alias="memoryGiBHour")]
    """Price of a GiB of memory for an hour, a decimal string. Example: `"0.004"`."""


class Discount(Model):
    """A discount on a provider's list prices from a day on."""

    provider: Provider
    """The provider. Example: `anthropic`."""
    model: Key = "*"
    """The model, or `*` for all of the provider's. Default: `*`."""
    start: Start
    """First UTC day of the discount. Example: `"2026-01-01"`."""
    percent: Percent
    """Discount in percent, a decimal string. Example: `"12"`."""


class PerMillion(Model):
    """Prices of 1,000,000 tokens, decimal strings. What is absent has the list price."""

    input: Amount | None = None
    """Input that is neither read from nor written to a cache. Example: `"2"`."""
    cached_input: Amount | None = None
    """Input that is read from a cache. Example: `"0.2"`."""
    cache_write: Amount | None = None
    """Input that is written to a cache. Example: `"2.5"`."""
    cache_write_long: Amount | None = None
    """Input that is written to a cache which keeps it for an hour or longer; as other writes, where no price is known. Example: `"4"`."""
    output: Amount | None = None
    """Output, reasoning included. Example: `"10"`."""
    audio_input: Amount | None = None
    """Audio of the input that is not read from a cache. Without a price it is a gap, never text. Example: `"32"`."""
    cached_audio_input: Amount | None = None
    """Audio of the input that is read from a cache; as other audio of it, where no price is known. Example: `"0.4"`."""
    audio_output: Amount | None = None
    """Audio of the output. Without a price it is a gap, never text. Example: `"64"`."""
    image_input: Amount | None = None
    """Images of the input that are not read from a cache; as text, where no price is known. Example: `"8"`."""
    cached_image_input: Amount | None = None
    """Images of the input that are read from a cache; as other images, else as text, where no price is known. Example: `"2"`."""
    image_output: Amount | None = None
    """Images of the output; as text, where no price is known. Example: `"32"`."""

    rules = (
        Rule(
            "has(self.input) || has(self.cachedInput) || has(self.cacheWrite) || has(self.cacheWriteLong) || has(self.output)"
            " || has(self.audioInput) || has(self.cachedAudioInput) || has(self.audioOutput)"
            " || has(self.imageInput) || has(self.cachedImageInput) || has(self.imageOutput)",
            "give at least one of input, output and the other prices",
            lambda price: bool(price.to_wire()),
        ),
    )


class ImagePrice(Model):
    """Price of an image of one size."""

    size: Annotated[
        str,
        Field(max_length=11),
        matching("[0-9]{1,5}x[0-9]{1,5}", "write width and height as the provider does, such as 1024x1024"),
    ]
    """Width and height in pixels, as the provider's usage tells them. Example: `1024x1024`."""
    image: Amount
    """An image of that size, a decimal string. Example: `"0.04"`."""


class PerUnit(Model):
    """Prices of what is not paid by token, decimal strings. What is absent has the list price, if there is one."""

    image: Amount | None = None
    """An image, of any size that `imagesBySize` does not have. Usage tells no quality. Example: `"0.04"`."""
    images_by_size: (
        Annotated[
            tuple[ImagePrice, ...],
            Field(max_length=10),
            KeyedBy("size"),
            at_least_one("list at least one size, or leave the list out: images without a price are not free"),
        ]
        | None
    ) = None
    """Images of sizes that cost more, or less, than `image`. What names no size has no such price."""
    audio_minute: Amount | None = None
    """A minute of audio that is transcribed. Example: `"0.006"`."""
    million_characters: Amount | None = None
    """1,000,000 characters that are spoken. Example: `"15"`."""
    web_search: Amount | None = None
    """A search of the web. Example: `"0.01"`."""
    file_search: Amount | None = None
    """A search of files. Usage names no model: give it with model `*`. Example: `"0.0025"`."""
    code_interpreter_session: Amount | None = None
    """A session of the code interpreter. Usage names no model: give it with model `*`. Example: `"0.03"`."""
    vector_store_gi_b_day: Annotated[Amount | None, Field(alias="vectorStoreGiBDay")] = None
    """A GiB in a vector store for a day. Usage names no model: give it with model `*`. Example: `"0.10"`."""

    rules = (
        Rule(
            "has(self.image) || has(self.imagesBySize) || has(self.audioMinute) || has(self.millionCharacters)"
            " || has(self.webSearch) || has(self.fileSearch) || has(self.codeInterpreterSession) || has(self.vectorStoreGiBDay)",
            "give at least one price, such as image",
            lambda price: bool(price.to_wire()),
        ),
    )


class Override(Model):
    """Your own prices of a provider's model from a day on."""

    provider: Provider
    """The provider. Example: `openai`."""
    model: Key
    """The model as the provider names it, or `*` for all of the provider's. Example: `gpt-6-sol`."""
    start: Start
    """First UTC day of the prices. Example: `"2026-11-01"`."""
    per_million: PerMillion | None = None
    """Prices of 1,000,000 tokens."""
    per_unit: PerUnit | None = None
    """Prices of what is not paid by token: images, audio, searches."""

    rules = (
        Rule(
            "has(self.perMillion) || has(self.perUnit)",
            "give perMillion, perUnit or both",
            lambda override: override.per_million is not None or override.per_unit is not None,
        ),
    )


class TokenPrices(Model):
    """Prices of tokens, where the list price is not yours. An override is not discounted."""

    discounts: Annotated[tuple[Discount, ...], Field(max_length=200), KeyedBy("provider", "model", "start")] = ()
    """Discounts on list prices. A model's own wins over `*`."""
    overrides: Annotated[tuple[Override, ...], Field(max_length=500), KeyedBy("provider", "model", "start")] = ()
    """Prices that replace the list price."""


class ExchangeRate(Model):
    """Rate of another currency from a day on."""

    start: Start
    """First UTC day of the rate. Example: `"2026-11-01"`."""
    currency: CurrencyCode
    """The other currency. Example: `EUR`."""
    rate: PositiveAmount
    """What one unit of it costs in the PriceBook's currency, a decimal string. Example: `"1.08"`."""
