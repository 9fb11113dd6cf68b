"""What claims find a row of usage by: what its source says of it, and what follows from that."""

from __future__ import annotations

from aicost.core.declarations import Dimensions
from aicost.core.refining import item


def claimable(dimensions: Dimensions) -> Dimensions:
    """The row's dimensions; with them the model that its line item names, and its user as a service account.

    OpenAI's bill has the model in the line item (`gpt-6-sol, input_tokens`), and ids of users and of service accounts in
    one field, so that a claim finds an identity by either name: what is granted is the id.
    """
    named = dict(dimensions)
    follows = {"model": item(dimensions)[0], "serviceAccount": named.get("user", "")}
    more = frozenset((name, value) for name, value in follows.items() if value and name not in named)
    return dimensions | more
