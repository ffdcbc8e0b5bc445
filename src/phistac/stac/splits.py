"""A filter, or a part of one, as what the catalogue is asked and what is left to check; and how parts are joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phistac.odata.filters import All, Any_, Attribute, Expression, Not, all_of, any_of

if TYPE_CHECKING:
    from phistac.stac.normal import Node

__all__ = ["Split", "denied", "every", "some"]


@dataclass(frozen=True)
class Split:
    """A filter in two parts."""

    asked: Expression | None = None
    """What the catalogue is asked; ``None`` for nothing: all records."""
    rest: Node | None = None
    """What is checked on this side; ``None`` where the catalogue's answer is exact."""
    never: str = ""
    """Why no record can pass; empty where some may."""


def every(parts: list[Split]) -> Split:
    """Join parts that all have to hold."""
    never = next((part.never for part in parts if part.never), "")
    if never:
        return Split(never=never)
    asked = [part.asked for part in parts if part.asked is not None]
    rest = [part.rest for part in parts if part.rest is not None]
    return Split(all_of(asked) if asked else None, _and(rest))


def _and(nodes: list[Node]) -> Node | None:
    if len(nodes) > 1:
        return {"op": "and", "args": nodes}
    return nodes[0] if nodes else None


def some(parts: list[Split], node: Node) -> Split:
    """Join parts of which one has to hold; ``node`` is the whole of them."""
    possible = [part for part in parts if not part.never]
    if not possible:
        return Split(never=parts[0].never)
    asked = [part.asked for part in possible if part.asked is not None]
    whole = any_of(asked) if len(asked) == len(possible) else None
    exact = all(part.rest is None for part in possible)
    if exact:
        return Split(whole)
    return Split(whole, node)


def denied(part: Split, node: Node) -> Split:
    """Return the opposite of a part; ``node`` is it as a whole."""
    if part.never or part.rest is not None or part.asked is None:
        return Split(rest=node)
    # A lambda is false, not unknown, for a record without the attribute; CQL2 does not select those.
    return Split(Not(part.asked), node if _uses_attributes(part.asked) else None)


def _uses_attributes(expression: Expression) -> bool:
    match expression:
        case Attribute():
            return True
        case All(operands) | Any_(operands):
            return any(_uses_attributes(each) for each in operands)
        case Not(operand):
            return _uses_attributes(operand)
    return False
