"""Items as tables and back: GeoDataFrame, ItemCollection. One row for each Item, one column for each field.

Times are UTC with microseconds, which is all that the catalogue has; the year 9999 of ``expires`` fits. Lists and
mappings (assets, links, polarizations) stay Python values in their cells, so that the way back loses nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping

from phistac.errors import QueryError
from phistac.odata.footprints import lists
from phistac.odata.times import instant, text
from phistac.stac.table_types import COUNTS, MEASURES, TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pystac import Item, ItemCollection

__all__ = [
    "ItemsLike",
    "from_geodataframe",
    "item_dict",
    "item_dicts",
    "item_list",
    "to_geodataframe",
    "to_item_collection",
]

ItemsLike: TypeAlias = "ItemCollection | gpd.GeoDataFrame | Mapping[str, Any] | Iterable[Item | Mapping[str, Any]]"
"""Items: dicts or pystac objects, several of them, an ItemCollection in either form, or a table."""

_TOP = ("id", "collection", "stac_version", "stac_extensions", "bbox", "links", "assets")
_TIME_DTYPE = pd.DatetimeTZDtype("us", "UTC")
_CRS = "EPSG:4326"


def item_list(items: ItemsLike) -> list[Any]:
    """Return Items in any form as a list of them, each as it was given; rows of a table as dicts.

    Raises
    ------
    QueryError
        If something among them is not an Item.
    """
    if isinstance(items, gpd.GeoDataFrame):
        return from_geodataframe(items)
    if isinstance(items, dict):
        items = items["features"] if items.get("type") == "FeatureCollection" else [items]
    elif hasattr(items, "to_dict") and not hasattr(items, "__iter__"):
        items = [items]
    found = list(items)
    for each in found:
        if not (isinstance(each, dict) and each.get("type") == "Feature") and not _is_object(each):
            raise QueryError(
                f"{type(each).__name__} is not an Item", remedy="Give Items of a search, as dicts or pystac objects."
            )
    return found


def _is_object(value: Any) -> bool:
    return hasattr(value, "to_dict") and hasattr(value, "assets") and hasattr(value, "properties")


def item_dict(item: Any) -> dict[str, Any]:
    """Return one Item as a plain dict, its links unresolved."""
    if isinstance(item, dict):
        return item
    made: dict[str, Any] = item.to_dict(include_self_link=False, transform_hrefs=False)
    return made


def item_dicts(items: ItemsLike) -> list[dict[str, Any]]:
    """Return Items in any form as plain dicts.

    Raises
    ------
    QueryError
        If something among them is not an Item.
    """
    return [item_dict(each) for each in item_list(items)]


def to_geodataframe(items: ItemsLike) -> gpd.GeoDataFrame:
    """Return Items as a GeoDataFrame, one row each, in their order.

    Parameters
    ----------
    items : ItemCollection, iterable of pystac.Item or dict, or GeoDataFrame
        Of one or several collections, also mixed with those of CDSE's own catalogue.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``id``, ``collection``, ``geometry`` (EPSG:4326, ``None`` for Items without), one for each property
        (times as ``datetime64[us, UTC]``), then ``bbox``, ``links``, ``assets`` and so on. What an Item lacks is
        missing (``None``, ``NaN`` or ``NaT``).

    Raises
    ------
    QueryError
        If something among them is not an Item.

    Examples
    --------
    >>> item = {"type": "Feature", "id": "a", "geometry": None, "properties": {"datetime": "2025-06-06T16:57:37Z"}}
    >>> to_geodataframe([item])["datetime"].dt.year.tolist()
    [2025]
    """
    rows = item_dicts(items)
    columns: dict[str, Any] = {name: pd.Series([row.get(name) for row in rows], dtype="str") for name in _TOP[:2]}
    names = dict.fromkeys(name for row in rows for name in row["properties"])
    for name in dict.fromkeys(("datetime", *names)):
        columns[name] = _column(name, [row["properties"].get(name) for row in rows])
    for name in _TOP[2:]:
        columns[name] = pd.Series([row.get(name) for row in rows], dtype=object)
    frame = pd.DataFrame(columns)
    return gpd.GeoDataFrame(frame, geometry=_geometries(rows), crs=_CRS)


def _column(name: str, values: Sequence[Any]) -> pd.Series[Any]:
    """Return a property as a column: of its own type where it is known, else of the type that its values share."""
    if name in TIMES:
        return _times(values)
    kinds = {type(value) for value in values if value is not None}
    whole = None not in values
    if name in COUNTS and kinds <= {int}:
        dtype: Any = "Int64"
    elif kinds == {float} or (name in MEASURES and kinds <= {int, float}):
        dtype = "float64"
    elif kinds == {int}:
        dtype = "int64" if whole else "Int64"
    elif kinds == {str}:
        dtype = "str"
    else:
        dtype = bool if kinds == {bool} and whole else object
    column: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return column


def _times(values: Sequence[str | None]) -> pd.Series[Any]:
    # numpy reads thousands at once; it knows no zones, and the catalogue's are all Z.
    stripped = [None if value is None else value.removesuffix("Z") for value in values]
    if not any(value is not None and (value[-6:-5] in "+-" and value[-3:-2] == ":") for value in stripped):
        array = np.array(stripped, dtype="datetime64[us]")
    else:
        array = np.array([None if value is None else _naive(value) for value in values], dtype="datetime64[us]")
    return pd.Series(array).dt.tz_localize("UTC").astype(_TIME_DTYPE)


def _naive(value: str) -> datetime:
    return instant(value).astimezone(UTC).replace(tzinfo=None)


def _geometries(rows: Sequence[Mapping[str, Any]]) -> gpd.array.GeometryArray:
    shapes = [None if row.get("geometry") is None else shapely.geometry.shape(row["geometry"]) for row in rows]
    return gpd.array.from_shapely(np.array(shapes, dtype=object), crs=_CRS)


def from_geodataframe(table: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the Items that a table of :func:`to_geodataframe` was made from.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        As from :func:`to_geodataframe`; rows may have been dropped or sorted, columns of your own become properties.
        In another reference system, geometries are brought back to longitude and latitude.

    Raises
    ------
    QueryError
        If it has no ``id`` or no ``geometry``.

    Returns
    -------
    list of dict
        Times come back with six digits of a second.

    Examples
    --------
    >>> item = {"type": "Feature", "id": "a", "geometry": None, "properties": {"datetime": "2025-06-06T16:57:37Z"}}
    >>> (again,) = from_geodataframe(to_geodataframe([item]))
    >>> again["id"], again["properties"]
    ('a', {'datetime': '2025-06-06T16:57:37.000000Z'})
    """
    if "id" not in table.columns or table.active_geometry_name is None:
        raise QueryError("the table is not one of Items: it has no id or no geometry")
    properties = [name for name in table.columns if name not in {*_TOP, table.active_geometry_name}]
    columns = {name: _values(table[name]) for name in (*properties, *(each for each in _TOP if each in table.columns))}
    geometry = table.geometry
    shapes = (geometry if geometry.crs is None else geometry.to_crs(_CRS)).to_numpy()
    return [_item(columns, properties, at, shape) for at, shape in enumerate(shapes)]


