"""Catalogue rows found in a folder: OData answers saved as JSON, whatever made them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import shapely

from phistac.sandbox.archive.times import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Found", "find_rows"]

_WKT = re.compile(r"^geography'SRID=4326;(?P<wkt>.+)'$", re.DOTALL)


class Found:
    """Rows by name, the richest of each name, and how many were left out as incomplete."""

    def __init__(self) -> None:
        self.products: dict[str, dict[str, Any]] = {}
        self.bursts: dict[str, dict[str, Any]] = {}
        self.incomplete = 0

    def add(self, row: dict[str, Any]) -> None:
        """Take one row, if it is a whole one."""
        is_burst = "BurstId" in row
        if not _whole(row, is_burst=is_burst):
            self.incomplete += 1
            return
        kept = self.bursts if is_burst else self.products
        row = _filled(row, is_burst=is_burst)
        if row["Name"] not in kept or _richness(row) > _richness(kept[row["Name"]]):
            kept[row["Name"]] = row


def find_rows(folder: Path) -> Found:
    """Return every product and burst row in the ``*.json`` files below ``folder``; other JSON is passed over."""
    found = Found()
    for path in sorted(folder.rglob("*.json")):
        try:
            content = json.loads(path.read_bytes())
        except ValueError:  # not JSON, or not text: not an OData answer
            continue
        for row in _rows(content):
            found.add(row)
    return found


def _rows(content: object) -> Iterator[dict[str, Any]]:
    if not isinstance(content, dict):
        return
    listed = content.get("value")
    rows = listed if isinstance(listed, list) else [content]
    for row in rows:
        if isinstance(row, dict) and ("ContentDate" in row or "BurstId" in row):
            yield row


def _whole(row: dict[str, Any], *, is_burst: bool) -> bool:
    """Tell whether a row has what searching and reading need, unabridged (printed rows end in ``...``)."""
    dates = row.get("ContentDate")
    texts = (row.get("Id"), row.get("Name"), row.get("S3Path"))
    if not isinstance(dates, dict) or not all(isinstance(t, str) and t and not t.endswith("...") for t in texts):
        return False
    try:
        parse(dates["Start"])
        parse(dates["End"])
    except (KeyError, TypeError, ValueError):
        return False
    return not is_burst or all(isinstance(row.get(key), int) for key in ("BurstId", "ByteOffset", "LinesPerBurst"))


def _filled(row: dict[str, Any], *, is_burst: bool) -> dict[str, Any]:
    """Return the row without the entity's context, with the keys that today's rows have and old ones lack."""
    row = {key: value for key, value in row.items() if key != "@odata.context"}
    row.setdefault("Footprint", None)
    if row.get("GeoFootprint") is None:
        match = _WKT.match(row["Footprint"] or "")
        row["GeoFootprint"] = shapely.geometry.mapping(shapely.from_wkt(match["wkt"])) if match else None
    if not is_burst:
        for key in ("Checksum", "Attributes", "Assets", "Locations"):
            row.setdefault(key, [])
        row.setdefault("Online", True)
        row.setdefault("ContentLength", 0)
    return row


def _richness(row: dict[str, Any]) -> int:
    return len(row) + sum(len(row.get(key) or ()) for key in ("Attributes", "Assets", "Locations", "Checksum"))
