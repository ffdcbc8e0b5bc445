"""From odata-query's syntax tree to :mod:`.expressions`, refusing what the catalogue does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from phistac.sandbox.odata.area import check_area
from phistac.sandbox.odata.errors import invalid
from phistac.sandbox.odata.expressions import Comparison, Intersection, Junction, Negation, TextMatch
from phistac.sandbox.odata.lambdas import attribute
from phistac.sandbox.odata.literals import value_of
from phistac.sandbox.odata.paths import OPERATORS, name_of, path_of
from phistac.sandbox.odata.tokens import check_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.sandbox.odata.attributes import Registry
    from phistac.sandbox.odata.expressions import Expression
    from phistac.sandbox.odata.fields import Entity

__all__ = ["parse_filter"]

_JUNCTIONS = {ast.And: "and", ast.Or: "or"}
_DEEPEST = 50
"""Levels of parentheses and ``not``; SQLite would give up at some depth, too."""


def parse_filter(text: str, entity: Entity, registry: Registry) -> Expression:
    """Parse and check a filter.

    Parameters
    ----------
    text : str
        The value of ``$filter``.
    entity : Entity
        What is searched.
    registry : Registry
        The attributes that exist.

    Raises
    ------
    RefusalError
        If the catalogue would not take it.
    """
    text = text.strip()
    if not text:
        raise invalid("$filter", "The filter is empty.")
    check_tokens(text)
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(text))
    except ODataException as error:
        raise invalid("$filter", f"Cannot read the filter: {str(error)[:200]}") from error
    return _Validator(entity, registry, _collections(tree)).expression(tree)


class _Validator:
    def __init__(self, entity: Entity, registry: Registry, collections: frozenset[str]) -> None:
        self._entity = entity
        self._registry = registry
        self._collections = collections

    def expression(self, node: Any, depth: int = 0) -> Expression:
        if depth > _DEEPEST:
            raise invalid("$filter", "The filter is nested too deeply.")
        match node:
            case ast.BoolOp():
                operator = _JUNCTIONS[type(node.op)]
                parts = tuple(self.expression(part, depth + 1) for part in _chain(node))
                return Junction("and" if operator == "and" else "or", parts)
            case ast.UnaryOp(op=ast.Not()):
                return Negation(self.expression(node.operand, depth + 1))
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.CollectionLambda() if self._entity.has_attributes:
                return attribute(node, self._registry, self._collections)
            case _:
                raise invalid("$filter", f"{type(node).__name__} is not a condition that {self._entity.name} takes.")

    def _comparison(self, node: ast.Compare) -> Comparison:
        path = path_of(node.left)
        field = None if path is None else self._entity.field(path)
        if field is None:
            raise invalid("$filter", f"Invalid field: {path or type(node.left).__name__}")
        operator = OPERATORS.get(type(node.comparator), "")
        if operator not in field.operators:
            raise invalid("$filter", f"{field.path} cannot be compared with {type(node.comparator).__name__}.")
        return Comparison(field, operator, value_of(node.right, field.kind, field.path))

    def _call(self, node: ast.Call) -> TextMatch | Intersection:
        name, args = name_of(node.func), node.args
        if name == "OData.CSC.Intersects":
            match args:
                case [ast.NamedParam(name=ast.Identifier(name="area", namespace=()), param=ast.Geography(val=text))]:
                    return Intersection(check_area(text))
            raise invalid("$filter", "OData.CSC.Intersects takes area=geography'SRID=4326;...'.")
        match name, args:
            case ("contains" | "startswith" | "endswith") as function, [left, ast.String(val=text)]:
                if path_of(left) == "Name":
                    return TextMatch(function, text)
        raise invalid(
            "$filter", f"{name} cannot be called like this; contains, startswith, endswith take Name, 'text'."
        )


def _chain(node: ast.BoolOp) -> list[Any]:
    """Return the terms of ``a and b and c`` in order, without recursion: filters may name hundreds."""
    terms: list[Any] = []
    rest: list[Any] = [node]
    while rest:
        current = rest.pop()
        if isinstance(current, ast.BoolOp) and type(current.op) is type(node.op):
            rest += [current.left, current.right]
        else:
            terms.append(current)
    return terms[::-1]


def _collections(tree: Any) -> frozenset[str]:
    """Return the collections that a filter names: their attribute tables are those that count."""
    return frozenset(
        node.right.val
        for node in _walk(tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.right, ast.String)
        and path_of(node.left) == "Collection/Name"
    )


def _walk(tree: Any) -> Iterator[Any]:
    rest = [tree]
    while rest:
        node = rest.pop()
        yield node
        if isinstance(node, ast.BoolOp):
            rest += [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            rest.append(node.operand)
