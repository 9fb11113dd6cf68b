"""The sentences beneath the fields of models, which describe them in schemas: read from the source when one is made.

pydantic reads them as it makes each class, if asked to (`use_attribute_docstrings`): half of the time that this takes,
and the operator and most commands would wait for what only the making of CRDs needs.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def sentences(of: type[BaseModel]) -> Mapping[str, str]:
    """By the name of the field: those of a model of a module's top level, and of all models that it inherits from."""
    inherited = [each for each in reversed(of.__mro__) if issubclass(each, BaseModel) and each is not BaseModel]
    return {name: text for each in inherited for name, text in _written(each.__module__).get(each.__name__, ())}


@cache
def _written(module: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    parsed = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: tuple(_beneath(each)) for each in parsed.body if isinstance(each, ast.ClassDef)}


def _beneath(of: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in pairwise(of.body):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass  # no field, or one that nothing is said of
