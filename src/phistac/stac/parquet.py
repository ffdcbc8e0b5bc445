"""Items as GeoParquet and back: the stac-geoparquet layout, which DuckDB, QGIS, rustac and geopandas read.

One schema whatever the collection: a number that may be a fraction is always a ``double``, a count always an ``int64``,
a time of STAC's common metadata always a ``timestamp[us, UTC]``, so that files of different collections, and of CDSE's
own Items, append.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
import shapely
import stac_geoparquet.arrow

from phistac.errors import DiskFullError, FormatError, NotFoundError, QueryError, TransferError
from phistac.odata.times import normalized
from phistac.stac.table_types import COUNTS, MEASURES, TIMES
from phistac.stac.tables import item_dicts

if TYPE_CHECKING:
    from collections.abc import Collection

    from phistac.stac.tables import ItemsLike

__all__ = ["from_geoparquet", "to_geoparquet"]

# Reader and writer know no Items without geometry; they go through them with this one, which is then taken out.
_NOWHERE = {"geometry": {"type": "Point", "coordinates": [0.0, 0.0]}, "bbox": [0.0, 0.0, 0.0, 0.0]}
_NOWHERE_WKB = shapely.to_wkb(shapely.Point(0.0, 0.0))


def to_geoparquet(items: ItemsLike, path: Any) -> None:
    """Write Items as stac-geoparquet, which DuckDB, QGIS, rustac and geopandas read.

    Parameters
    ----------
    items : ItemCollection, iterable of Items, or GeoDataFrame
        At least one; of one or several collections, ours and CDSE's own.
    path : path-like
        Where to. It appears whole or not at all; a file of that name is replaced.

    Raises
    ------
    QueryError
        If there are no Items (a file without rows has no columns), or two have values of different kinds in one field.
    DiskFullError
        If it does not fit.

    See Also
    --------
    from_geoparquet : the Items again.

    Examples
    --------
    >>> to_geoparquet(items, "items.parquet")  # doctest: +SKIP
    """
    rows = item_dicts(items)
    if not rows:
        raise QueryError("there are no Items to write", remedy="Widen the search.")
    filled = [row if row.get("geometry") is not None else {**row, **_NOWHERE} for row in rows]
    try:
        table = stac_geoparquet.arrow.parse_stac_items_to_arrow(filled).read_all()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise QueryError(
            f"these Items do not fit in one table: {error}", remedy="Write each collection to a file of its own."
        ) from error
    absent = pa.array([row.get("geometry") is None for row in rows])
    if pa.compute.any(absent).as_py():
        table = _without_nowhere(table, absent)
    _write_whole(_with_fixed_types(table), str(path))


def _with_fixed_types(table: pa.Table) -> pa.Table:
    for names, kind in ((COUNTS, pa.int64()), (MEASURES, pa.float64())):
        for name in names & set(table.column_names):
            at, column = table.schema.get_field_index(name), table.column(name)
            if column.type != kind and (pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
                table = table.set_column(at, pa.field(name, kind), column.cast(kind))
    # Parquet has no structure without members.
    empty = [field.name for field in table.schema if pa.types.is_struct(field.type) and field.type.num_fields == 0]
    return table.drop_columns(empty)


def _write_whole(table: pa.Table, path: str) -> None:
    disk, part = pa.fs.LocalFileSystem(), f"{path}.part"
    try:
        stac_geoparquet.arrow.to_parquet(table, part)
        disk.move(part, path)
    except OSError as error:
        _remove(disk, part)
        if error.errno == errno.ENOSPC:
            raise DiskFullError(f"there is no room for {path}", remedy="Make some, or write elsewhere.") from error
        reason = error.strerror or str(error)
        raise TransferError(
            f"{path} cannot be written: {reason}", remedy="Name a file in a folder of yours."
        ) from error
    except pa.ArrowNotImplementedError as error:  # structures without members, deep inside
        _remove(disk, part)
        raise QueryError(f"these Items cannot be written: {error}", remedy="Take out what is empty in them.") from error


def _remove(disk: pa.fs.FileSystem, path: str) -> None:
    if disk.get_file_info(path).type == pa.fs.FileType.File:
        disk.delete_file(path)


def _without_nowhere(table: pa.Table, absent: pa.Array) -> pa.Table:
    for name in ("geometry", "bbox"):
        at, field = table.schema.get_field_index(name), table.schema.field(name)
        column = table.column(name).combine_chunks()
        indices = pa.compute.if_else(absent, None, pa.array(range(len(absent)), pa.int64()))
        table = table.set_column(at, field.with_nullable(nullable=True), column.take(indices))
    return table


def from_geoparquet(path: Any) -> list[dict[str, Any]]:
    """Return the Items of a stac-geoparquet file.

    Parameters
    ----------
    path : path-like
        Written by :func:`to_geoparquet`, or by another tool in the same layout.

    Returns
    -------
    list of dict
        As they were written: times with six digits of a second, ``geometry`` and ``datetime`` also where they are
        ``None``. Other fields that were ``None`` are left out: a table does not tell them from what is not there.

    Raises
    ------
    NotFoundError
        If there is no such file.
    FormatError
        If it is not a table of Items.

    Examples
    --------
    >>> from_geoparquet("items.parquet")[0]["id"]  # doctest: +SKIP
    'S1C_IW_SLC__1SDV_20250829T165737_20250829T165748_003890_006F8C_6FD9'
    """
    try:
        table = pa.parquet.read_table(str(path))
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}") from error
    except pa.ArrowInvalid as error:
        raise FormatError(f"{path} is not a Parquet file: {error}") from error
    missing = {"id", "geometry"} - set(table.column_names)
    if missing:
        raise FormatError(f"{path} is not a table of Items: it has no column {min(missing)}")
    absent: list[set[str]] = [set() for _ in range(table.num_rows)]
    for name in {"geometry", "bbox"} & set(table.column_names):
        for names, gone in zip(absent, table.column(name).is_null().to_pylist(), strict=True):
            names.update((name,) if gone else ())
    items = stac_geoparquet.arrow.stac_table_to_items(_somewhere(table) if any(absent) else table)
    return [_item(item, names) for item, names in zip(items, absent, strict=True)]


def _somewhere(table: pa.Table) -> pa.Table:
    """Put the placeholder where there is no geometry or no box."""
    at, field = table.schema.get_field_index("geometry"), table.schema.field("geometry")
    table = table.set_column(at, field, table.column("geometry").combine_chunks().fill_null(_NOWHERE_WKB))
    if "bbox" not in table.column_names:
        return table
    at, box = table.schema.get_field_index("bbox"), table.column("bbox").combine_chunks()
    sides = [side.fill_null(0.0) for side in box.flatten()]
    return table.set_column(at, "bbox", pa.StructArray.from_arrays(sides, fields=list(box.type)))


def _item(item: dict[str, Any], absent: Collection[str]) -> dict[str, Any]:
    made: dict[str, Any] = _pruned({key: value for key, value in item.items() if key not in absent})
    made.setdefault("geometry", None)
    properties = made["properties"]
    properties.update({name: normalized(properties[name]) for name in TIMES & properties.keys()})
    properties.setdefault("datetime", None)
    for name, empty in (("stac_extensions", []), ("links", []), ("assets", {})):
        made.setdefault(name, empty)
    return made


def _pruned(value: Any) -> Any:
    """Take out the nulls that a table pads structures with; those of a list are values."""
    if isinstance(value, dict):
        return {key: _pruned(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_pruned(each) for each in value]
    return value
