"""Attributes of one mission beside the name of another: each condition brings the collections that have it.

Where a filter names collections, the catalogue knows the attributes of those alone. A search of all products that names
one, or a platform that is asked for by one, would be refused for an attribute of another mission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.odata.attributes import ATTRIBUTES
from phistac.odata.filters import All, Any_, Attribute, Comparison, Not, all_of, any_of

if TYPE_CHECKING:
    from phistac.odata.filters import Expression

__all__ = ["with_collections"]

_COLLECTION = "Collection/Name"


def with_collections(condition: Expression) -> Expression:
    """Return a condition of a search of all products in which attributes stand beside the collections that have them.

    Examples
    --------
    >>> from phistac.odata.filters import render
    >>> angle = Attribute("relativeOrbitNumber", "Integer", "eq", 7)
    >>> with_collections(angle) is angle  # nothing else is named
    True
    >>> both = render(with_collections(Comparison("Collection/Name", "eq", "ENVISAT") | angle))
    >>> "Collection/Name eq 'SENTINEL-1'" in both
    True
    """
    return _beside(condition) if _names_collections(condition) else condition


def _beside(condition: Expression) -> Expression:
    if not _names_collections(condition):
        names = [Comparison(_COLLECTION, "eq", name) for name in _having(condition)]
        return all_of((any_of(names), condition)) if names else condition
    match condition:
        case All(operands) if any(_is_name(each) for each in operands):
            return condition  # stands beside its collection already
        case All(operands):
            return all_of(_beside(each) for each in operands)
        case Any_(operands):
            return any_of(_beside(each) for each in operands)
        case Not(operand):
            return Not(_beside(operand))
    return condition


def _having(condition: Expression) -> list[str]:
    """Return the collections that have an attribute which a condition asks for."""
    match condition:
        case Attribute(name, _, _, _):
            return list(dict.fromkeys(each for row in ATTRIBUTES if row.odata == name for each in row.collections))
        case All(operands) | Any_(operands):
            return list(dict.fromkeys(each for operand in operands for each in _having(operand)))
        case Not(operand):
            return _having(operand)
    return []


def _names_collections(condition: Expression) -> bool:
    match condition:
        case All(operands) | Any_(operands):
            return any(_names_collections(each) for each in operands)
        case Not(operand):
            return _names_collections(operand)
    return _is_name(condition)


def _is_name(condition: Expression) -> bool:
    return isinstance(condition, Comparison) and condition.field == _COLLECTION
