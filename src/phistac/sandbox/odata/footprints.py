"""Which rows touch an area: a tree of bounding boxes, then an exact, prepared, vectorized test.

Planar in degrees, as the catalogue's own answers are; a footprint across the antimeridian is a MultiPolygon there.
"""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Footprints"]


class Footprints:
    """The footprints of one table, read once.

    Parameters
    ----------
    connection : sqlite3.Connection
        Read from now, not kept.
    table : str
        An entity's table.
    """

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        rows = connection.execute(f"SELECT number, footprint FROM {table} WHERE footprint IS NOT NULL").fetchall()  # noqa: S608 - our own table
        pairs = [(row["number"], row["footprint"]) for row in rows]
        self._numbers = np.array([number for number, _ in pairs], dtype=np.int64)
        self._tree = shapely.STRtree(shapely.from_wkb(np.array([wkb for _, wkb in pairs], dtype=object)))
        self._lock = threading.Lock()
        # A search is asked for page by page: the same area comes again and again.
        self._cached = lru_cache(maxsize=64)(self._query)

    def touching(self, wkt: str) -> str:
        """Return a JSON array of the numbers of the rows whose footprints touch an area (WKT, valid)."""
        with self._lock:
            return self._cached(wkt)

    def _query(self, wkt: str) -> str:
        found = self._tree.query(shapely.from_wkt(wkt), predicate="intersects")
        return json.dumps(np.sort(self._numbers[found]).tolist())
