"""Literal values: each must be written as its field's or attribute's type wants it."""

from __future__ import annotations

from typing import Any

from odata_query import ast

from phistac.sandbox.odata.errors import invalid
from phistac.sandbox.odata.times import LITERAL, microseconds

__all__ = ["value_of"]

_NODES: dict[str, tuple[type, ...]] = {
    "string": (ast.String,),
    "id": (ast.String, ast.GUID),
    "integer": (ast.Integer,),
    "double": (ast.Integer, ast.Float),
    "boolean": (ast.Boolean,),
    "time": (ast.DateTime,),
}
_BIGGEST = 2**63
_DIGITS = 20


def value_of(node: Any, kind: str, what: str) -> Any:
    """Return the value of a literal; a time becomes microseconds since 1970.

    Parameters
    ----------
    node : odata_query.ast node
        The right side of a comparison.
    kind : str
        ``string``, ``id``, ``integer``, ``double``, ``boolean`` or ``time``.
    what : str
        The field, for the message.

    Raises
    ------
    RefusalError
        If it is no literal of that type: a quoted number or date, a date without a zone, an unquoted string.
    """
    literal: Any = node
    if not isinstance(node, _NODES[kind]):
        raise invalid("$filter", f"{what} is not compared with a literal of type {kind}.")
    if kind == "time":
        return _time(literal.val, what)
    if isinstance(node, ast.Integer) and len(node.val) > _DIGITS:
        raise invalid("$filter", f"{what} is compared with a number out of range.")
    value = str(literal.val).lower() if kind == "id" else literal.py_val
    if isinstance(value, int) and not -_BIGGEST <= value < _BIGGEST:
        raise invalid("$filter", f"{what} is compared with a number out of range.")
    return value


def _time(text: str, what: str) -> int:
    if LITERAL.fullmatch(text) is None:
        raise invalid("$filter", f"{what} needs a date and time with a zone, such as 2024-05-03T00:00:00.000Z.")
    try:
        return microseconds(text)
    except (ValueError, OverflowError) as error:
        raise invalid("$filter", f"{what} is compared with {text}, which is no date.") from error
