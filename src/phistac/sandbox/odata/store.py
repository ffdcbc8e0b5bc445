"""The catalogue's rows in SQLite: made from the JSON lines of the archive, searched with checked expressions.

The database lies beside the lines it was made from and is made anew when they change. Rows published or deleted while
the sandbox runs live in the database only; the next start begins with the lines again.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any

from phistac.sandbox.odata.attributes import REGISTERED, Registry
from phistac.sandbox.odata.database import up_to_date
from phistac.sandbox.odata.fields import BURSTS, DELETED, PRODUCTS
from phistac.sandbox.odata.footprints import Footprints
from phistac.sandbox.odata.moving import delete_rows, publish_rows
from phistac.sandbox.odata.sql import Clause, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from phistac.sandbox.odata.expressions import Expression
    from phistac.sandbox.odata.fields import Entity, Order

__all__ = ["Store"]


class Store:
    """An open catalogue.

    Parameters
    ----------
    folder : Path
        The archive's ``catalogue`` folder: ``products.jsonl``, ``bursts.jsonl``, ``deleted.jsonl``.

    Raises
    ------
    FormatError
        If a line of those files cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.path = up_to_date(folder)
        self._pool: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._lock = threading.Lock()
        self._footprints: dict[str, Footprints] = {}
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            self.registry = _registry(connection)

    def close(self) -> None:
        """Close every connection."""
        while True:
            try:
                self._pool.get_nowait().close()
            except Empty:
                return

    def search(
        self, entity: Entity, where: Expression | None, *, order: Order | None, top: int, skip: int, salt: str
    ) -> list[dict[str, Any]]:
        """Return a page of rows: ``row``, and the texts of what can be expanded.

        Without an order the rows come shuffled, differently for every ``salt``: nobody shall rely on it.
        """
        clause = self._where(entity, where)
        columns = ", ".join(["r.row", *(f"r.{name.lower()}" for name in entity.expandable)])
        statement = (
            f"SELECT {columns} FROM {entity.table} r WHERE {clause.text} "  # noqa: S608 - names from our own tables, values as parameters
            f"ORDER BY {_order(order, salt)} LIMIT ? OFFSET ?"
        )
        with self._connection() as connection:
            return connection.execute(statement, (*clause.parameters, top, skip)).fetchall()

    def count(self, entity: Entity, where: Expression | None) -> int:
        """Return how many rows there are."""
        clause = self._where(entity, where)
        statement = f"SELECT COUNT(*) AS n FROM {entity.table} r WHERE {clause.text}"  # noqa: S608 - names from our own tables, values as parameters
        with self._connection() as connection:
            return int(connection.execute(statement, clause.parameters).fetchone()["n"])

    def get(self, entity: Entity, identifier: str) -> dict[str, Any] | None:
        """Return the row with this Id, or None."""
        with self._connection() as connection:
            found: dict[str, Any] | None = connection.execute(
                f"SELECT * FROM {entity.table} WHERE id = ?",  # noqa: S608 - our own table
                (identifier.lower(),),
            ).fetchone()
            return found

    def publish(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Add products and bursts to the running catalogue; return how many."""
        with self._changing(PRODUCTS, BURSTS) as connection:
            return publish_rows(connection, rows)

    def delete(self, identifiers: Iterable[str], *, at: str, cause: str = "Obsolete product or Other") -> int:
        """Move products to DeletedProducts at a time (ISO 8601); return how many."""
        with self._changing(PRODUCTS, BURSTS, DELETED) as connection:
            return delete_rows(connection, identifiers, at=at, cause=cause)

    def _where(self, entity: Entity, where: Expression | None) -> Clause:
        return Clause("1") if where is None else render(where, entity, self._areas(entity).touching)

    def _areas(self, entity: Entity) -> Footprints:
        with self._lock:
            if entity.table not in self._footprints:
                with self._connection() as connection:
                    self._footprints[entity.table] = Footprints(connection, entity.table)
            return self._footprints[entity.table]

    @contextmanager
    def _changing(self, *entities: Entity) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection() as connection, connection:
            connection.execute("DELETE FROM meta")  # what the file was made from is no longer what it holds
            yield connection
        with self._lock:
            for entity in entities:
                self._footprints.pop(entity.table, None)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._pool.get_nowait()
        except Empty:
            connection = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
            connection.row_factory = _as_dict
        try:
            yield connection
        finally:
            self._pool.put(connection)


def _order(order: Order | None, salt: str) -> str:
    if order is None:
        factor = zlib.crc32(salt.encode()) | 0x40000001  # odd, so that numbers below 2**32 stay distinct
        return f"(r.number * {factor}) & 4294967295"
    direction = "DESC" if order.descending else "ASC"
    return f"r.{order.field.column} {direction}, r.id {direction}"


def _as_dict(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}


def _registry(connection: sqlite3.Connection) -> Registry:
    others = ", ".join("?" for _ in REGISTERED)
    learned = connection.execute(
        "SELECT DISTINCT r.collection, a.name, a.kind FROM products r JOIN products_attributes a USING (number) "  # noqa: S608 - placeholders only
        f"WHERE r.collection NOT IN ({others})",
        tuple(REGISTERED),
    )
    return Registry((row["collection"], row["name"], row["kind"]) for row in learned)
