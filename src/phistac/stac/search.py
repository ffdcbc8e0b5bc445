"""A STAC search to queries of the catalogue: one for each collection, ids in handfuls or by list, bursts apart.

Each query comes with what is left to check on the Items that it brings; :mod:`phistac.stac.pushdown` splits filters so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from phistac.errors import QueryError
from phistac.odata.filters import Comparison, Expression, all_of, any_of
from phistac.odata.query import Entity, Order, Query
from phistac.stac.burst_ids import looks_like_burst
from phistac.stac.collections import BURSTS, Collection, collection
from phistac.stac.columns import columns
from phistac.stac.handfuls import handfuls
from phistac.stac.ids import is_burst_id, name_condition, names_of
from phistac.stac.lifting import lifted
from phistac.stac.missionwide import with_collections
from phistac.stac.normal import Node, normal
from phistac.stac.places import area_node, asked_area
from phistac.stac.pushdown import split
from phistac.stac.splits import Split

if TYPE_CHECKING:
    from phistac.stac.intervals import Interval
    from phistac.stac.parameters import Search

__all__ = ["Part", "to_parts"]

_IDS_AT_ONCE = 20  # the address of a request has to stay of a length that servers take
_COLLECTIONS_AT_ONCE = 8
# No product but auxiliary files and mosaics spans more: the longest is the ten-day synthesis of Sentinel-3. A bound on
# the start lets the catalogue use its index; on the end alone it would look at everything since 2014.
_LONGEST = timedelta(days=15)


@dataclass(frozen=True)
class Part:
    """One query of a search, and what is left to check."""

    query: Query
    rest: Node | None = None
    """Filter in normal form, checked on the Items; ``None`` where the catalogue's answer is exact."""
    ids: tuple[str, ...] = ()
    """Ids whose names are asked for by list (``FilterList``), which takes no filter besides."""
    collections: tuple[str, ...] = ()
    """Which collections it is for; empty for all products."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that records of the ids may have."""
        return tuple(name for each in self.ids for name in names_of(each))


def to_parts(search: Search, *, together: bool = False) -> tuple[Part, ...]:
    """Return what the catalogue is asked; the results of all parts together are the result of the search.

    Parameters
    ----------
    search : Search
        From :func:`phistac.stac.parameters.to_search`.
    together : bool
        Ask for several collections at once, which takes the fewest requests. For counts: the parts of a search that is
        read follow its collections.

    Raises
    ------
    QueryError
        If the catalogue cannot be asked that: a property that nothing has, or that it cannot sort by.
    """
    narrowed = lifted(search)
    return () if narrowed is None else _all_parts(narrowed, together=together or bool(search.order or search.ids))


def _all_parts(search: Search, *, together: bool) -> tuple[Part, ...]:
    spelled = [each for each in search.ids if looks_like_burst(each)]
    if spelled:
        raise QueryError(
            f"{spelled[0]!r} is a burst, of which there is an Item for each date and polarization, not the id of one",
            remedy=f"Search collections=[{BURSTS!r}], query={{'burst:id': {{'eq': {spelled[0]!r}}}}}.",
        )
    groups = _groups(search, together=together)
    if search.order is not None and (len(groups) > 1 or len(search.ids) > _IDS_AT_ONCE):
        what = f"{len(search.ids)} ids" if len(groups) == 1 else f"{len(search.collections)} collections"
        raise QueryError(
            f"a search of {what} cannot be sorted as a whole",
            remedy="Search fewer, or bursts apart from products; or sort the table.",
        )
    never: list[str] = []
    whole = search.order is not None or bool(search.ids)
    searches = [search] if whole else [replace(search, filter=each) for each in handfuls(search.filter)]
    parts = [part for entity, group in groups for each in searches for part in _parts(each, entity, group, never)]
    if not parts and never:
        raise QueryError(never[0], remedy="Check how the value is written.")
    return tuple(parts)


def _groups(search: Search, *, together: bool) -> list[tuple[Entity, tuple[Collection, ...]]]:
    """Say which collections are asked for in one query each."""
    bursts = tuple(each for each in search.collections if each.entity == "Bursts")
    found = tuple(each for each in search.collections if each.entity == "Products")
    whole = {each.odata for each in found if each.wide}
    products = tuple(each for each in found if each.wide or each.odata not in whole)  # or Items would come twice
    groups: list[tuple[Entity, tuple[Collection, ...]]] = []
    if not search.collections:
        some_burst = any(is_burst_id(each) for each in search.ids)
        some_product = not search.ids or not all(is_burst_id(each) for each in search.ids)
        if some_product:
            groups.append(("Products", ()))
        if some_burst:
            groups.append(("Bursts", (collection(BURSTS),)))
        return groups
    if together:
        step = max(len(products), 1) if len(search.ids) > _IDS_AT_ONCE else _COLLECTIONS_AT_ONCE
        groups += [("Products", products[at : at + step]) for at in range(0, len(products), step)]
    else:
        groups += [("Products", (each,)) for each in products]
    groups += [("Bursts", (each,)) for each in bursts]
    return groups


