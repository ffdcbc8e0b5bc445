"""The ``fields`` of a search: which parts of an Item to return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["select_fields"]

_ALWAYS = ("type", "stac_version", "id", "collection", "geometry", "bbox", "links", "assets")


def select_fields(item: dict[str, Any], fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an Item with the wanted fields only; what every Item must have stays unless excluded by name.

    Parameters
    ----------
    item : dict
        A whole Item; it is not changed.
    fields : mapping, optional
        ``include`` and ``exclude``: names such as ``assets`` or ``properties.eo:cloud_cover``.

    Examples
    --------
    >>> select_fields({"id": "X", "properties": {"a": 1, "b": 2}}, {"include": ["properties.a"]})
    {'id': 'X', 'properties': {'a': 1}}
    """
    if not fields or not (fields.get("include") or fields.get("exclude")):
        return item
    include = tuple(fields.get("include") or ())
    exclude = set(fields.get("exclude") or ())
    kept = {
        key: value
        for key, value in item.items()
        if key not in exclude and (not include or key in _ALWAYS or _names(include, key))
    }
    if "properties" in kept:
        wanted = _inner(include, "properties")
        kept["properties"] = {
            key: value
            for key, value in item["properties"].items()
            if f"properties.{key}" not in exclude and (not include or not wanted or key in wanted)
        }
    return kept


def _names(include: tuple[str, ...], key: str) -> bool:
    return any(name == key or name.startswith(f"{key}.") for name in include)


def _inner(include: tuple[str, ...], key: str) -> set[str]:
    """Return the named members of a part; none where all of it is wanted."""
    if key in include:
        return set()
    return {name.removeprefix(f"{key}.") for name in include if name.startswith(f"{key}.")}
