"""Lists whose items are told apart by a key, so that tools can merge them and nothing is listed twice."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from aicost.api.model import Rule, Where


class KeyedBy:
    """Annotates a tuple of models: these fields (named as in Python) identify an item, no two items share them."""

    def __init__(self, *fields: str) -> None:
        self.fields = fields
        self.keys = ["from" if field == "start" else to_camel(field) for field in fields]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._unique, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": self.keys}

    def _unique(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        seen = {tuple(getattr(item, field) for field in self.fields) for item in items}
        if len(seen) < len(items):
            raise ValueError(f"list every {' and '.join(self.keys)} only once")
        return items


def at_least_one(message: str) -> Where:
    """Annotates a tuple: it is not empty. `message` says what to list; `minItems` would say only the number."""
    return Where(Rule("size(self) > 0", message, bool))


@dataclass(frozen=True, slots=True)
class Distinct:
    """Annotates a tuple of scalars: no value occurs twice."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._unique, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "x-kubernetes-list-type": "set"}

    def _unique(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(items)) < len(items):
            raise ValueError("list every value only once")
        return items
