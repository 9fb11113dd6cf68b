"""What every reason means, in words for users. docs/reference/reasons.md is made from it."""

from __future__ import annotations

from aicost.core.reasons import CheckReason, ConditionReason, GapReason, Reason, Refusal

MEANINGS: dict[Reason, tuple[str, str]] = {
    GapReason.NO_PRICE: (
        "No price covers the card's model on that node at that time.",
        "Add the model to the PriceBook's `gpus`, with a rate that begins early enough.",
    ),
    GapReason.BUILT_IN_PRICE: (
        "No declared price covers the cards: what they cost is estimated by a built-in list price, and is in the total.",
        "Add your own price to the PriceBook's `gpus`; open months are then rated anew. `builtInPrices: false` ends it.",
    ),
    GapReason.NO_TOKEN_PRICE: (
        "The bill of a day is not in, and no price covers the model that was used: its tokens are in no total.",
        "Wait for the bill, or add the model to the PriceBook's `tokens.overrides`. Its `status.missing` names it.",
    ),
    GapReason.NO_AUDIO_PRICE: (
        "The bill of a day is not in, and the price of a model that was used has no rate for audio, or more audio is told than its tokens have room for: those tokens are in no total.",
        "Wait for the bill, or add audioInput and audioOutput to `perMillion` of the PriceBook's `tokens.overrides`. Its `status.missing` names them.",
    ),
    GapReason.NO_USAGE_PRICE: (
        "The bill of a day is not in, and no price covers what was used and is not paid by token, such as images: it is in no total.",
        "Wait for the bill, or add a price to `perUnit` of the PriceBook's `tokens.overrides`. Its `status.missing` names it.",
    ),
    GapReason.USAGE_ESTIMATED: (
        "The provider's bill of a day is not in, or not whole: what was used beyond it is estimated at its price.",
        "Nothing: the bill takes its place. Of a gateway whose bill nobody declared, add a UsageSource of role Bill.",
    ),
    GapReason.TIER_UNCERTAIN: (
        "What is estimated has a price that may be another's: of long requests, of images, of audio that a cache gave, of a tier or of a region that the list does not tell apart.",
        "Nothing: the bill takes its place.",
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
    GapReason.NO_CLAIM_HISTORY: (
        "ResourceClaims hand out the node's cards, and no series tells who held them before aicost watched claims.",
        "Nothing: these cards' hours are counted in the gap, without an amount, until their month is closed.",
    ),
    GapReason.NO_HOST_HISTORY: (
        "What CPU and memory a node has is not known, nor who took of it, and no price of its GPUs includes them.",
        "Check that Prometheus answers and scrapes kube-state-metrics: `aicost doctor` tells. The node's hours are counted in the gap.",
    ),
    GapReason.NO_HOST_USE: (
        "What pods used of their nodes' CPU or memory is not known: they are charged what they requested, as far as that is known.",
        "Let Prometheus scrape the kubelet's /metrics/cadvisor on every node with GPUs, as one job.",
    ),
    GapReason.DEVICE_NOT_PUBLISHED: (
        "A ResourceClaim holds a device of gpu.nvidia.com that no ResourceSlice publishes as a card or a MIG instance.",
        "Look whether NVIDIA's DRA driver runs on the node: `kubectl get resourceslices`. Its hours are counted in the gap.",
    ),
    GapReason.NO_UTILISATION: (
        "No DCGM sample of the cards that the workload held.",
        "Check that Prometheus scrapes dcgm-exporter or the GPU agent on those nodes: `aicost doctor` tells. Cost does not depend on it.",
    ),
    GapReason.NO_TOKEN_COUNTS: (
        "The token counters of the workload's model server could not be read.",
        "Check that Prometheus answers and scrapes the server's /metrics page.",
    ),
    GapReason.AMOUNT_TOO_LARGE: (
        "An hour of a node's cards, a day's re-charge or an estimate would be more than 9.2 thousand million units, more than the ledger can hold.",
        "Correct the price in the PriceBook or UsageSource, or find out why the node says that it has so many cards.",
    ),
    GapReason.LAYOUT_UNKNOWN: (
        "The node cuts its cards (MIG, time-slicing or MPS), and its labels do not tell into what; or MIG's strategy is single, and nothing tells how many cards there are.",
        "Let GPU Feature Discovery label the node, for strategy single let Prometheus scrape dcgm-exporter or name the layout in nvidia.com/mig.config (GPU Operator); until then these cards' hours are counted in the gap, without an amount.",
    ),
    GapReason.LABELS_CONTRADICT: (
        "What the node's labels say of its cards is not what its device plugin offers; their cost is parked.",
        "Compare the node's nvidia.com labels with its capacity, and restart the device plugin or the feature discovery.",
    ),
    GapReason.SHARES_EXCEED_CARD: (
        "The shares that the PriceBook's `mig` declares exceed a node's cards, or leave nothing for its other instances; their cost is parked.",
        "Lower the shares: those of all instances on a card together are 1 at most.",
    ),
    GapReason.MORE_THAN_OWNED: (
        "Nodes show more cards than an entry of the PriceBook's `owned` counts; what it accrues is parked, and the cards have no amount.",
        "Correct its count, or its node labels so that they select only nodes with those cards.",
    ),
    GapReason.OVER_ALLOCATED: (
        "What pods held does not fit their node's cards; the cost is parked instead of being divided wrongly.",
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
    GapReason.BILL_PENDING: (
        "The source was not read yet, or not since it took the place of another one, or nobody can tell whether it bills what was billed already.",
        "Wait for the first poll after a start; if it stays, see the message.",
    ),
    GapReason.BILL_LATE: (
        "The day is over, and the provider says that its own data do not reach to its end yet; or charges of a service in FOCUS files do not.",
        "Wait: the day is read again every hour. A service that is used no more is waited for 10 to 35 days, see docs/chart.md.",
    ),
    GapReason.NOT_IN_BILL: (
        "The provider counted usage that its bill leaves out: Anthropic's cost report has no Priority Tier, OpenRouter's activity no cost of models behind keys of your own (BYOK).",
        "Give the source a key that may read Anthropic's Usage and Cost Analytics API, which has it; for BYOK, let another source read that provider's bill.",
    ),
    GapReason.SOURCE_NOT_EVALUATED: (
        "This version reads no source of that type, role or preset: nothing is counted from it.",
        "Remove it, or wait: this version reads OpenAI, Anthropic and OpenRouter in role Bill, LiteLLM and Langfuse in role Refine, and Prometheus in role Meter of vLLM, SGLang and LLMD.",
    ),
    GapReason.SOURCE_NOT_USED: (
        "An older UsageSource tells of the same account or key, or the bill that this one refines is not there.",
        "See the message: leave one source to each account and key, or correct spec.refines.",
    ),
    GapReason.CREDENTIAL_INVALID: (
        "The provider refused the credential, or it is missing.",
        "Store an admin key in a Secret of type aicost.dev/credential in aicost's credential namespace.",
    ),
    GapReason.URL_REFUSED: (
        "The source's URL may not be called: it is not https, or leads to an address that is not public.",
        "Correct spec.url, or let an administrator allow its host: `allowedHosts` of the chart, AICOST_ALLOWED_HOSTS.",
    ),
    GapReason.GROUPING_REFUSED: (
        "The provider did not split the bill by some dimensions: nothing is missing of it, but claims by these find only what it told of them before.",
        "Claim by others, or ask the provider to enable the grouping.",
    ),
    GapReason.NO_EXCHANGE_RATE: (
        "No rate for a currency was in force on the day of an amount: it is in the ledger, and in no total.",
        "Add the currency to the PriceBook's `exchangeRates`, with a rate that begins early enough.",
    ),
    GapReason.METER_UNAVAILABLE: (
        "Who called the model server, or used the key through the gateway, on that day is not known: what it cost stays where it is, or is divided by what is known of the day.",
        "Check that Prometheus answers and has the preset's series under the source's `matchers`. If nobody called, nothing is missing.",
    ),
    GapReason.NO_SERVING_TIME: (
        "The meter's series have tokens without the time of prefill and decode: the day's cost is divided by tokens.",
        "Meter with series that have both, or declare a price per token.",
    ),
    GapReason.SIZES_UNKNOWN: (
        "The gateway does not tell of single requests, or not to this key: nothing is missing of cost or usage, but which calls are short nobody knows.",
        "For advice about short calls give the source a key that may read them, see docs/right-sizing-models.md. It is asked again once a day.",
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
        "Make the claims disjoint; the message names the winner.",
    ),
    ConditionReason.ACCEPTED: ("The spec is accepted.", "Nothing."),
    ConditionReason.INVALID_SPEC: (
        "The spec cannot be used, though the API server has it: it was written under an older schema.",
        "Correct the fields that the message names.",
    ),
    ConditionReason.PARENT_CYCLE: (
        "The parents of the unit lead back to itself; the message names the circle, each unit before its parent.",
        "Correct spec.parent of one of the units in the circle.",
    ),
    ConditionReason.COMPLETE: ("No data is known to be missing.", "Nothing."),
    ConditionReason.GRANTED: ("Every claim is granted.", "Nothing."),
    ConditionReason.NO_CONFLICT: ("Nobody wins what the workload claims.", "Nothing."),
    ConditionReason.DEFAULT_OF_ANOTHER: (
        "Another unit is the default of the same namespace, and wins because its name is smaller.",
        "Leave `default: true` to one unit for each namespace.",
    ),
    ConditionReason.RESERVED_BY_ANOTHER: (
        "Another unit reserves the same node, by more labels or with a smaller name: it owns what is idle of it.",
        "Reserve each node for one unit: make the labels of `reservedNodes` disjoint.",
    ),
    ConditionReason.FIELD_NOT_EVALUATED: (
        "The spec has fields that would change amounts, and that this version does not evaluate.",
        "Read the numbers as if the fields were not there, or remove them.",
    ),
    ConditionReason.RECEIVER_NOT_FOUND: (
        "A unit distributes to one that does not exist, has another currency, or is itself: that pool is kept whole.",
        "Create the unit, or correct spec.distribute[].to.",
    ),
    ConditionReason.NOTHING_TO_DIVIDE_BY: (
        "A pool should be divided among units of which none has a cost of its own in that time: it is kept whole.",
        "Nothing early in a month: it moves as soon as they have. Else name receivers in spec.distribute[].to.",
    ),
    ConditionReason.WITHIN_BUDGET: ("Not more than the budget is spent.", "Nothing."),
    ConditionReason.SERVER_NOT_FOUND: (
        "The AIWorkload that spec.costOf names does not exist: there is no cost to divide.",
        "Create the AIWorkload or correct spec.costOf.",
    ),
    ConditionReason.SERVER_METERED_TWICE: (
        "Another UsageSource divides the cost of the same model server, and counts because its name is smaller.",
        "Leave one UsageSource of role Meter to each server.",
    ),
    ConditionReason.RECHARGE_CYCLE: (
        "The model server and its callers would carry each other's cost in a circle; none of that circle is re-charged.",
        "Take a grant or a claim away that closes the circle; the message names it.",
    ),
    ConditionReason.RECOMMENDED: (
        "The workload has advice that it did not have before; the Event names what saves most.",
        "Read status.recommendations, or aicost recommend; spec.rightSizing.ignore silences what is not to be done.",
    ),
    ConditionReason.RERATED: (
        "An edit of the PriceBook changed prices of time that was charged already: open months were rated anew.",
        "Nothing, if the edit was meant: status.rerated names it. Closed months never change.",
    ),
    ConditionReason.HOSTS_INCLUDED: (
        "The price book has rates of CPU and memory, and every price of GPUs includes the host: they price nothing.",
        "Say `includesHost: false` of the gpus or owned whose price is for the cards alone, or take spec.compute away.",
    ),
    ConditionReason.OVER_BUDGET: (
        "More than the budget is spent. aicost stops nothing.",
        "Spend less, or raise the budget.",
    ),
    CheckReason.HOURS_NOT_SETTLED: (
        "Hours of the month are still open to late data, or are still to be read from recorded series.",
        "Wait until they are settled. Closed before, they stay as they are.",
    ),
    CheckReason.BILL_INCOMPLETE: (
        "The source's bill does not reach to the end of the month.",
        "Wait for it, or see the UsageSource's conditions; declare one again that was deleted before its bill was whole, or close the month as it is. What comes later is a correction of the current month.",
    ),
    CheckReason.INVOICE_MISSING: (
        "The source declares invoices, and none of this month.",
        "Add it to `invoices` of the UsageSource once the provider sent it.",
    ),
    CheckReason.EXCHANGE_RATE: (
        "The month has amounts in that currency, and is told at this rate: its closing keeps it.",
        "Correct the PriceBook's `exchangeRates` before the month is closed: afterwards nothing of it moves.",
    ),
    CheckReason.UNCLAIMED: (
        "A part of the source's bill is claimed by nobody; it is booked to `unallocated`.",
        "Claim it before the month is closed, if somebody should pay: afterwards nothing of it moves.",
    ),
}
"""What each reason means and what to do about it: the source of docs/reference/reasons.md."""
