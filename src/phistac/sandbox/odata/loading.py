"""Rows of the catalogue's JSON lines as rows of the store."""

from __future__ import annotations

import json
import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import shape

from phistac.errors import FormatError
from phistac.sandbox.odata.attributes import family
from phistac.sandbox.odata.missions import collection_of
from phistac.sandbox.odata.schema import insert
from phistac.sandbox.odata.times import microseconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from phistac.sandbox.odata.fields import Entity, Field

__all__ = ["BASE", "load", "read_lines"]

BASE = "@BASE@"
"""Stands for the catalogue's address in stored texts; links in records name the real service."""

_LINK = re.compile(r'"https?://[^/"]+/odata/v1/')
_BATCH = 2000


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSON lines file; none if there is no file.

    Raises
    ------
    FormatError
        Naming the line that is not a JSON object.
    """
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise FormatError(f"line {number} of {path.name} is not JSON: {error}") from error
            if not isinstance(row, dict) or "Id" not in row:
                raise FormatError(f"line {number} of {path.name} is not a row with an Id")
            yield row


def load(connection: sqlite3.Connection, entity: Entity, rows: Iterable[Mapping[str, Any]], *, first: int = 1) -> int:
    """Insert rows; return the number after the last one.

    Raises
    ------
    FormatError
        Naming the row that cannot be used.
    """
    number, statement = first, insert(entity)
    attributes = f"INSERT OR IGNORE INTO {entity.table}_attributes VALUES (?, ?, ?, ?)"  # noqa: S608 - our own tables
    rest = iter(rows)
    while batch := list(islice(rest, _BATCH)):
        numbered = list(enumerate(batch, start=number))
        connection.executemany(statement, [_columns(entity, n, row) for n, row in numbered])
        if entity.has_attributes:
            found = chain.from_iterable(_attributes(n, row) for n, row in numbered)
            connection.executemany(attributes, found)
        number += len(batch)
    return number


def _columns(entity: Entity, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        values: dict[str, Any] = {f.column: _value(f, row) for f in entity.fields}
        values["footprint"] = _footprint(row)
    except (ValueError, TypeError, KeyError, shapely.errors.GEOSException) as error:
        raise FormatError(f"the {entity.name} row {row.get('Id')} cannot be used: {error}") from error
    plain = {k: v for k, v in row.items() if k not in {"Attributes", "Assets", "Locations", "Collection"}}
    values |= {"number": number, "row": _dump(plain)[:-1]}
    for name in entity.expandable:
        values[name.lower()] = _LINK.sub(f'"{BASE}/', _dump(row.get(name) or []))
    return values


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _value(field: Field, row: Mapping[str, Any]) -> Any:
    value: Any = row
    for part in field.path.split("/"):
        value = value.get(part) if value else None
    if field.path == "Collection/Name" and value is None:
        return collection_of(row)
    if value in {None, ""}:
        return None
    if field.kind == "id":
        return str(value).lower()
    return microseconds(value) if field.kind == "time" else value


def _footprint(row: Mapping[str, Any]) -> bytes | None:
    # Records of early 2023 have no GeoFootprint, auxiliary files neither.
    area = row.get("GeoFootprint")
    if area:
        geometry = shape(area)
    elif row.get("Footprint"):
        geometry = shapely.from_wkt(row["Footprint"].removeprefix("geography'SRID=4326;").removesuffix("'"))
    else:
        return None
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry)
    wkb: bytes = shapely.to_wkb(geometry)
    return wkb


def _attributes(number: int, row: Mapping[str, Any]) -> Iterator[tuple[int, str, str, Any]]:
    for attribute in row.get("Attributes") or ():
        name, kind, value = attribute["Name"], attribute["ValueType"], attribute["Value"]
        if kind == "DateTimeOffset" and value:
            value = microseconds(value)
        yield number, name, kind, value
        alias = family(value) if name == "productType" and isinstance(value, str) else None
        if alias is not None:
            yield number, name, kind, alias
