"""Copies of Items for stackstac 0.5, which reads the fields of older extensions."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from phistac.stac.tables import item_dicts

if TYPE_CHECKING:
    from phistac.stac.tables import ItemsLike

__all__ = ["for_stackstac"]

_EPSG = re.compile(r"EPSG:(\d+)")


def for_stackstac(items: ItemsLike) -> list[dict[str, Any]]:
    """Return copies of Items that :func:`stackstac.stack` can place on the ground; the Items stay as they are.

    stackstac knows ``proj:epsg`` but not ``proj:code``, and ``raster:bands`` but not ``raster:scale``. The copies have
    both, so they are no valid Items (projection 2.0 forbids ``proj:epsg``): hand them to stackstac, do not keep them.

    Parameters
    ----------
    items : ItemCollection, iterable of pystac.Item or dict, or GeoDataFrame
        With the assets to be read, as from ``phistac.with_assets`` or from CDSE's own STAC API.

    Returns
    -------
    list of dict
        In the order of the Items. Assets with a ``proj:code`` of EPSG have ``proj:epsg``; those with ``raster:scale``
        or ``raster:offset`` have ``raster:bands``, which stackstac applies unless told ``rescale=False``; an Item
        without ``datetime`` has its ``start_datetime`` there.

    Raises
    ------
    QueryError
        If something among them is not an Item.

    Examples
    --------
    >>> item = {"type": "Feature", "id": "x", "properties": {}, "assets": {"B04": {"proj:code": "EPSG:32633"}}}
    >>> for_stackstac(item)[0]["assets"]["B04"]["proj:epsg"], "proj:epsg" in item["assets"]["B04"]
    (32633, False)
    """
    return [_older(copy.deepcopy(item)) for item in item_dicts(items)]


def _older(item: dict[str, Any]) -> dict[str, Any]:
    properties = item["properties"]
    properties["datetime"] = properties.get("datetime") or properties.get("start_datetime")
    for fields in (properties, *item["assets"].values()):
        found = _EPSG.fullmatch(str(fields.get("proj:code")))
        if found:
            fields["proj:epsg"] = int(found[1])
    for asset in item["assets"].values():
        band = {name: asset[f"raster:{name}"] for name in ("scale", "offset") if f"raster:{name}" in asset}
        if band and "raster:bands" not in asset:
            asset["raster:bands"] = [band]
    return item
