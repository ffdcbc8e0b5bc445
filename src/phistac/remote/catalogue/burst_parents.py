"""The products through which the bursts of a search are followed: as few as can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import shapely
from shapely.geometry import shape

from phistac.odata.filters import Comparison, any_of
from phistac.odata.footprints import footprint
from phistac.odata.query import Order, Query
from phistac.remote.stacapi.pages import Pages
from phistac.stac.burst_parents import burst_numbers, parent_condition
from phistac.stac.collections import collection
from phistac.stac.parameters import Search
from phistac.stac.search import to_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from phistac.remote.catalogue.catalogue import Catalogue
    from phistac.remote.stacapi.api import Api
    from phistac.stac.intervals import Interval
    from phistac.stac.search import Part

__all__ = ["burst_parents"]

_PARENTS = "sentinel-1-slc"
_AROUND_DEGREES = 0.5  # bursts stick out of the footprint of their product
_AROUND_TIME = timedelta(minutes=1)


def burst_parents(api: Api, search: Search, parts: Sequence[Part]) -> Pages:
    """Return the products that may have bursts which a search finds.

    Parameters
    ----------
    api : Api
        Where they are.
    search : Search
        Of bursts.
    parts : sequence of Part
        What the catalogue is asked for it.

    Notes
    -----
    Where the search names bursts and no area, their own is asked for: one request for each burst.
    """
    geometry = search.geometry or _own_area(api.catalogue, parts)
    around = None if geometry is None else geometry.buffer(_AROUND_DEGREES)
    (part,) = to_parts(Search((collection(_PARENTS),), geometry=around, interval=_around(search.interval)))
    conditions = [parent_condition(each.query.filter) for each in parts]
    known = [condition for condition in conditions if condition is not None]
    if len(known) == len(conditions):
        part = replace(part, query=part.query.where(any_of(known)))
    return Pages(api.catalogue, api.service, part)


def _own_area(catalogue: Catalogue, parts: Sequence[Part]) -> BaseGeometry | None:
    """Return where the bursts lie that are searched for by their numbers; ``None`` if one has no record yet."""
    areas = []
    for part in parts:
        numbers = burst_numbers(part.query.filter)
        if numbers is None:
            return None
        for number in sorted(numbers):
            first = Query("Bursts", Comparison("BurstId", "eq", number), Order("ContentDate/Start"), top=1)
            area = next((footprint(row) for row in catalogue.rows(first)), None)
            if area is None:
                return None
            areas.append(shape(area))
    return shapely.union_all(areas)


def _around(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    start, end = interval.start, interval.end
    if start is not None and start > datetime.min.replace(tzinfo=start.tzinfo) + _AROUND_TIME:
        start -= _AROUND_TIME
    if end is not None and end < datetime.max.replace(tzinfo=end.tzinfo) - _AROUND_TIME:
        end += _AROUND_TIME
    return replace(interval, start=start, end=end)
