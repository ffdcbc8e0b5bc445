"""Collections that a filter names, made into the collections of the search: what is searched decides what is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phistac.stac.collections import collection, members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phistac.stac.parameters import Search

__all__ = ["joined", "lifted", "terms"]


def lifted(search: Search) -> Search | None:
    """Return a search whose collections are those that its filter allows, or ``None`` where there are none.

    Only conditions that hold for the whole filter count: ``collection = 'a' AND ...``, ``collection IN (...)``.

    Raises
    ------
    UnknownCollectionError
        If the filter names a collection that does not exist.
    """
    found = terms(search.filter)
    named = [_named(term) for term in found]
    if not any(each is not None for each in named):
        return search
    searched: list[str] | None = [each.id for each in search.collections] or None
    for names in named:
        if names is not None:
            searched = _both(searched, names)
            if not searched:
                return None
    allowed = searched or []
    rest = [term for term, names in zip(found, named, strict=True) if names is None]
    return replace(search, collections=tuple(collection(each) for each in allowed), filter=joined(rest))


def _both(some: list[str] | None, others: list[str]) -> list[str]:
    """Return the collections whose Items are of some and of others; of a whole and its part, the part."""
    if some is None:
        return others
    inner = [other for other in others if any(other in members(one) for one in some)]
    outer = [one for one in some if any(one in members(other) for other in others)]
    return list(dict.fromkeys((*inner, *outer)))


def terms(node: Any) -> list[Mapping[str, Any]]:
    """Return the conditions that all have to hold; none for no filter."""
    if not isinstance(node, dict):
        return []
    if str(node.get("op", "")).lower() != "and" or not isinstance(node.get("args"), list):
        return [node]
    return [term for each in node["args"] for term in terms(each)] or [node]


def joined(conditions: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the filter that all these hold; ``None`` for none."""
    return {"op": "and", "args": conditions} if len(conditions) > 1 else (conditions[0] if conditions else None)


def _named(term: Mapping[str, Any]) -> list[str] | None:
    """Return the collections that a condition allows, where it is one on the collection alone."""
    match term:
        case {"op": "=" | "eq", "args": [{"property": "collection"}, str(name)]}:
            return [name]
        case {"op": "=" | "eq", "args": [str(name), {"property": "collection"}]}:
            return [name]
        case {"op": "in" | "IN", "args": [{"property": "collection"}, [_, *_] as names]} if _texts(names):
            return list(dict.fromkeys(names))
    return None


def _texts(names: list[Any]) -> bool:
    return all(isinstance(each, str) for each in names)
