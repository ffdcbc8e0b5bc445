"""Names in odata-query's syntax tree: paths such as ``ContentDate/Start``, and comparison operators."""

from __future__ import annotations

from typing import Any

from odata_query import ast

__all__ = ["OPERATORS", "name_of", "path_of"]

OPERATORS = {ast.Eq: "eq", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
"""The operators that exist here; ``ne`` and ``in`` do not."""


def name_of(identifier: ast.Identifier) -> str:
    """Return a name with its namespace, as it was written."""
    return ".".join((*identifier.namespace, identifier.name))


def path_of(node: Any) -> str | None:
    """Return the path that a node spells, or None if it spells none."""
    match node:
        case ast.Identifier():
            return name_of(node)
        case ast.Attribute():
            owner = path_of(node.owner)
            return None if owner is None else f"{owner}/{node.attr}"
        case _:
            return None