def _values(column: pd.Series[Any]) -> list[Any]:
    """Return a column as Python values, ``None`` for what is missing."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if value is pd.NaT else text(value.to_pydatetime()) for value in column]
    missing = [value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)) for value in column]
    plain = column.astype(object).tolist()
    return [None if gone else _plain(value) for value, gone in zip(plain, missing, strict=True)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _item(columns: Mapping[str, list[Any]], properties: list[str], at: int, shape: Any) -> dict[str, Any]:
    values = {name: columns[name][at] for name in properties}
    made: dict[str, Any] = {
        "type": "Feature",
        "stac_version": columns["stac_version"][at] if "stac_version" in columns else "1.1.0",
        "id": columns["id"][at],
        "geometry": None if shape is None or shape is pd.NaT else _geojson(shape),
        "properties": {name: value for name, value in values.items() if value is not None or name == "datetime"},
    }
    for name in _TOP:
        if name in columns and name not in made and columns[name][at] is not None:
            made[name] = columns[name][at]
    for name, empty in (("stac_extensions", []), ("links", []), ("assets", {})):
        made.setdefault(name, empty)
    return made


def _geojson(shape: Any) -> dict[str, Any]:
    return dict(lists(mapping(shape)))


def to_item_collection(items: ItemsLike) -> dict[str, Any]:
    """Return Items as a GeoJSON FeatureCollection, ready for ``json.dump``.

    Parameters
    ----------
    items : ItemCollection, iterable of pystac.Item or dict, or GeoDataFrame
        Of one or several collections.

    Returns
    -------
    dict
        A FeatureCollection; its ``features`` are the Items as plain dicts, in their order.

    Raises
    ------
    QueryError
        If something among them is not an Item.

    Examples
    --------
    >>> item = {"type": "Feature", "id": "a", "geometry": None, "properties": {"datetime": "2025-06-06T16:57:37Z"}}
    >>> made = to_item_collection([item])
    >>> made["type"], [each["id"] for each in made["features"]]
    ('FeatureCollection', ['a'])
    """
    return {"type": "FeatureCollection", "features": item_dicts(items)}
