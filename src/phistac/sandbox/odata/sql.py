"""Expressions as parameterized SQL: values never become part of the text.

SQL's three-valued logic is the catalogue's: a row without a footprint neither touches an area nor does not touch it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phistac.sandbox.odata.expressions import (
    Attribute,
    Comparison,
    Expression,
    Intersection,
    Junction,
    Negation,
    OneOf,
    TextMatch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phistac.sandbox.odata.fields import Entity

__all__ = ["Clause", "render"]

_OPERATORS = {"eq": "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_TEXT = {
    "contains": "instr(r.name, ?) > 0",
    "startswith": "substr(r.name, 1, length(?1)) = ?1",
    "endswith": "substr(r.name, length(r.name) - length(?1) + 1) = ?1",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of SQL and its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()


def render(expression: Expression, entity: Entity, touching: Callable[[str], str]) -> Clause:
    """Return the WHERE clause for rows ``r`` of an entity's table.

    Parameters
    ----------
    expression : Expression
        A checked filter.
    entity : Entity
        What is searched.
    touching : callable
        From WKT to a JSON array of the row numbers whose footprints touch it.
    """
    match expression:
        case Junction():
            parts = [render(part, entity, touching) for part in expression.parts]
            return _join(parts, expression.operator.upper())
        case Negation():
            part = render(expression.part, entity, touching)
            return Clause(f"NOT ({part.text})", part.parameters)
        case Intersection():
            inside = "r.number IN (SELECT value FROM json_each(?))"
            return Clause(f"CASE WHEN r.footprint IS NOT NULL THEN {inside} END", (touching(expression.wkt),))
        case _:
            return _leaf(expression, entity)


def _leaf(expression: Comparison | TextMatch | OneOf | Attribute, entity: Entity) -> Clause:
    match expression:
        case Comparison():
            text = f"r.{expression.field.column} {_OPERATORS[expression.operator]} ?"
            return Clause(text, (expression.value,))
        case TextMatch():
            return _text(expression)
        case OneOf():
            return Clause("r.name IN (SELECT value FROM json_each(?))", (json.dumps(expression.names),))
        case Attribute():
            return _attribute(expression, entity)


def _text(match: TextMatch) -> Clause:
    text = _TEXT[match.function].replace("?1", "?")
    return Clause(text, (match.text,) * text.count("?"))


def _attribute(attribute: Attribute, entity: Entity) -> Clause:
    text = (
        f"EXISTS (SELECT 1 FROM {entity.table}_attributes a WHERE a.number = r.number AND a.name = ? AND a.kind = ? "  # noqa: S608 - names from our own tables
        f"AND a.value {_OPERATORS[attribute.operator]} ?)"
    )
    return Clause(text, (attribute.name, attribute.kind, attribute.value))


def _join(parts: Sequence[Clause], operator: str) -> Clause:
    # As a balanced tree: SQLite gives up at an expression depth of 1000, and filters may name thousands of products.
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = _join(parts[:half], operator), _join(parts[half:], operator)
    return Clause(f"({left.text} {operator} {right.text})", left.parameters + right.parameters)
