"""Each thing that pydantic's schemas contain and structural schemas do not allow, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from aicost.api.structural import NotStructuralError, structural


class Inner(BaseModel):
    """What an inner object is."""

    model_config = ConfigDict(extra="forbid")
    name: str


def field(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The structural schema of a model's only field."""
    model = create_model("Outer", field=(annotation, default))
    schema: dict[str, Any] = structural(model.model_json_schema())["properties"]["field"]
    return schema


@pytest.mark.parametrize(
    ("annotation", "default", "expected"),
    [
        pytest.param(str, ..., {"type": "string"}, id="string"),
        pytest.param(int, ..., {"type": "integer", "format": "int64"}, id="integer"),
        pytest.param(bool, True, {"type": "boolean", "default": True}, id="default kept"),
        pytest.param(str | None, None, {"type": "string"}, id="optional is absent, never null"),
        pytest.param(Literal["a", "b"], ..., {"type": "string", "enum": ["a", "b"]}, id="enumeration"),
        pytest.param(Literal["a"], ..., {"type": "string", "enum": ["a"]}, id="const becomes an enumeration"),
        pytest.param(tuple[str, ...], (), {"type": "array", "items": {"type": "string"}}, id="empty default dropped"),
        pytest.param(
            dict[str, str],
            ...,
            {"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"},
            id="map",
        ),
        pytest.param(
            Inner,
            ...,
            {
                "type": "object",
                "description": "What an inner object is.",
                "required": ["name"],
                "properties": {"name": {"type": "string"}},
            },
            id="reference inlined, additionalProperties false dropped",
        ),
        pytest.param(
            Annotated[Inner | None, Field(description="What\n  it is here.")],
            None,
            {
                "type": "object",
                "description": "What it is here.",
                "required": ["name"],
                "properties": {"name": {"type": "string"}},
            },
            id="the field's own description wins, on one line",
        ),
    ],
)
def test_rewritten(annotation: Any, default: Any, expected: dict[str, Any]) -> None:
    """What has a structural form gets exactly that form, without titles."""
    assert field(annotation, default) == expected


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        pytest.param(float, "type number is not allowed; write numbers as strings", id="float"),
        pytest.param(Decimal, "a union of several types", id="decimal"),
        pytest.param(int | str, "a union of several types", id="union"),
        pytest.param(tuple[str, int], "prefixItems", id="tuple"),
        pytest.param(set[str], "uniqueItems", id="set"),
        pytest.param(Annotated[int, Field(gt=0)], "exclusiveMinimum", id="exclusive bound"),
        pytest.param(Any, "type None is not allowed", id="anything"),
        pytest.param(dict[Annotated[str, Field(max_length=3)], str], "propertyNames", id="bounded keys"),
        pytest.param(
            Annotated[Annotated[list[str], Field()], Field(json_schema_extra={"maxLength": 3})],
            "maxLength of type array",
            id="a bound of another type",
        ),
    ],
)
def test_refused_with_path(annotation: Any, message: str) -> None:
    """What the API server would refuse or drop is refused when the CRD is made, with the field's path."""
    with pytest.raises(NotStructuralError, match=rf"^\.field.*{message}"):
        field(annotation)


def test_deep_path_is_told() -> None:
    """The path leads through lists and maps to the field that is wrong."""
    with pytest.raises(NotStructuralError, match=r"^\.field\[\]\{\}: type number"):
        field(list[dict[str, float]])
