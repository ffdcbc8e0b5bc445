"""The database file: made from the archive's JSON lines, kept beside them, made anew when they change."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from phistac.errors import ServiceError
from phistac.sandbox.odata.fields import ENTITIES
from phistac.sandbox.odata.loading import load, read_lines
from phistac.sandbox.odata.schema import VERSION, indexes, statements

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["up_to_date"]


def up_to_date(folder: Path) -> Path:
    """Return the path of the database, made from the lines if it is not that already.

    Parameters
    ----------
    folder : Path
        Holds ``products.jsonl``, ``bursts.jsonl`` and ``deleted.jsonl``, as far as there are any.

    Raises
    ------
    FormatError
        If a line cannot be used; no database is left then.
    ServiceError
        If the database cannot be written, or two rows have one Id.
    """
    sources = [folder / f"{entity.table}.jsonl" for entity in ENTITIES]
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sources if path.is_file()]
    origin = f"{VERSION} {stats}"
    target = folder / "catalogue.sqlite"
    if target.is_file() and _origin(target) == origin:
        return target
    building = folder / f"catalogue.sqlite.{os.getpid()}.building"
    building.unlink(missing_ok=True)
    try:
        _build(building, folder, origin)
        for leftover in ("catalogue.sqlite-wal", "catalogue.sqlite-shm"):
            (folder / leftover).unlink(missing_ok=True)
        building.replace(target)
    finally:
        building.unlink(missing_ok=True)
    return target


def _origin(path: Path) -> str | None:
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'origin'").fetchone()
    except sqlite3.DatabaseError:  # another schema, or not a database: it is made anew
        return None
    finally:
        connection.close()
    return None if row is None else str(row[0])


def _build(path: Path, folder: Path, origin: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        for statement in statements():
            connection.execute(statement)
        for entity in ENTITIES:
            load(connection, entity, read_lines(folder / f"{entity.table}.jsonl"))
        for statement in indexes():
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('origin', ?)", (origin,))
        connection.commit()
    except sqlite3.Error as error:
        raise ServiceError(
            f"the catalogue's database {path} could not be made: {error}",
            remedy="Is the disk full? Does every row have an Id of its own?",
        ) from error
    finally:
        connection.close()
