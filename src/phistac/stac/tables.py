"""Items as tables and back: GeoDataFrame, GeoParquet, ItemCollection. One row for each Item, one column for each field.

Times are UTC with microseconds, which is all that the catalogue has; the year 9999 of ``expires`` fits. Lists and
mappings (assets, links, polarizations) stay Python values in their cells, so that the way back loses nothing.
"""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import shapely
import stac_geoparquet.arrow
from shapely.geometry import mapping

from phistac.errors import DiskFullError, QueryError
from phistac.odata.times import instant, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pystac import Item, ItemCollection

__all__ = ["ItemsLike", "from_geodataframe", "item_dicts", "to_geodataframe", "to_geoparquet", "to_item_collection"]

ItemsLike: TypeAlias = "ItemCollection | gpd.GeoDataFrame | Mapping[str, Any] | Iterable[Item | Mapping[str, Any]]"
"""Items: dicts or pystac objects, several of them, an ItemCollection in either form, or a table."""

_TOP = ("id", "collection", "stac_version", "stac_extensions", "bbox", "links", "assets")
_TIMES = ("datetime", "start_datetime", "end_datetime", "created", "updated", "published", "expires", "unpublished")
_MORE_TIMES = ("eopf:origin_datetime", "processing:datetime", "burst:azimuth_time", "sat:anx_datetime")
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
    if name in _TIMES or name in _MORE_TIMES:
        return _times(values)
    present = [value for value in values if value is not None]
    if present and all(type(value) is int for value in present):
        return pd.Series(values, dtype="int64" if len(present) == len(values) else "Int64")
    if present and all(type(value) in {int, float} for value in present):
        return pd.Series(values, dtype="float64" if all(type(value) is float for value in present) else object)
    if present and all(type(value) is str for value in present):
        return pd.Series(values, dtype="str")
    if present and len(present) == len(values) and all(type(value) is bool for value in present):
        return pd.Series(values, dtype=bool)
    return pd.Series(values, dtype=object)


def _times(values: Sequence[str | None]) -> pd.Series[Any]:
    # numpy reads thousands at once; it knows no zones, and the catalogue's are all Z.
    try:
        stripped = [None if value is None else value.removesuffix("Z") for value in values]
        array = np.array(stripped, dtype="datetime64[us]")
    except ValueError:
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

    Raises
    ------
    QueryError
        If it has no ``id`` or no ``geometry``.

    Returns
    -------
    list of dict
        Times come back with six digits of a second.
    """
    if "id" not in table.columns or table.active_geometry_name is None:
        raise QueryError("the table is not one of Items: it has no id or no geometry")
    properties = [name for name in table.columns if name not in {*_TOP, table.active_geometry_name}]
    columns = {name: _values(table[name]) for name in (*properties, *(each for each in _TOP if each in table.columns))}
    shapes = table.geometry.to_numpy()
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
    return {"type": shape.geom_type, "coordinates": _lists(mapping(shape)["coordinates"])}


def _lists(value: Any) -> Any:
    return [_lists(each) for each in value] if isinstance(value, tuple | list) else value


def to_item_collection(items: ItemsLike) -> dict[str, Any]:
    """Return Items as a GeoJSON FeatureCollection, ready for ``json.dump``."""
    return {"type": "FeatureCollection", "features": item_dicts(items)}


def to_geoparquet(items: ItemsLike, path: Any) -> None:
    """Write Items as stac-geoparquet, which DuckDB, QGIS, rustac and geopandas read.

    Parameters
    ----------
    items : ItemCollection, iterable of Items, or GeoDataFrame
        At least one.
    path : path-like
        Where to. It appears whole or not at all; a file of that name is replaced.

    Raises
    ------
    QueryError
        If there are no Items: a file without rows has no columns.
    DiskFullError
        If it does not fit.
    """
    rows = item_dicts(items)
    if not rows:
        raise QueryError("there are no Items to write", remedy="Widen the search.")
    filled = [row if row.get("geometry") is not None else {**row, **_PLACEHOLDER} for row in rows]
    table = stac_geoparquet.arrow.parse_stac_items_to_arrow(filled).read_all()
    absent = pa.array([row.get("geometry") is None for row in rows])
    if pa.compute.any(absent).as_py():
        table = _without_placeholders(table, absent)
    _write_whole(table, str(path))


def _write_whole(table: pa.Table, path: str) -> None:
    disk, part = pa.fs.LocalFileSystem(), f"{path}.part"
    try:
        stac_geoparquet.arrow.to_parquet(table, part)
        disk.move(part, path)
    except OSError as error:
        if disk.get_file_info(part).type == pa.fs.FileType.File:
            disk.delete_file(part)
        if error.errno == errno.ENOSPC:
            raise DiskFullError(f"there is no room for {path}", remedy="Make some, or write elsewhere.") from error
        raise


# The writer has no Items without geometry; they go through it with this one, which is then taken out.
_PLACEHOLDER = {"geometry": {"type": "Point", "coordinates": [0.0, 0.0]}, "bbox": [0.0, 0.0, 0.0, 0.0]}


def _without_placeholders(table: pa.Table, absent: pa.Array) -> pa.Table:
    for name in ("geometry", "bbox"):
        at, field = table.schema.get_field_index(name), table.schema.field(name)
        column = table.column(name).combine_chunks()
        indices = pa.compute.if_else(absent, None, pa.array(range(len(absent)), pa.int64()))
        table = table.set_column(at, field.with_nullable(nullable=True), column.take(indices))
    return table
