"""Answers put together from stored JSON texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from phistac.sandbox.odata.loading import BASE
from phistac.sandbox.odata.options import MAX_SKIP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phistac.sandbox.odata.fields import Entity
    from phistac.sandbox.odata.options import Options

__all__ = ["entity_text", "list_text", "next_link"]


def list_text(
    entity: Entity,
    rows: Sequence[Mapping[str, Any]],
    options: Options,
    *,
    base: str,
    count: int | None,
    link: str | None,
) -> str:
    """Return the JSON text of a page, its members in the order of the recorded ones."""
    members = [f'"@odata.context":"{_context(entity, options)}"']
    if count is not None:
        members.append(f'"@odata.count":{count}')
    values = ",".join(f"{_row_text(row, options, base)}}}" for row in rows)
    members.append(f'"value":[{values}]')
    if link is not None:
        members.append(f'"@odata.nextLink":{json.dumps(link)}')
    return "{" + ",".join(members) + "}"


def entity_text(entity: Entity, row: Mapping[str, Any], options: Options, *, base: str) -> str:
    """Return the JSON text of one row asked for by its Id."""
    context = f'{{"@odata.context":"{_context(entity, options)}/$entity",'
    return context + _row_text(row, options, base)[1:] + "}"


def next_link(url: str, options: Options, found: int) -> str | None:
    """Return the link to the next page as the service writes it, or None.

    The same options with ``$skip`` raised, in its place or at the end; encoded as forms are; ``$count`` is kept. There
    is none after a page that is not full, and none that would skip more than the limit, however many rows are left.
    Whether the service gives one after a last page that happens to be full is not known; here it does, and the page
    it leads to is empty.
    """
    skip = options.skip + options.top
    if found == 0 or found < options.top or skip > MAX_SKIP:
        return None
    pairs = [(name, str(skip) if name == "$skip" else value) for name, value in options.pairs]
    if all(name != "$skip" for name, _ in pairs):
        pairs.append(("$skip", str(skip)))
    return f"{url}?{urlencode(pairs)}"


def _context(entity: Entity, options: Options) -> str:
    expanded = ",".join(f"{name}()" for name in options.expand)
    return f"$metadata#{entity.name}" + (f"({expanded})" if expanded else "")


def _row_text(row: Mapping[str, Any], options: Options, base: str) -> str:
    """Return the text of a row without its closing brace."""
    text: str = row["row"] if options.select is None else _selected(row["row"], options.select)
    # In the order of the recorded rows, which is not the order of the option.
    for name in ("Attributes", "Assets", "Locations"):
        if name in options.expand:
            text += f',"{name}":' + row[name.lower()].replace(BASE, base)
    return text


def _selected(text: str, names: frozenset[str]) -> str:
    row = json.loads(text + "}")
    kept = {name: value for name, value in row.items() if name in names or name.startswith("@")}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)[:-1]
