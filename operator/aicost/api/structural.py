"""Turns pydantic's JSON schema into a structural schema, the form that CustomResourceDefinitions take.

What the API server would refuse or silently drop is rewritten, or refused here with its path: references, `anyOf` with
null, `const`, numeric `exclusiveMinimum`, titles, floats, anything that is not in the lists below.
"""

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

_KEPT = {
    "string": {"type", "format", "enum", "pattern", "minLength", "maxLength", "x-kubernetes-validations"},
    "integer": {"type", "minimum", "maximum"},
    "boolean": {"type"},
    "array": {
        "type",
        "minItems",
        "maxItems",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-validations",
    },
    "object": {"type", "required", "minProperties", "maxProperties", "x-kubernetes-validations"},
}
_REWRITTEN = {"properties", "items", "additionalProperties", "description", "default", "const", "title"}


class NotStructuralError(ValueError):
    """A model uses something that has no structural form; the message names the path."""


def structural(schema: Schema) -> Schema:
    """The structural form of a whole JSON schema as pydantic makes it, references inlined."""
    return _Converter(schema.get("$defs", {})).convert({k: v for k, v in schema.items() if k != "$defs"}, "")


class _Converter:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def convert(self, node: Schema, path: str) -> Schema:
        flat = self._inlined(node, path)
        self._refuse_foreign(flat, path)
        result = {key: value for key, value in flat.items() if key in _KEPT[flat["type"]]}
        if "const" in flat:
            result["enum"] = [flat["const"]]
        if "description" in flat:
            result["description"] = " ".join(flat["description"].split())
        if flat.get("default") not in (None, [], {}):
            result["default"] = flat["default"]
        if flat["type"] == "integer":
            result["format"] = "int64"
        return result | self._children(flat, path)

    def _inlined(self, node: Schema, path: str) -> Schema:
        """The node with its reference or its optional branch merged in; what stands beside them wins."""
        branches = [branch for branch in node.get("anyOf", ()) if branch != {"type": "null"}]
        if "anyOf" in node and len(branches) != 1:
            raise NotStructuralError(f"{path}: a union of several types has no structural form")
        beside = {key: value for key, value in node.items() if key not in ("$ref", "anyOf")}
        if branches:
            return self._inlined(branches[0], path) | beside
        if "$ref" in node:
            return self._inlined(self._definitions[node["$ref"].removeprefix("#/$defs/")], path) | beside
        return beside

    def _refuse_foreign(self, flat: Schema, path: str) -> None:
        kept = _KEPT.get(flat.get("type", ""))
        if kept is None:
            raise NotStructuralError(f"{path}: type {flat.get('type')} is not allowed; write numbers as strings")
        foreign = sorted(set(flat) - kept - _REWRITTEN)
        if foreign:
            raise NotStructuralError(f"{path}: no structural form for {', '.join(foreign)} of type {flat['type']}")

    def _children(self, flat: Schema, path: str) -> Schema:
        children: Schema = {}
        if "properties" in flat:
            children["properties"] = {
                name: self.convert(child, f"{path}.{name}") for name, child in flat["properties"].items()
            }
        if "items" in flat:
            children["items"] = self.convert(flat["items"], f"{path}[]")
        if isinstance(flat.get("additionalProperties"), dict):
            children["additionalProperties"] = self.convert(flat["additionalProperties"], f"{path}{{}}")
            children["x-kubernetes-map-type"] = "atomic"
        return children
