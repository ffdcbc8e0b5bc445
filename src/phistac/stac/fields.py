"""The ``fields`` of a search: which parts of an Item to return, as the Fields extension of STAC API defines it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["select_fields"]

# What tells one Item from another goes with every selection.
_IDENTITY = ("type", "stac_version", "id", "collection")
_TIMES = ("properties.datetime", "properties.start_datetime", "properties.end_datetime")
_DEFAULT = (*_IDENTITY, "geometry", "bbox", "links", "assets", *_TIMES)


def select_fields(item: dict[str, Any], fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an Item with the wanted fields only.

    Parameters
    ----------
    item : dict
        A whole Item; it is not changed.
    fields : mapping, optional
        ``include`` and ``exclude``: names such as ``assets`` or ``properties.eo:cloud_cover``. With ``include``, these
        and what identifies the Item; with ``exclude`` alone, all but these; with ``exclude`` and an ``include`` that is
        there but empty, what every Item must have but these. A name in both is included. With neither, all.

    Examples
    --------
    >>> select_fields({"id": "X", "bbox": [], "properties": {"a": 1, "b": 2}}, {"include": ["properties.a"]})
    {'id': 'X', 'properties': {'a': 1}}
    """
    if not fields:
        return item
    include, exclude = tuple(fields.get("include") or ()), frozenset(fields.get("exclude") or ())
    if include:
        # What is excluded matters below what is included: all assets, but not this one.
        below = {name for name in exclude if any(name.startswith(f"{part}.") for part in include)}
        return _without(_only(item, {*_IDENTITY, *include}), below)
    if exclude and "include" in fields:
        return _without(_only(item, _DEFAULT), exclude)
    return _without(item, exclude)


def _only(part: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the named members, at any depth."""
    kept = {}
    for key, value in part.items():
        if key in names:
            kept[key] = value
        elif isinstance(value, dict) and (inner := _below(names, key)):
            kept[key] = _only(value, inner)
    return kept


def _without(part: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return all but the named members, at any depth."""
    return {
        key: _without(value, inner) if isinstance(value, dict) and (inner := _below(names, key)) else value
        for key, value in part.items()
        if key not in names
    }


def _below(names: Collection[str], key: str) -> set[str]:
    """Return what the names say of the members of a part."""
    return {name.removeprefix(f"{key}.") for name in names if name.startswith(f"{key}.")}
