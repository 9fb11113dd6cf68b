"""How a spec picks things: by labels, by name, by the dimensions of usage. Exact values only, no expressions."""

import re
from typing import Annotated, TypeAlias, get_args

from pydantic import Field

from aicost.api.model import Model, Rule, Where
from aicost.api.scalars import Dimension, Key, matching

_DIMENSIONS: tuple[str, ...] = get_args(Dimension)
_NAME = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LONGEST_KEY = 317  # a prefix of 253, a slash, a name of 63


def _keys(pattern: str, message: str, longest: int) -> Where:
    """Every key of a map matches."""
    compiled = re.compile(pattern)
    return Where(
        Rule(
            f"self.all(key, size(key) <= {longest} && key.matches(r'^({pattern})$'))",
            message,
            lambda labels: all(len(key) <= longest and compiled.fullmatch(key) for key in labels),
        )
    )


_LABEL_KEYS = _keys(
    f"({_PREFIX}/)?{_NAME}",
    "write keys as Kubernetes has them: letters, digits, dashes, underscores and dots, at most 63, that begin and end with"
    " a letter or digit, after a lower-case DNS name and a slash or alone, such as app.kubernetes.io/name",
    _LONGEST_KEY,
)
LabelValue: TypeAlias = Annotated[
    str,
    Field(max_length=63),
    matching(
        f"({_NAME})?",
        "write a label's value as Kubernetes has it: empty, or at most 63 letters, digits, dashes, underscores and dots that"
        " begin and end with a letter or digit; without blanks, commas or wildcards",
    ),
]
Labels: TypeAlias = Annotated[dict[str, LabelValue], Field(max_length=16), _LABEL_KEYS]
"""Kubernetes labels, all of which must be there."""
_NOT_EMPTY = Where(
    Rule(
        "size(self) > 0",
        "name at least one label: an empty selector would take everything",
        bool,
    )
)
SomeLabels: TypeAlias = Annotated[dict[str, LabelValue], Field(max_length=16), _NOT_EMPTY, _LABEL_KEYS]
_LABEL_NAMES = _keys(
    "[a-zA-Z_][a-zA-Z0-9_]*",
    "write names of labels as Prometheus has them: letters, digits and underscores, and no digit first",
    128,
)
PromLabels: TypeAlias = Annotated[dict[str, Annotated[str, Field(max_length=256)]], Field(max_length=16), _LABEL_NAMES]
"""Labels of a Prometheus series with the values they must have, exactly."""


def _only(dimensions: tuple[str, ...]) -> Where:
    """Every key of a map is one of these."""
    return Where(
        Rule(
            f"self.all(key, key in {list(dimensions)})",
            f"use only these dimensions: {', '.join(dimensions)}",
            lambda values: set(values) <= set(dimensions),
        )
    )


_LABELLED = (*_DIMENSIONS, "feature")
"""What labels and tags may tell: also what nothing is claimed by."""
_SOME_DIMENSION = Where(
    Rule(
        "size(self) > 0",
        "name at least one dimension with its value: an empty match would take everything",
        bool,
    )
)
ByDimension: TypeAlias = Annotated[
    dict[str, Key], Field(max_length=len(_DIMENSIONS)), _SOME_DIMENSION, _only(_DIMENSIONS)
]
"""A value for each of some dimensions. A map, so that a misspelt dimension is refused and not silently dropped."""

LabelNames: TypeAlias = Annotated[
    dict[str, Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=len(_LABELLED)), _only(_LABELLED)
]
"""For each of some dimensions, the label or tag that holds it elsewhere."""


class PodSelector(Model):
    """Pods by their labels."""

    match_labels: SomeLabels
    """Labels that a pod must carry, all of them, with these values. At least one. Example: `app: chat`."""


class NodeSelector(Model):
    """Nodes by their labels."""

    match_labels: Labels = Field(default_factory=dict)
    """Labels that a node must carry, all of them, with these values. Default: none, which means every node."""


class SomeNodes(Model):
    """Nodes by their labels, never all of them."""

    match_labels: SomeLabels
    """Labels that a node must carry, all of them, with these values. At least one. Example: `pool: care`."""


class TargetRef(Model):
    """An object that owns pods, directly or through others, in the same namespace."""

    api_version: Annotated[str, Field(min_length=1, max_length=317)]
    """API group and version of the owner. Example: `apps/v1`."""
    kind: Annotated[str, Field(min_length=1, max_length=63)]
    """Kind of the owner, at any height of the owner chain. Example: `Deployment`."""
    name: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the owner. Example: `chat`."""


class SecretKeyRef(Model):
    """A key of a Secret in the namespace of the operator's credentials."""

    name: Annotated[
        str,
        Field(max_length=253),
        matching(
            _PREFIX, "write the name of a Secret: lower-case letters, digits, dashes and dots; never its namespace"
        ),
    ]
    """Name of the Secret. Its type must be `aicost.dev/credential`, and it names the host it may be sent to."""
    key: Annotated[
        str,
        Field(max_length=253),
        matching("[-._a-zA-Z0-9]+", "write a key of the Secret: letters, digits, dashes, underscores and dots"),
    ] = "token"
    """Key in the Secret that holds the credential. Default: `token`."""


class WorkloadRef(Model):
    """An AIWorkload in any namespace."""

    namespace: Annotated[str, Field(min_length=1, max_length=63)]
    """Namespace of the AIWorkload. Example: `platform`."""
    name: Annotated[str, Field(min_length=1, max_length=63)]
    """Name of the AIWorkload. Example: `llm`."""
