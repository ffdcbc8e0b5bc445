"""Attribute lambdas, in the one form that the catalogue documents.

``Attributes/OData.CSC.<T>Attribute/any(att:att/Name eq '...' and att/OData.CSC.<T>Attribute/Value <op> <value>)``,
with any variable name. The namespaces were checked in the tokens; the tree has lost them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from odata_query import ast

from phistac.sandbox.odata.attributes import TYPES
from phistac.sandbox.odata.errors import invalid
from phistac.sandbox.odata.expressions import Attribute
from phistac.sandbox.odata.fields import EQUAL, ORDERED
from phistac.sandbox.odata.literals import value_of
from phistac.sandbox.odata.paths import OPERATORS, name_of, path_of

if TYPE_CHECKING:
    from phistac.sandbox.odata.attributes import Registry

__all__ = ["attribute"]

_KINDS = {"String": "string", "Integer": "integer", "Double": "double", "DateTimeOffset": "time", "Boolean": "boolean"}
_OWNERS = {f"Attributes/{t}Attribute": t for t in TYPES}


def attribute(node: ast.CollectionLambda, registry: Registry, collections: frozenset[str]) -> Attribute:
    """Check an attribute lambda.

    Raises
    ------
    RefusalError
        Another form, an attribute that does not exist, or one of another type than the lambda says.
    """
    kind = _OWNERS.get(path_of(node.owner) or "")
    if kind is None or node.lambda_ is None:
        raise invalid("$filter", "A lambda must be Attributes/OData.CSC.<Type>Attribute/any(att:...).")
    variable = name_of(node.lambda_.identifier)
    match node.lambda_.expression:
        case ast.BoolOp(
            op=ast.And(),
            left=ast.Compare(comparator=ast.Eq(), left=name_path, right=ast.String(val=name)),
            right=ast.Compare(comparator=comparator, left=value_path, right=literal),
        ) if path_of(name_path) == f"{variable}/Name" and path_of(value_path) == f"{variable}/{kind}Attribute/Value":
            _check_type(name, kind, registry.types(name, collections))
            return Attribute(name, kind, _operator(comparator, kind, name), value_of(literal, _KINDS[kind], name))
    raise invalid(
        "$filter",
        f"A lambda must be any({variable}:{variable}/Name eq '...' and "
        f"{variable}/OData.CSC.{kind}Attribute/Value <operator> <value>), with the same type outside and inside.",
    )


def _check_type(name: str, kind: str, types: frozenset[str]) -> None:
    if not types:
        raise invalid("$filter", f"Invalid attribute: {name}")
    if kind not in types:
        raise invalid("$filter", f"The attribute {name} is of type {' or '.join(sorted(types))}, not {kind}.")


def _operator(comparator: Any, kind: str, name: str) -> str:
    operator = OPERATORS.get(type(comparator), "")
    if operator not in (EQUAL if kind in {"String", "Boolean"} else ORDERED):
        raise invalid("$filter", f"The attribute {name} of type {kind} cannot be compared with this operator.")
    return operator
