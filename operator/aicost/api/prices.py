"""PriceBook: what things cost where no bill says it. One per cluster, named `default`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from aicost.api.definition import AGE, Column, Definition, Resource
from aicost.api.lists import KeyedBy
from aicost.api.model import Model, Rule
from aicost.api.price_entries import Compute, ExchangeRate, Gpu, MigShare, OwnedCards, TokenPrices
from aicost.api.prices_status import PricesStatus
from aicost.api.scalars import CurrencyCode, Flag

SINGLETON = "default"


class PricesSpec(Model):
    """Prices in one currency. The latest rate that has begun applies; before the first there is no price."""

    currency: CurrencyCode
    """Currency of every price here, an ISO 4217 code. Also of the root units that name none. Example: `USD`."""
    built_in_prices: Flag = True
    """Whether aicost's own dated list prices apply where nothing here does: their cost is `estimated`, and the
    gap `BuiltInPrice` says so. They are in USD, of public clouds on demand, host included. Default: `true`."""
    gpus: Annotated[tuple[Gpu, ...], Field(max_length=200)] = ()
    """Prices of GPUs by model. Of several entries that fit, the one with most node labels wins, then the first."""
    owned: Annotated[tuple[OwnedCards, ...], Field(max_length=100), KeyedBy("name")] = ()
    """GPUs that were bought. (capex - residual) / months + opexPerMonth accrues every month, even while a card is absent:
    that part is idle. These cards are priced by it, not by `gpus`."""
    mig: Annotated[tuple[MigShare, ...], Field(max_length=200), KeyedBy("model", "profile")] = ()
    """Share of a card that a MIG instance costs, only where it should differ from the computed one: the card's other instances
    divide what is left. Shares that exceed the card park its cost."""
    compute: Annotated[tuple[Compute, ...], Field(max_length=100), KeyedBy("start")] = ()
    """Prices of CPU and memory of nodes with GPUs whose price leaves them out (`includesHost: false`). Of other nodes
    they are general cost of the cluster, which aicost does not charge."""
    tokens: TokenPrices | None = None
    """Prices of tokens, where the list price is not yours: for what is used and not billed yet. The bill takes its place."""
    exchange_rates: Annotated[tuple[ExchangeRate, ...], Field(max_length=1000), KeyedBy("start", "currency")] = ()
    """Dated rates of other currencies: a rate is in force until the next of its currency begins. Bills in them are converted
    by it, and units that have them are told in them. The ledger keeps what was billed."""

    rules = (
        Rule(
            "!has(self.exchangeRates) || self.exchangeRates.all(rate, rate.currency != self.currency)",
            "remove the PriceBook's own currency from exchangeRates: its rate is 1",
            lambda spec: all(rate.currency != spec.currency for rate in spec.exchange_rates),
        ),
    )


class PriceBook(Resource):
    """What GPUs, CPU, memory and tokens cost where no bill says it, and exchange rates.

    This version evaluates GPUs, CPU and memory of their nodes, tokens, and exchange rates.

    There is one per cluster, named `default`. Status holds what is priced and what has no price.
    """

    kind: Literal["PriceBook"]
    spec: PricesSpec
    """Prices in one currency, dated."""
    status: PricesStatus | None = None
    """What is priced and what has no price, written by the operator."""

    rules = (
        Rule(
            f"self.metadata.name == '{SINGLETON}'",
            "name the PriceBook default and put all prices into it: a cluster has one",
            lambda book: book.metadata.name == SINGLETON,
        ),
    )
    definition: ClassVar[Definition] = Definition(
        kind="PriceBook",
        plural="pricebooks",
        short_names=("pb",),
        scope="Cluster",
        columns=(
            Column("Currency", ".spec.currency", "Currency of every price."),
            Column("Priced", ".status.summary.priced", "Things in use that have a price.", "integer"),
            Column("Missing", ".status.summary.missing", "Things in use that have none.", "integer"),
            Column("State", ".status.summary.state", "OK, Missing or Invalid."),
            AGE,
            Column(
                "Estimated",
                ".status.summary.builtIn",
                "Things with a built-in list price only.",
                "integer",
                wide=True,
            ),
            Column("BuiltIn", ".spec.builtInPrices", "Whether built-in list prices apply.", wide=True),
        ),
    )
