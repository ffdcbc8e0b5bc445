"""The page of the documentation on what can be searched by, made from the tables that searches use.

``docs/crosswalk.md`` is this page. A test says whether it is up to date; ``python docs/make_crosswalk.py`` writes it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from phistac.odata.attributes import ATTRIBUTES
from phistac.stac.collections import BURSTS, collection
from phistac.stac.columns import columns
from phistac.stac.properties import ALIASES, properties
from phistac.stac.queryables import sortable_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phistac.odata.attributes import AttributeRow
    from phistac.stac.collections import Collection
    from phistac.stac.properties import Property

__all__ = ["crosswalk_page"]

_INTRODUCTION = """# What can be searched by

This page is made by `phistac.stac.crosswalk` from the tables that searches, Items and queryables are made from.

Search by the names on the left, in `filter` (CQL2 text or JSON) and `query`. What the catalogue can be asked, it is
asked; the rest is checked on the Items that come back, and `phistac.explain(search)` says which part goes where. A
property that neither the catalogue nor an Item has is refused, with the one that is nearly called so.

- The catalogue compares texts with `=` only, numbers and times with `=`, `<`, `<=`, `>`, `>=`. `<>`, `in`, `between`,
  `and`, `or`, `not` are written with these. `like` it knows for names: `id LIKE 'S1A%'`. All else (`like`, `casei`,
  `isNull`, order of texts, arithmetic) is checked here. So is `<>` of a text attribute: a record without it is not one
  that has another value.
- Of areas it knows `s_intersects` and `s_disjoint`. For the other relations it is asked which footprints intersect, and
  those are checked here. An area of more vertices than an address holds is asked for by a simpler one around it.
- Where a part is checked here, the number of matches is not known before all are fetched: `matched()` gives `None`.
- `odata:<attribute>` is every attribute as the records have it, whether it has a STAC name or not: `odata:productType`.
"""


def crosswalk_page() -> str:
    """Return the page as Markdown."""
    bursts = collection(BURSTS)
    parts = [
        _INTRODUCTION,
        "## Fields of every product\n",
        _table(("property", "type", "asked of the catalogue as"), _fields(None)),
        "## Attributes, by collection of the catalogue\n",
        _table(("property", "in Items", "attribute", "type", "operators", "collections"), _attributes()),
        f"## Bursts: `{BURSTS}`\n",
        _table(("property", "type", "asked of the catalogue as"), _fields(bursts)),
        "`burst:id` is understood as `t044_092602_iw2`, `044_092602_IW2`, in upper and lower case; "
        + ", ".join(f"`{other}` as `{name}`" for other, name in ALIASES.items())
        + ".\n",
        "## Sorting\n",
        "By one property at a time: " + ", ".join(f"`{name}`" for name in sortable_names(None)) + "; bursts by "
        + ", ".join(f"`{name}`" for name in sortable_names(bursts)) + ".\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _fields(found: Collection | None) -> Iterable[tuple[str, ...]]:
    """Yield what is no attribute: the fields of rows, and what is checked on this side."""
    for each in properties(found).values():
        if found is None and (not each.asked or any(way.attribute for way in columns(each.name, None))):
            continue
        yield _code(each.name), each.kind, _asked(each)
    if found is None:
        yield from ((_code(each.name), each.kind, _asked(each)) for each in properties(None).values() if not each.asked)
        yield _code("platform"), "text", "`platformSerialIdentifier` and `Collection/Name`"


def _asked(prop: Property) -> str:
    return ", ".join(_code(name) for name in prop.asked) or "checked here"


def _attributes() -> Iterable[tuple[str, ...]]:
    rows = sorted(ATTRIBUTES, key=_key)
    for _, same in groupby(rows, key=_key):
        group = list(same)
        first = group[0]
        where = ", ".join(dict.fromkeys(name for row in group for name in row.collections))
        operators = ", ".join(first.operators) or "none: in records of 2023 only"
        yield (
            _code(first.stac), "yes" if first.written else "no", _code(first.odata), first.type, operators, where,
        )  # fmt: skip


def _key(row: AttributeRow) -> tuple[bool, str, str, str, bool]:
    return not row.written, row.stac, row.odata, row.type, not row.operators


def _code(text: str) -> str:
    return f"`{text}`"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
