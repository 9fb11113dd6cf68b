"""What a kind is besides its schema: names, scope, the columns that `kubectl get` prints. And its metadata."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from aicost.api.model import Model
from aicost.api.scalars import Count, Instant, Name

GROUP = "aicost.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
CATEGORY = "finops"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`: printed with `-o wide` only if `wide`."""

    name: str
    path: str
    description: str
    type: Literal["string", "integer", "date"] = "string"
    wide: bool = False


AGE = Column("Age", ".metadata.creationTimestamp", "Time since the object was created.", "date")


@dataclass(frozen=True, slots=True)
class Definition:
    """Names, scope and columns of a kind. `selectable` are the fields that `--field-selector` knows."""

    kind: str
    plural: str
    short_names: tuple[str, ...]
    scope: Literal["Namespaced", "Cluster"]
    columns: tuple[Column, ...]
    selectable: tuple[str, ...] = ()


class Written(Model):
    """What one writer set of an object, and when it last did (metadata.managedFields, Kubernetes API concepts)."""

    time: Instant | None = None
    subresource: str = ""
    fields_v1: dict[str, Any] = Field(default_factory=dict)


class ObjectMeta(Model):
    """The part of an object's metadata that aicost reads."""

    name: Name
    namespace: str = ""
    uid: str = ""
    generation: Count = 0
    creation_timestamp: Instant | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    managed_fields: tuple[Written, ...] = ()


class Resource(Model):
    """An object of one of the kinds: what all four have beside their own spec and status."""

    definition: ClassVar[Definition]

    api_version: Annotated[Literal["aicost.dev/v1alpha1"], Field(alias="apiVersion")]
    kind: str
    metadata: ObjectMeta