def _parts(search: Search, entity: Entity, group: tuple[Collection, ...], never: list[str]) -> list[Part]:
    wanted = tuple(each for each in search.ids if is_burst_id(each) == (entity == "Bursts"))
    if search.ids and not wanted:
        return []
    names = tuple(each.id for each in group)
    expand = ("Attributes", "Assets") if entity == "Products" else ()
    if len(wanted) > _IDS_AT_ONCE and entity == "Products":
        return [Part(Query(entity, expand=expand), _all_here(search, group), wanted, names)]
    found = _membership(search, group)
    if found.never:
        never.append(found.never)
        return []
    conditions = [] if found.asked is None else [found.asked]
    rest = [] if found.rest is None else [found.rest]
    if search.geometry is not None:
        node = area_node(search.geometry)
        asked, exact = asked_area(node["args"][1])
        conditions.append(asked)
        rest += [] if exact else [node]
    conditions += _times(search.interval, group)
    orderby = _orderby(search, entity, group)
    base = Query(entity, filter=all_of(conditions) if conditions else None, orderby=orderby, expand=expand)
    handfuls = [wanted[at : at + _IDS_AT_ONCE] for at in range(0, len(wanted), _IDS_AT_ONCE)]
    queries = [base.where(any_of(name_condition(each) for each in handful)) for handful in handfuls] or [base]
    return [Part(query, _and(rest), (), names) for query in queries]


def _and(nodes: list[Node]) -> Node | None:
    return {"op": "and", "args": nodes} if len(nodes) > 1 else (nodes[0] if nodes else None)


def _or(nodes: list[Node]) -> Node:
    return {"op": "or", "args": nodes} if len(nodes) > 1 else nodes[0]


def _membership(search: Search, group: tuple[Collection, ...]) -> Split:
    """Return what makes a record one of these collections that the filter wants."""
    if not group:
        found = Split() if search.filter is None else split(normal(search.filter, None), None)
        return found if found.asked is None else replace(found, asked=with_collections(found.asked))
    nodes = {each: None if search.filter is None else normal(search.filter, each) for each in group}
    splits = {each: Split() if node is None else split(node, each) for each, node in nodes.items()}
    possible = {each: found for each, found in splits.items() if not found.never}
    if not possible:
        return Split(never=next(iter(splits.values())).never)
    if not any(each.condition is not None or found.asked is not None for each, found in possible.items()):
        asked = None
    else:
        asked = any_of(_joined(each.condition, found.asked) for each, found in possible.items())
    if all(found.rest is None for found in possible.values()):
        return Split(asked)
    if len(possible) == 1:
        return Split(asked, next(iter(possible.values())).rest)
    return Split(asked, _or([_within(each, nodes[each]) for each in possible]))


def _joined(condition: Expression | None, asked: Expression | None) -> Expression:
    return all_of(each for each in (condition, asked) if each is not None)


def _within(each: Collection, node: Node | None) -> Node:
    """Return the condition that an Item is one of a collection and selected by its filter."""
    inside = {"op": "=", "args": [{"property": "collection"}, each.id]}
    return inside if node is None else {"op": "and", "args": [inside, node]}


def _all_here(search: Search, group: tuple[Collection, ...]) -> Node | None:
    """Return the whole search as a filter, for records that are asked for by name alone."""
    nodes: list[Node] = []
    if group:
        whole = search.filter
        nodes.append(_or([_within(each, None if whole is None else normal(whole, each)) for each in group]))
    elif search.filter is not None:
        nodes.append(normal(search.filter, None))
    if search.geometry is not None:
        nodes.append(area_node(search.geometry))
    if search.interval is not None:
        span = [{"property": "start_datetime"}, {"property": "end_datetime"}]
        nodes.append({"op": "t_intersects", "args": [{"interval": span}, search.interval.to_cql2()]})
    return _and(nodes)


def _times(interval: Interval | None, group: tuple[Collection, ...]) -> list[Expression]:
    """Return the condition that a record's time meets the interval, as STAC defines it: extents that touch."""
    if interval is None:
        return []
    conditions: list[Expression] = []
    if interval.end is not None:
        conditions.append(Comparison("ContentDate/Start", "le", interval.end))
    if interval.start is not None:
        conditions.append(Comparison("ContentDate/End", "ge", interval.start))
        if group and all(each.short for each in group) and interval.start.year > 1:
            conditions.append(Comparison("ContentDate/Start", "ge", interval.start - _LONGEST))
    return conditions


def _orderby(search: Search, entity: Entity, group: tuple[Collection, ...]) -> Order:
    if search.order is None:
        return Order(descending=True)
    name, descending = search.order
    found: tuple[Any, ...] = columns(name, group[0] if group else None)
    if not found or found[0].attribute:
        raise QueryError(
            f"results cannot be sorted by {name!r}", remedy="Sort by datetime, end_datetime, published or updated."
        )
    return Query(entity, orderby=Order(found[0].name, descending)).orderby or Order()
