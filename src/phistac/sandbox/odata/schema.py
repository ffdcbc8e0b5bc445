"""The SQLite schema, made from :mod:`.fields`: a table per entity set, and one of attributes beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phistac.sandbox.odata.fields import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phistac.sandbox.odata.fields import Entity

__all__ = ["VERSION", "indexes", "insert", "statements"]

VERSION = "1"
"""Of the schema and of what loading puts into it; another version makes the file anew."""

_TYPES = {"string": "TEXT", "id": "TEXT", "integer": "INTEGER", "boolean": "INTEGER", "time": "INTEGER"}


def statements() -> Iterator[str]:
    """Yield the statements that make an empty catalogue.

    Every row keeps its JSON text without the closing brace (``row``), and the texts of what can be expanded, so that
    an answer is put together without parsing. Times are microseconds since 1970.
    """
    yield "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)"
    for entity in ENTITIES:
        columns = [f"{field.column} {_TYPES[field.kind]}" for field in entity.fields]
        texts = [f"{name.lower()} TEXT" for name in entity.expandable]
        yield (
            f"CREATE TABLE {entity.table} (number INTEGER PRIMARY KEY, {', '.join(columns)}, "
            f"footprint BLOB, row TEXT NOT NULL{''.join(', ' + text for text in texts)})"
        )
        if entity.has_attributes:
            yield (
                f"CREATE TABLE {entity.table}_attributes (number INTEGER, name TEXT, kind TEXT, value, "
                "PRIMARY KEY (number, name, kind, value)) WITHOUT ROWID"
            )


def indexes() -> Iterator[str]:
    """Yield the statements that index a filled catalogue."""
    for entity in ENTITIES:
        yield f"CREATE UNIQUE INDEX {entity.table}_id ON {entity.table} (id)"
        yield f"CREATE INDEX {entity.table}_name ON {entity.table} (name)"
        for path in entity.sortable:
            field = entity.field(path)
            if field is not None:
                yield f"CREATE INDEX {entity.table}_{field.column} ON {entity.table} ({field.column}, id)"
    yield "CREATE INDEX bursts_burstid ON bursts (burstid)"
    yield "CREATE INDEX bursts_parent ON bursts (parentproductid)"


def insert(entity: Entity) -> str:
    """Return the INSERT statement of an entity's table, by named parameters."""
    names = ["number", *(f.column for f in entity.fields), "footprint", "row", *(e.lower() for e in entity.expandable)]
    return f"INSERT INTO {entity.table} ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})"  # noqa: S608 - names from our own tables
