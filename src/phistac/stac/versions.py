"""``phistac.latest``: one version of each acquisition, for Items in any form and for tables.

Which products are versions of one acquisition, and which of them is the latest, is said in
:mod:`phistac.analysis.versions`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd

from phistac.analysis.rendering import counted, preformatted
from phistac.analysis.versions import Facts, choose
from phistac.errors import QueryError
from phistac.stac.tables import item_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from phistac.analysis.versions import Choice
    from phistac.stac.tables import ItemsLike

__all__ = ["Dropped", "Latest", "latest"]

T = TypeVar("T")
_SOURCE = "derived_from"


@dataclass(frozen=True, slots=True)
class Dropped:
    """One Item that is not the latest version."""

    id: str
    kept: str
    """Id of the one that is kept in its stead."""
    reason: str
    item: Any = field(repr=False, compare=False, default=None)
    """The Item itself, as it was given."""


class Latest(list[T]):
    """The Items that are kept, in their order: a list that also says what was dropped, and why.

    Attributes
    ----------
    dropped : tuple of Dropped
        In the order in which they were given.
    """

    def __init__(self, items: Iterable[T] = (), dropped: Sequence[Dropped] = ()) -> None:
        super().__init__(items)
        self.dropped = tuple(dropped)

    def __repr__(self) -> str:
        counts = Counter(each.reason for each in self.dropped)
        lines = [f"Latest: {counted(len(self), 'Item')} kept, {len(self.dropped):,} dropped"]
        lines += [f"  {count:>7,}  {reason}" for reason, count in counts.most_common()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return preformatted(repr(self))


def latest(items: ItemsLike) -> Latest[Any] | gpd.GeoDataFrame:
    """Return one version of each acquisition.

    Sentinel-2: one for each tile, datatake and datastrip, of the highest baseline, then the newest processing; the
    parts of a tile that is split between two datastrips are both kept. Sentinel-1: one of those whose names differ only
    in the last four characters, and the original before its cloud optimized twin. Whatever is there twice is kept once.

    Parameters
    ----------
    items : iterable of pystac.Item or dict, ItemCollection, or GeoDataFrame
        From one or several searches, also mixed with Items of CDSE's own catalogue.

    Returns
    -------
    Latest, or GeoDataFrame
        The Items that are kept, as they were given and in their order, with those that are not in ``dropped``. Of a
        table, the rows that are kept; ``attrs["dropped"]`` then lists id, id of the kept one and reason of the others.

    Raises
    ------
    QueryError
        If something among them is not an Item.

    Examples
    --------
    >>> name = "S2A_MSIL1C_20200808T010311_N{}_R045_T54PXA_{}"
    >>> old, new = name.format("0209", "20200808T022415"), name.format("0500", "20230413T212505")
    >>> latest([{"type": "Feature", "id": each, "properties": {}} for each in (old, new)])
    Latest: 1 Item kept, 1 dropped
            1  processed with a lower baseline
    """
    if isinstance(items, gpd.GeoDataFrame):
        return _of_table(items)
    given = item_list(items)
    facts = [_facts(each) for each in given]
    choices = choose(facts)
    gone = {choice.dropped for choice in choices}
    return Latest(
        (each for at, each in enumerate(given) if at not in gone),
        [_dropped(choice, facts, given[choice.dropped]) for choice in choices],
    )


def _facts(item: Any) -> Facts:
    if isinstance(item, dict):
        return Facts(item["id"], item["properties"], _source(item["properties"], item.get("links") or ()))
    links = (link.to_dict(transform_href=False) for link in item.links if link.rel == _SOURCE)
    return Facts(item.id, item.properties, _source(item.properties, links))


def _source(properties: Mapping[str, Any], links: Iterable[Mapping[str, Any]]) -> str:
    """Return the address of the product that a burst is part of; nothing else has one."""
    if not isinstance(properties.get("burst:id"), str):  # missing in a row of a table is not text
        return ""
    return next((str(link.get("href", "")) for link in links if link.get("rel") == _SOURCE), "")


def _dropped(choice: Choice, facts: Sequence[Facts], item: Any) -> Dropped:
    return Dropped(facts[choice.dropped].id, facts[choice.kept].id, choice.reason, item)


_COLUMNS = ("eopf:datastrip_id", "processing:datetime", "created", "published", "updated", "burst:id")


def _of_table(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "id" not in table.columns:
        raise QueryError("the table is not one of Items: it has no id")
    present = [name for name in _COLUMNS if name in table.columns]
    values = zip(*(table[name].tolist() for name in ("id", *present)), strict=True)
    facts = [Facts(row[0], dict(zip(present, row[1:], strict=True))) for row in values]
    if "burst:id" in present and "links" in table.columns:
        sources = [_source(each.properties, links or ()) for each, links in zip(facts, table["links"], strict=True)]
        facts = [replace(each, source=source) for each, source in zip(facts, sources, strict=True)]
    choices = choose(facts)
    gone = {choice.dropped for choice in choices}
    kept = table[[at not in gone for at in range(len(table))]].copy()
    kept.attrs["dropped"] = [
        {"id": facts[each.dropped].id, "kept": facts[each.kept].id, "reason": each.reason} for each in choices
    ]
    return kept
