"""Payments and what is owed, of many keys and models."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from aicost.core.payments import Amounts
from tests.support.builders import dims


def just_enough(keys: int, models: int) -> tuple[Amounts, Amounts]:
    """Each model of each key is owed; a payment tells the key alone or the model alone, and all together just suffice."""
    random = Random(3)  # noqa: S311 # any amounts will do, the same each time
    owed = {
        dims(key=f"{key}", model=f"{model}"): random.randint(1, 10**9) for key in range(keys) for model in range(models)
    }
    paid: dict[frozenset[tuple[str, str]], int] = defaultdict(int)
    for of, amount in owed.items():
        paid[frozenset((random.choice(sorted(of)),))] += amount
    return dict(paid), owed
