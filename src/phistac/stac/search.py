"""A STAC search to queries of the catalogue: one for each collection, ids in handfuls, bursts apart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from phistac.errors import QueryError
from phistac.odata.filters import Comparison, Expression, all_of, any_of, intersects
from phistac.odata.query import Entity, Order, Query
from phistac.stac.collections import BURSTS, Collection, collection
from phistac.stac.columns import columns
from phistac.stac.cql2 import to_expression
from phistac.stac.ids import is_burst_id, name_condition

if TYPE_CHECKING:
    from phistac.stac.intervals import Interval
    from phistac.stac.parameters import Search

__all__ = ["to_queries"]

_IDS_AT_ONCE = 20  # the address of a request has to stay of a length that servers take
_COLLECTIONS_AT_ONCE = 8
# No product but auxiliary files and mosaics spans more: the longest is the ten-day synthesis of Sentinel-3. A bound on
# the start lets the catalogue use its index; on the end alone it would look at everything since 2014.
_LONGEST = timedelta(days=15)


def to_queries(search: Search) -> tuple[Query, ...]:
    """Return what the catalogue is asked; the results of all queries together are the result of the search.

    Raises
    ------
    QueryError
        If the catalogue cannot be asked that: a property that it cannot be searched or sorted by.
    """
    groups = _groups(search)
    if search.order is not None and len(groups) > 1:
        raise QueryError(
            f"a search of {len(search.collections)} collections cannot be sorted as a whole",
            remedy="Search fewer collections, or bursts apart from products.",
        )
    return tuple(query for entity, group in groups for query in _queries(search, entity, group))


def _groups(search: Search) -> list[tuple[Entity, tuple[Collection, ...]]]:
    """Say which collections are asked for in one query each: sorted or by id all together, otherwise apart."""
    bursts = tuple(each for each in search.collections if each.entity == "Bursts")
    products = tuple(each for each in search.collections if each.entity == "Products")
    groups: list[tuple[Entity, tuple[Collection, ...]]] = []
    if not search.collections:
        some_burst = any(is_burst_id(each) for each in search.ids)
        some_product = not search.ids or not all(is_burst_id(each) for each in search.ids)
        if some_product:
            groups.append(("Products", ()))
        if some_burst:
            groups.append(("Bursts", (collection(BURSTS),)))
        return groups
    if products and (search.order or search.ids):
        step = _COLLECTIONS_AT_ONCE
        groups += [("Products", products[at : at + step]) for at in range(0, len(products), step)]
    else:
        groups += [("Products", (each,)) for each in products]
    groups += [("Bursts", (each,)) for each in bursts]
    return groups


def _queries(search: Search, entity: Entity, group: tuple[Collection, ...]) -> list[Query]:
    whole = any_of(_membership(search, each) for each in group) if _bounded(search, group) else None
    if not group and search.filter is not None:
        whole = to_expression(search.filter, None)
    conditions = [] if whole is None else [whole]
    if search.geometry is not None:
        conditions.append(intersects(search.geometry))
    conditions += _times(search.interval, group)
    query = Query(
        entity,
        filter=all_of(conditions) if conditions else None,
        orderby=_orderby(search, entity, group),
        expand=("Attributes", "Assets") if entity == "Products" else (),
    )
    wanted = [each for each in search.ids if is_burst_id(each) == (entity == "Bursts")]
    if search.ids:
        step = _IDS_AT_ONCE
        handfuls = [wanted[at : at + step] for at in range(0, len(wanted), step)]
        return [query.where(any_of(name_condition(each) for each in handful)) for handful in handfuls]
    return [query]


def _bounded(search: Search, group: tuple[Collection, ...]) -> bool:
    return any(each.condition is not None for each in group) or (bool(group) and search.filter is not None)


def _membership(search: Search, each: Collection) -> Expression:
    """Return what makes a record one of this collection that the filter wants."""
    parts = [] if each.condition is None else [each.condition]
    if search.filter is not None:
        parts.append(to_expression(search.filter, each))
    return all_of(parts)


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
    found = columns(name, group[0] if group else None)
    if not found or found[0].attribute:
        raise QueryError(
            f"results cannot be sorted by {name!r}", remedy="Sort by datetime, end_datetime, published or updated."
        )
    return Query(entity, orderby=Order(found[0].name, descending)).orderby or Order()
