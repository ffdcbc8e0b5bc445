"""A catalogue that moves: products and bursts published and deleted while somebody pages through it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from phistac.sandbox.odata.fields import BURSTS, DELETED, PRODUCTS
from phistac.sandbox.odata.loading import load

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

__all__ = ["delete_rows", "publish_rows"]


def publish_rows(connection: sqlite3.Connection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert products and bursts, or replace those that have the same Id; return how many."""
    rows = list(rows)
    bursts = [row for row in rows if "ParentProductId" in row]
    products = [row for row in rows if "ParentProductId" not in row]
    for row in products:
        _remove(connection, str(row["Id"]).lower())
    for row in bursts:
        connection.execute("DELETE FROM bursts WHERE id = ?", (str(row["Id"]).lower(),))
    load(connection, PRODUCTS, products, first=_next(connection, PRODUCTS.table))
    load(connection, BURSTS, bursts, first=_next(connection, BURSTS.table))
    return len(rows)


def delete_rows(connection: sqlite3.Connection, identifiers: Iterable[str], *, at: str, cause: str) -> int:
    """Move products to the deleted ones; their bursts vanish, unknown Ids are passed over. Return how many moved."""
    gone = [row for identifier in identifiers if (row := _remove(connection, identifier.lower())) is not None]
    for row in gone:
        connection.execute("DELETE FROM bursts WHERE parentproductid = ?", (str(row["Id"]).lower(),))
    marked = [{**row, "Online": False, "DeletionDate": at, "DeletionCause": cause} for row in gone]
    load(connection, DELETED, marked, first=_next(connection, DELETED.table))
    return len(gone)


def _remove(connection: sqlite3.Connection, identifier: str) -> dict[str, Any] | None:
    found = connection.execute("SELECT number, row, attributes FROM products WHERE id = ?", (identifier,)).fetchone()
    if found is None:
        return None
    number, row, attributes = found["number"], found["row"], found["attributes"]
    connection.execute("DELETE FROM products WHERE number = ?", (number,))
    connection.execute("DELETE FROM products_attributes WHERE number = ?", (number,))
    return {**json.loads(row + "}"), "Attributes": json.loads(attributes)}


def _next(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT COALESCE(MAX(number), 0) + 1 AS n FROM {table}").fetchone()["n"])  # noqa: S608 - our own table
