"""Where products lie: from Items, tables, names of places in the bucket to ``bucket/key``.

An Item leads to its product by its manifest asset, by the link ``enclosure``, or as a single file. Only the bucket of
the settings is ever asked: an Item from elsewhere cannot send us, and our credentials, to another place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from phistac.errors import ConfigurationError, NotFoundError
from phistac.stac.product_place import is_burst, object_path, place_of

__all__ = ["Source", "sources"]


@dataclass(frozen=True, slots=True)
class Source:
    """One product, and what of it is wanted."""

    root: str
    """``bucket/key``, no slash at the end."""

    paths: frozenset[str] | None = None
    """The objects that are wanted, relative to the root; None: all of them."""


def sources(items: Any, *, bucket: str, assets: Iterable[str] | None = None) -> list[Source]:
    """Find out where products lie; each product once.

    Parameters
    ----------
    items : Item, dict, str, table, or an iterable of these
        STAC Items (pystac or plain), an item collection, a GeoDataFrame of Items, or places such as
        ``/eodata/Sentinel-1/…/X.SAFE`` and ``s3://eodata/…``.
    bucket : str
        The only bucket that may be asked.
    assets : iterable of str, optional
        Keys of the assets that are wanted; all objects of the product by default.

    Raises
    ------
    NotFoundError
        If an Item leads to no product in the bucket, or has no such asset.
    ConfigurationError
        If something else is given, or ``assets`` with a place that names none.
    """
    keys = None if assets is None else ([assets] if isinstance(assets, str) else list(assets))
    found: dict[str, Source] = {}
    for item in _each(items):
        source = _of_place(item, bucket, keys) if isinstance(item, str) else _of_item(_plain(item), bucket, keys)
        before = found.get(source.root)
        if before is not None:
            both = None if before.paths is None or source.paths is None else before.paths | source.paths
            source = Source(source.root, both)
        found[source.root] = source
    return list(found.values())


def _each(items: Any) -> Iterable[Any]:
    if hasattr(items, "to_crs"):
        from phistac.stac.tables import from_geodataframe  # noqa: PLC0415 - geopandas is loaded only for tables

        return from_geodataframe(items)
    if isinstance(items, str) or hasattr(items, "assets"):
        return [items]
    if isinstance(items, Mapping):
        return list(items["features"]) if "features" in items else [items]
    if isinstance(items, Iterable):
        return items
    raise ConfigurationError(f"a download cannot be made of {type(items).__name__}", remedy="Give Items or places.")


def _plain(item: Any) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return item
    if not hasattr(item, "to_dict") or not hasattr(item, "assets"):
        raise ConfigurationError(f"a download cannot be made of {type(item).__name__}", remedy="Give Items or places.")
    return item.to_dict(include_self_link=False, transform_hrefs=False)  # type: ignore[no-any-return]  # pystac


def _of_place(place: str, bucket: str, keys: list[str] | None) -> Source:
    if keys is not None:
        raise ConfigurationError(f"{place!r} names no assets", remedy="Give the Item to choose assets of it.")
    root = object_path(place, bucket)
    if root is None:
        raise NotFoundError(
            f"{place!r} is no place in the bucket {bucket}", remedy=f"Write /{bucket}/… or s3://{bucket}/…"
        )
    return Source(root)


def _of_item(item: Mapping[str, Any], bucket: str, keys: list[str] | None) -> Source:
    name, assets = item.get("id", "?"), item.get("assets") or {}
    if is_burst(item):
        raise ConfigurationError(
            f"{name} is a burst, not a product",
            remedy="Read it lazily, or download the product that its link `derived_from` names.",
        )
    root = place_of(item, bucket).root
    if keys is None:
        return Source(root)
    missing = [key for key in keys if key not in assets]
    if missing:
        raise NotFoundError(f"the Item {name} has no asset {missing[0]!r}", remedy=f"It has: {', '.join(assets)}.")
    return Source(root, frozenset(_path(name, key, assets[key], root, bucket) for key in keys))


def _path(name: str, key: str, asset: Mapping[str, Any], root: str, bucket: str) -> str:
    place = object_path(str(asset.get("href", "")), bucket)
    if place is None or not f"{place}/".startswith(f"{root}/"):
        raise NotFoundError(
            f"the asset {key!r} of {name} is not an object of its product",
            remedy="Choose assets whose href starts with s3://.",
        )
    return place[len(root) + 1 :]
