"""What every API model is made of: the base class, and rules that hold both here and in the API server.

A rule is written once: its CEL goes into the CRD, its Python twin runs wherever a file is read without a cluster.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from aicost.api.sentences import sentences

RULES = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on a value, and the message that says what to do when it does not hold.

    `cel` is what the API server evaluates with the value as `self`; `holds` is the same in Python, None for a rule
    that compares with the stored object (`oldSelf`), which only the API server has.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool] | None = None

    def schema(self) -> dict[str, str]:
        """The entry of `x-kubernetes-validations`."""
        return {"rule": self.cel, "message": self.message}


@dataclass(frozen=True, slots=True)
class Where:
    """Annotates a type that is no Model with a rule."""

    rule: Rule

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        return {**described, RULES: [*described.get(RULES, ()), self.rule.schema()]}

    def _check(self, value: Any) -> Any:
        if self.rule.holds is not None and not self.rule.holds(value):
            raise ValueError(self.rule.message)
        return value


class Model(BaseModel):
    """An object of the API: immutable, tolerant of fields that a newer version wrote, strict about types.

    Read a user's file with `model_validate(data, extra="forbid")`, so that a misspelt field is refused.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
    )
    rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        broken = [rule.message for rule in self.rules if rule.holds is not None and not rule.holds(self)]
        if broken:
            raise ValueError("; ".join(broken))
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler.resolve_ref_schema(handler(schema))
        for name, text in sentences(cls).items():
            described["properties"][cls.model_fields[name].alias or name].setdefault("description", text)
        if cls.rules:
            described[RULES] = [rule.schema() for rule in cls.rules]
        return described

    def to_wire(self) -> dict[str, Any]:
        """The object as JSON data with camelCase keys; what is not set is absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
